"""The admin: the place from which whoever runs the site sees what is there and puts right what went wrong."""

from django.contrib import admin

from gallery.admin.albums import AlbumAdmin
from gallery.admin.images import ImageAdmin
from gallery.admin.labels import ShareLinkAdmin, TagAdmin
from gallery.admin.people import ApiTokenAdmin, PersonAdmin
from gallery.admin.upkeep import InspectionAdmin, RemovalAdmin
from gallery.admin.uploads import UploadAdmin

__all__ = [
    "AlbumAdmin",
    "ApiTokenAdmin",
    "ImageAdmin",
    "InspectionAdmin",
    "PersonAdmin",
    "RemovalAdmin",
    "ShareLinkAdmin",
    "TagAdmin",
    "UploadAdmin",
]

admin.site.site_title = admin.site.site_header = "PhotoSky"
admin.site.index_title = "Administration"
