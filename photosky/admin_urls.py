"""The addresses of the administration, imported when the first of them is asked for: nobody else waits for its code."""

from django.contrib import admin

admin.autodiscover()

urlpatterns, app_name, _ = admin.site.urls
