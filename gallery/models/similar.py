"""What looks alike: the parts of perceptual hashes by which they are found, and the pairs that were."""

from collections.abc import Iterable

from django.db import models
from django.db.models import Q
from django.utils import timezone as django_timezone

from gallery.models.images import Image
from gallery.models.keys import new_id
from gallery.models.users import User


class HashBand(models.Model):
    """A quarter of an image's hash, with its place in it: hashes that differ little have one that hardly differs."""

    image = models.ForeignKey(Image, models.CASCADE, related_name="+", db_index=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    key = models.PositiveIntegerField()

    # In place of a quarter, and greater than any: the pairs of this image are still to be looked for.
    UNPAIRED = 1 << 30

    class Meta:
        constraints = [models.UniqueConstraint(fields=["image", "key"], name="hash_band_once")]
        indexes = [models.Index(fields=["owner", "key", "image"], name="hash_band_lookup")]

    def __str__(self) -> str:
        return f"band {self.key} of {self.image_id}"

    @staticmethod
    def look_again(images: Iterable[Image]) -> None:
        """Write down, in the caller's transaction, that the pairs of these images are still to be looked for."""
        marks = [HashBand(image=image, owner_id=image.owner_id, key=HashBand.UNPAIRED) for image in images]
        HashBand.objects.bulk_create(marks, ignore_conflicts=True)


class SimilarPair(models.Model):
    """Two images of one owner that look alike, `first` the one that was there first."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    first = models.ForeignKey(Image, models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Image, models.CASCADE, related_name="+")
    distance = models.PositiveSmallIntegerField(help_text="In how many bits of 64 their hashes differ.")
    found_at = models.DateTimeField(default=django_timezone.now, editable=False)
    dismissed_at = models.DateTimeField(
        null=True, blank=True, help_text="The owner said that both are wanted."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="similar_pair_once"),
            models.CheckConstraint(condition=Q(first__lt=models.F("second")), name="similar_pair_in_order"),
        ]
        indexes = [models.Index(fields=["owner", "dismissed_at", "id"], name="similar_pair_review")]

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}"
