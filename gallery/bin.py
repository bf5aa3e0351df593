"""The bin: what is deleted waits here and can be taken back, until its time is over or the owner empties it."""

from django.utils import timezone
from django.utils.translation import gettext

from gallery import access, removals, stacks
from gallery.errors import GalleryError
from gallery.models import ImageQuerySet, User

CHUNK = removals.CHUNK


class Unconfirmed(GalleryError):
    """What is to be deleted for good is not what the owner confirmed."""

    code = "unconfirmed"
    status = 409


def put(images: ImageQuerySet) -> int:
    """Move images to the bin; what is there already keeps its date. Returns how many were moved."""
    moved = 0
    while chosen := list(images.live().order_by("id").values_list("pk", flat=True)[:CHUNK]):
        now = timezone.now()
        moved += images.live().filter(pk__in=chosen).update(binned_at=now, updated_at=now)
        stacks.promote(chosen)
    return moved


def restore(images: ImageQuerySet) -> int:
    """Take images back out of the bin, into the library and the albums they were in. Returns how many."""
    restored = 0
    while chosen := list(images.binned().order_by("id").values_list("pk", flat=True)[:CHUNK]):
        restored += images.binned().filter(pk__in=chosen).update(binned_at=None, updated_at=timezone.now())
        stacks.release(chosen)
    return restored


def put_all(owner: User) -> int:
    """Move the whole library to the bin, which is the only way to delete it. Returns how many were moved."""
    return put(access.library_of(owner))


def empty(owner: User, confirmed: int) -> int:
    """Delete for good what is in the bin, where the owner confirmed exactly that many photos. Returns how many.

    Raises Unconfirmed where the bin holds another number by now: what was added since, nobody meant.
    """
    held = access.bin_of(owner).filter(binned_at__lte=timezone.now())
    count = held.count()
    if count != confirmed:
        raise Unconfirmed(
            gettext(
                "The bin holds %(count)s photos, not %(confirmed)s: look at it again, then confirm that number."
            )
            % {"count": count, "confirmed": confirmed}
        )
    return removals.purge(held)
