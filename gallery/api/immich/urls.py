"""The addresses of Immich's API that are here, under /api/; unlike the gallery's own they end without a slash."""

from django.urls import path

from gallery.api.immich import albums, assets, server

urlpatterns = [
    path("server/ping", server.PingView.as_view(), name="immich-ping"),
    path("server/version", server.VersionView.as_view(), name="immich-version"),
    path("server/features", server.FeaturesView.as_view(), name="immich-features"),
    path("server/config", server.ConfigView.as_view(), name="immich-config"),
    path("server/media-types", server.MediaTypesView.as_view(), name="immich-media-types"),
    path("server/about", server.AboutView.as_view(), name="immich-about"),
    path("users/me", server.MeView.as_view(), name="immich-me"),
    path("api-keys/me", server.KeyView.as_view(), name="immich-key"),
    path("assets", assets.AssetsView.as_view(), name="immich-assets"),
    path("assets/bulk-upload-check", assets.CheckView.as_view(), name="immich-check"),
    path("assets/statistics", server.StatisticsView.as_view(), name="immich-statistics"),
    path("albums", albums.AlbumsView.as_view(), name="immich-albums"),
    path("albums/<uuid:album_id>/assets", albums.AlbumAssetsView.as_view(), name="immich-album-assets"),
]
