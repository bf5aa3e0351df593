"""The records: users, images, uploads, albums, tags, share links, tokens; their constraints and the questions asked of them.

Keys are UUIDv7, which sort by the time they were made. The schema holds to what Aurora DSQL can do as well: no
descending index columns, no triggers, later columns nullable.
"""

from gallery.models.albums import Album, AlbumImage, AlbumMember, AlbumQuerySet
from gallery.models.audit import AuditEntry, AuditQuerySet
from gallery.models.changes import Tombstone
from gallery.models.idempotency import IdempotencyKey
from gallery.models.images import Image, ImageQuerySet
from gallery.models.invitations import Invitation, InvitationQuerySet
from gallery.models.jobs import Job, JobQuerySet
from gallery.models.keys import least_id, new_id, new_token
from gallery.models.search import SearchEntry, SmartAlbum
from gallery.models.sharing import ShareLink, ShareLinkImage, ShareLinkQuerySet
from gallery.models.similar import HashBand, SimilarPair
from gallery.models.tags import ImageTag, Tag
from gallery.models.tokens import ApiToken, ApiTokenQuerySet
from gallery.models.upkeep import Inspection, Library, Removal, RemovalQuerySet
from gallery.models.uploads import Upload, UploadQuerySet
from gallery.models.users import User
from gallery.models.webhooks import Webhook, WebhookDelivery, WebhookQuerySet

__all__ = [
    "Album",
    "AlbumImage",
    "AlbumMember",
    "AlbumQuerySet",
    "ApiToken",
    "ApiTokenQuerySet",
    "AuditEntry",
    "AuditQuerySet",
    "HashBand",
    "IdempotencyKey",
    "Image",
    "ImageQuerySet",
    "ImageTag",
    "Inspection",
    "Invitation",
    "InvitationQuerySet",
    "Job",
    "JobQuerySet",
    "Library",
    "Removal",
    "RemovalQuerySet",
    "SearchEntry",
    "ShareLink",
    "ShareLinkImage",
    "ShareLinkQuerySet",
    "SimilarPair",
    "SmartAlbum",
    "Tag",
    "Tombstone",
    "Upload",
    "UploadQuerySet",
    "User",
    "Webhook",
    "WebhookDelivery",
    "WebhookQuerySet",
    "least_id",
    "new_id",
    "new_token",
]
