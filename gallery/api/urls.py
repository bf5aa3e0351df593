"""The addresses of the API, under /api/."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import APIRootView, DefaultRouter

from gallery.api import problems
from gallery.api.albums import AlbumViewSet
from gallery.api.bulk import BulkView
from gallery.api.duplicates import DuplicatesView
from gallery.api.images import ImageViewSet
from gallery.api.map import ClustersView, CountriesView, PlacesView
from gallery.api.me import MeView, TokenViewSet
from gallery.api.members import MemberViewSet
from gallery.api.schema import docs
from gallery.api.search import SearchView
from gallery.api.share_links import ShareLinkViewSet
from gallery.api.smart_albums import SmartAlbumViewSet
from gallery.api.tags import TagViewSet
from gallery.api.timeline import ColumnsView, MonthsView
from gallery.api.uploads import UploadViewSet

app_name = "api"


class PhotoSkyView(APIRootView):
    """Your photographs, for programs. What each address takes and answers is said on the page of all operations."""

    name = "PhotoSky API"


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

urlpatterns = [
    path("", include(router.urls)),
    path("images/bulk/", BulkView.as_view(), name="image-bulk"),
    path("timeline/months/", MonthsView.as_view(), name="timeline-months"),
    path("timeline/columns/", ColumnsView.as_view(), name="timeline-columns"),
    path("duplicates/", DuplicatesView.as_view(), name="duplicates"),
    path("search/", SearchView.as_view(), name="search"),
    path("map/clusters/", ClustersView.as_view(), name="map-clusters"),
    path("places/", CountriesView.as_view(), name="countries"),
    path("places/<str:code>/", PlacesView.as_view(), name="places"),
    path("me/", MeView.as_view(), name="me"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    path("", include("gallery.api.immich.urls")),
    re_path(r"^.*$", problems.not_found),
]
