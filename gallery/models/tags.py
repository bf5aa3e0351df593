"""Tags and the images that carry them."""

from django.db import models
from django.db.models import Q

from gallery.models.images import Image
from gallery.models.keys import new_id
from gallery.models.users import User


class Tag(models.Model):
    """A word that an owner puts on images. `slug` is the folded form by which tags are found and kept apart."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.PROTECT, related_name="tags")
    name = models.CharField(max_length=60)
    slug = models.CharField(max_length=60, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "slug"], name="tag_once_per_owner"),
            models.CheckConstraint(condition=~Q(slug=""), name="tag_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        """Fold the name, so that "Été" and "été" are one tag."""
        self.name = " ".join(self.name.split())
        self.slug = self.name.casefold()
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class ImageTag(models.Model):
    """One tag on one image."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    image = models.ForeignKey(Image, models.CASCADE, related_name="+")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag", "image"], name="image_tag_once")]

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.image_id}"
