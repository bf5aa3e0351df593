"""What tests of share links have in common."""

from typing import Any

from gallery import sharing
from gallery.models import Image, ShareLink, User
from tests.make import make_album

PASSWORD = "open sesame"


def make_link(owner: User, *images: Image, **terms: Any) -> tuple[ShareLink, str]:
    """Return a link to an album with these photos, and its address."""
    album = terms.pop("album", None) or make_album(owner, *images)
    link, token = sharing.make(owner, album=album, **terms)
    return link, f"/s/{token}/"


def place(image: Image) -> str:
    return f"p/{image.rendition_token}/"
