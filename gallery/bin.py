"""The bin: what is deleted waits here and can be taken back."""

from django.utils import timezone

from gallery.models import ImageQuerySet


def put(images: ImageQuerySet) -> int:
    """Move images to the bin; what is there already keeps its date. Returns how many were moved."""
    return images.live().update(binned_at=timezone.now(), updated_at=timezone.now())


def restore(images: ImageQuerySet) -> int:
    """Take images back out of the bin, into the library and the albums they were in. Returns how many."""
    return images.binned().update(binned_at=None, updated_at=timezone.now())
