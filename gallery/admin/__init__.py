"""The admin: the place from which whoever runs the site sees what is there and puts right what went wrong."""

from gallery.admin.albums import AlbumAdmin
from gallery.admin.history import AuditEntryAdmin
from gallery.admin.images import ImageAdmin
from gallery.admin.labels import InvitationAdmin, ShareLinkAdmin, SmartAlbumAdmin, TagAdmin
from gallery.admin.people import ApiTokenAdmin, PersonAdmin
from gallery.admin.telling import WebhookAdmin, WebhookDeliveryAdmin
from gallery.admin.upkeep import InspectionAdmin, RemovalAdmin
from gallery.admin.uploads import UploadAdmin
from gallery.admin.work import JobAdmin

__all__ = [
    "AlbumAdmin",
    "ApiTokenAdmin",
    "AuditEntryAdmin",
    "ImageAdmin",
    "InspectionAdmin",
    "InvitationAdmin",
    "JobAdmin",
    "PersonAdmin",
    "RemovalAdmin",
    "ShareLinkAdmin",
    "SmartAlbumAdmin",
    "TagAdmin",
    "UploadAdmin",
    "WebhookAdmin",
    "WebhookDeliveryAdmin",
]
