"""The addresses of sharing: the owner's links and downloads, and what a link opens to its guests."""

from django.urls import path, re_path

from gallery.views import share_cards, share_downloads, share_guests, share_links, share_uploads

urlpatterns = [
    path("share/", share_links.links, name="share_links"),
    path("share/new/", share_links.new, name="share_new"),
    path("share/review/", share_uploads.review, name="share_review"),
    path("share/<uuid:link_id>/", share_links.link, name="share_link"),
    path("share/<uuid:link_id>/renew/", share_links.renew, name="share_renew"),
    path("share/<uuid:link_id>/revoke/", share_links.revoke, name="share_revoke"),
    path("downloads/<uuid:job_id>/", share_downloads.download, name="download"),
    path("downloads/<uuid:job_id>/file/", share_downloads.download_file, name="download_file"),
    path("oembed/", share_cards.oembed, name="share_oembed"),
    path("s/<slug:token>/", share_guests.opened, name="shared"),
    path("s/<slug:token>/unlock/", share_guests.unlock, name="shared_unlock"),
    path("s/<slug:token>/p/<slug:place>/", share_guests.photo, name="shared_photo"),
    path("s/<slug:token>/p/<slug:place>/download/", share_downloads.copy, name="shared_copy"),
    path("s/<slug:token>/p/<slug:place>/picture/", share_cards.picture, name="shared_picture"),
    path("s/<slug:token>/zip/", share_downloads.guests_zip, name="shared_zip"),
    path("s/<slug:token>/zip/<uuid:job_id>/", share_downloads.guests_download, name="shared_download"),
    path("s/<slug:token>/zip/<uuid:job_id>/file/", share_downloads.guests_file, name="shared_file"),
    path("s/<slug:token>/add/", share_uploads.add, name="shared_add"),
    path("s/<slug:token>/add/<uuid:upload_id>/", share_uploads.added, name="shared_added"),
    path("s/<slug:token>/preview/", share_cards.preview, name="shared_preview"),
    path("s/<slug:token>/embed/", share_cards.embed, name="shared_embed"),
    path("s/<slug:token>/feed/", share_cards.feed, name="shared_feed"),
    path("s/<slug:token>", share_guests.slashless),
    # Whatever else is asked for: the answer of a link that does not work.
    re_path(r"^s/", share_guests.anything, name="shared_nothing"),
]
