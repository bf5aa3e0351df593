"""All addresses of the site."""

from django.urls import include, path
from django.views.generic import RedirectView

from gallery.views.site import healthz
from photosky.late_urls import late
from photosky.late_views import late_view

urlpatterns = [
    path("", include("gallery.urls")),
    late("api/", "gallery.api.urls", "api"),
    path(".well-known/immich", late_view("gallery.api.immich.server.well_known"), name="immich"),
    path("", include("photosky.account_urls")),
    late("admin/", "photosky.admin_urls", "admin"),
    # For links on pages: to look up an address of the administration is to load all of it.
    path("administration/", RedirectView.as_view(pattern_name="admin:index"), name="administration"),
    path("healthz/", healthz, name="healthz"),
]

handler500 = "photosky.outages.server_error"
