"""What tests of share links have in common."""

from typing import Any

from gallery import sharing
from gallery.models import Image, ShareLink, User
from gallery.sharing.names import name_of
from tests.make import make_album

PASSWORD = "open sesame"


def make_link(owner: User, *images: Image, **terms: Any) -> tuple[ShareLink, str]:
    """Return a link to an album with these photos, and its address."""
    album = terms.pop("album", None) or make_album(owner, *images)
    link, token = sharing.make(owner, album=album, **terms)
    return link, f"/s/{token}/"


def place(address: str, image: Image) -> str:
    """Return where the photo is below the address of a link."""
    # Below what is no link, any name will do.
    link = ShareLink.objects.matching(address.split("/")[2]).first() or ShareLink()
    return f"p/{name_of(link, image)}/"
