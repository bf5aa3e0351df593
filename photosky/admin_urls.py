"""The addresses of the administration, imported when the first of them is asked for: nobody else waits for its code."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin

from gallery.admin import doors

admin.autodiscover()
doors.take_over(admin.site)
# One door for everybody: the gallery's own sign-in limits guesses, the administration's would not.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns, app_name, _ = admin.site.urls
