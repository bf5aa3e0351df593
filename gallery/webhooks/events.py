"""What a webhook can be told of, and how a message says it."""

import json
from datetime import UTC, datetime

from django.conf import settings
from django.urls import reverse

from gallery.changes import Change, Entry, Kind

PING = "ping"
EVENTS: dict[tuple[Kind, Change], str] = {
    (Kind.IMAGE, Change.CREATED): "photo.ready",
    (Kind.IMAGE, Change.CHANGED): "photo.changed",
    (Kind.IMAGE, Change.BINNED): "photo.binned",
    (Kind.IMAGE, Change.GONE): "photo.deleted",
    (Kind.ALBUM, Change.CREATED): "album.created",
    (Kind.ALBUM, Change.CHANGED): "album.changed",
    (Kind.ALBUM, Change.GONE): "album.deleted",
    (Kind.SHARE_LINK, Change.CREATED): "share.created",
    (Kind.SHARE_LINK, Change.CHANGED): "share.changed",
    (Kind.SHARE_LINK, Change.GONE): "share.deleted",
}
ADDRESSES = {
    Kind.IMAGE: "api:image-detail",
    Kind.ALBUM: "api:album-detail",
    Kind.SHARE_LINK: "api:share-link-detail",
}


def event_of(entry: Entry) -> str:
    """Return what an entry of the change feed is called as an event."""
    return EVENTS[entry.kind, entry.change]


def address(entry: Entry) -> str:
    """Return where the API shows the thing."""
    return reverse(ADDRESSES[entry.kind], args=[entry.key])


def message(entry: Entry) -> str:
    """Return the body that tells of an entry.

    It says which thing and never what is in it: the receiver asks the API, with a token that may know.
    """
    url = None if entry.change == Change.GONE else settings.SITE_URL + address(entry)
    data = {"kind": entry.kind.value, "id": str(entry.key), "url": url}
    return written(event_of(entry), entry.at, data)


def written(event: str, at: datetime, data: dict[str, str | None]) -> str:
    """Return a body in the form that Standard Webhooks recommends."""
    moment = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": event, "timestamp": moment, "data": data}, separators=(",", ":"))
