"""The addresses of the API, under /api/."""

from typing import Any

from django.urls import include, path, re_path, reverse
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import APIRootView, DefaultRouter

from gallery.api import problems
from gallery.api.album_contents import AlbumImagesView, LeaveView
from gallery.api.albums import AlbumViewSet
from gallery.api.bin import BinListView, BinSummaryView, EmptyView, FillView, RestoreView
from gallery.api.bulk import BulkView
from gallery.api.changes import ChangesView
from gallery.api.duplicates import DuplicatesView
from gallery.api.guests import ApproveView, GuestImagesView, RejectView
from gallery.api.health import HealthView
from gallery.api.images import ImageViewSet
from gallery.api.jobs import JobViewSet
from gallery.api.map import ClustersView, CountriesView, MapImagesView, PlaceImagesView, PlacesView
from gallery.api.me import ExportView, MeView, TokenViewSet
from gallery.api.members import MemberViewSet
from gallery.api.people import InvitationViewSet, UserViewSet
from gallery.api.schema import docs
from gallery.api.search import SearchView
from gallery.api.share_links import ShareLinkViewSet
from gallery.api.smart_albums import SmartAlbumViewSet
from gallery.api.tags import TagViewSet
from gallery.api.timeline import ColumnsView, MonthsView, OnThisDayView
from gallery.api.uploads import UploadViewSet
from gallery.api.views import StrictQuery
from gallery.api.webhooks import WebhookViewSet
from gallery.api.zips import ZipFileView, ZipsView, ZipView

app_name = "api"


# What no router lists: addresses that name nothing.
ALONE = (
    "search", "timeline-months", "timeline-columns", "timeline-on-this-day", "map-clusters", "map-images", "countries",
    "duplicates", "image-bulk", "bin-list", "bin-summary", "guest-image-list", "zip-list", "me", "me-export", "health",
    "schema", "docs",
)  # fmt: skip


class PhotoSkyView(StrictQuery, APIRootView):
    """Your photographs, for programs. What each address takes and answers is said on the page of all operations."""

    name = "PhotoSky API"

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the addresses from which all others are found."""
        response = super().get(request, *args, **kwargs)
        more = {name: request.build_absolute_uri(reverse(f"api:{name}")) for name in ALONE}
        response.data = {**(response.data or {}), **more}
        return response


class Router(DefaultRouter):
    """Addresses by converters, without suffixes for formats: the Accept header says what is wanted."""

    APIRootView = PhotoSkyView
    include_format_suffixes = False


router = Router(use_regex_path=False)
router.register("images", ImageViewSet, basename="image")
router.register("uploads", UploadViewSet, basename="upload")
router.register("albums", AlbumViewSet, basename="album")
router.register("albums/<uuid:album_pk>/members", MemberViewSet, basename="album-member")
router.register("smart-albums", SmartAlbumViewSet, basename="smart-album")
router.register("tags", TagViewSet, basename="tag")
router.register("tokens", TokenViewSet, basename="token")
router.register("share-links", ShareLinkViewSet, basename="share-link")
router.register("webhooks", WebhookViewSet, basename="webhook")
router.register("jobs", JobViewSet, basename="job")
router.register("users", UserViewSet, basename="user")
router.register("invitations", InvitationViewSet, basename="invitation")

urlpatterns = [
    path("", include(router.urls)),
    path("images/bulk/", BulkView.as_view(), name="image-bulk"),
    path("albums/<uuid:album_pk>/images/", AlbumImagesView.as_view(), name="album-images"),
    path("albums/<uuid:album_pk>/leave/", LeaveView.as_view(), name="album-leave"),
    path("bin/", BinListView.as_view(), name="bin-list"),
    path("bin/summary/", BinSummaryView.as_view(), name="bin-summary"),
    path("bin/restore/", RestoreView.as_view(), name="bin-restore"),
    path("bin/empty/", EmptyView.as_view(), name="bin-empty"),
    path("bin/fill/", FillView.as_view(), name="bin-fill"),
    path("zips/", ZipsView.as_view(), name="zip-list"),
    path("zips/<uuid:job_pk>/", ZipView.as_view(), name="zip-detail"),
    path("zips/<uuid:job_pk>/file/", ZipFileView.as_view(), name="zip-file"),
    path("guest-images/", GuestImagesView.as_view(), name="guest-image-list"),
    path("guest-images/approve/", ApproveView.as_view(), name="guest-image-approve"),
    path("guest-images/reject/", RejectView.as_view(), name="guest-image-reject"),
    path("timeline/months/", MonthsView.as_view(), name="timeline-months"),
    path("timeline/columns/", ColumnsView.as_view(), name="timeline-columns"),
    path("timeline/on-this-day/", OnThisDayView.as_view(), name="timeline-on-this-day"),
    path("changes/", ChangesView.as_view(), name="changes"),
    path("duplicates/", DuplicatesView.as_view(), name="duplicates"),
    path("search/", SearchView.as_view(), name="search"),
    path("map/clusters/", ClustersView.as_view(), name="map-clusters"),
    path("map/images/", MapImagesView.as_view(), name="map-images"),
    path("places/", CountriesView.as_view(), name="countries"),
    path("places/<str:code>/", PlacesView.as_view(), name="places"),
    path("places/<str:code>/images/", PlaceImagesView.as_view(), name="place-images"),
    path("me/", MeView.as_view(), name="me"),
    path("me/export/", ExportView.as_view(), name="me-export"),
    path("health/", HealthView.as_view(), name="health"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    path("", include("gallery.api.immich.urls")),
    # Whatever else there is, line ends included.
    re_path(r"", problems.not_found),
]
