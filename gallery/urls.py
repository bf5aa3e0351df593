"""The addresses of the pages."""

from django.urls import include, path

from gallery.views import albums, menu, photo, pwa, timeline, upload
from gallery.views.bin import bin_page, delete_all, empty_bin, restore_many

app_name = "gallery"

urlpatterns = [
    path("", timeline.timeline, name="timeline"),
    path("p/<uuid:image_id>/", photo.photo, name="photo"),
    path("p/<uuid:image_id>/original/", photo.original, name="original"),
    path("p/<uuid:image_id>/favourite/", photo.favourite, name="favourite"),
    path("p/<uuid:image_id>/edit/", photo.edit, name="edit"),
    path("p/<uuid:image_id>/album/", photo.add_to_album, name="add_to_album"),
    path("p/<uuid:image_id>/bin/", photo.bin_photo, name="bin_photo"),
    path("p/<uuid:image_id>/restore/", photo.restore_photo, name="restore_photo"),
    path("bin/", bin_page, name="bin"),
    path("bin/restore/", restore_many, name="restore_many"),
    path("bin/empty/", empty_bin, name="empty_bin"),
    path("bin/delete-all/", delete_all, name="delete_all"),
    path("albums/", albums.albums, name="albums"),
    path("albums/new/", albums.create_album, name="create_album"),
    path("albums/<uuid:album_id>/", albums.album, name="album"),
    path("upload/", upload.upload, name="upload"),
    path("upload/form/", upload.upload_form, name="upload_form"),
    path("upload/done/<uuid:upload_id>/", upload.upload_done, name="upload_done"),
    path("upload/shared/", pwa.shared_here, name="shared_here"),
    path("manifest.webmanifest", pwa.manifest, name="manifest"),
    path("sw.js", pwa.service_worker, name="service_worker"),
    path("offline/", pwa.offline, name="offline"),
    path("menu/", menu.menu, name="menu"),
    path("theme/", menu.theme, name="theme"),
    path("density/", menu.density, name="density"),
    path("letter-keys/", menu.letter_keys, name="letter_keys"),
]
    path("", include("gallery.views.share_urls")),
