"""The administration's own pages beside those of the records: the dashboard, and what its buttons do."""

from typing import Any

from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.sites import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path


class PhotoSkyAdmin(AdminSite):
    """Django's administration with the dashboard in front of its lists."""

    site_title = site_header = "PhotoSky"
    index_title = "Administration"

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the dashboard above the lists."""
        # Loaded here: Django makes the site before there are models.
        from gallery.admin import dashboard

        return super().index(request, {"dashboard": dashboard.shown_to(request), **(extra_context or {})})

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Return Django's addresses and those of the dashboard's buttons."""
        from gallery.admin import buttons

        own = [
            path("count/", self.admin_view(buttons.count_again), name="count_again"),
            path("retry/<str:kind>/<uuid:key>/", self.admin_view(buttons.retry), name="retry"),
        ]
        return [*own, *super().get_urls()]


class AdminConfig(SimpleAdminConfig):
    """Django's administration, whose models are registered when one of its addresses is asked for (admin_urls.py)."""

    default = True
    default_site = "photosky.admin_site.PhotoSkyAdmin"
