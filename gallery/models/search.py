"""What is searched: the words of each image, and searches that people keep as smart albums."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone as django_timezone

from gallery.models.images import Image
from gallery.models.keys import new_id
from gallery.models.users import User


class SearchEntry(models.Model):
    """The words by which one image is found, as gallery/search gathered them. The engines index `text`."""

    image = models.OneToOneField(Image, models.CASCADE, primary_key=True, related_name="search_entry")
    owner = models.ForeignKey(User, models.CASCADE, related_name="+")
    text = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "search entries"

    def __str__(self) -> str:
        return f"words of {self.image_id}"


class SmartAlbum(models.Model):
    """An album that fills itself: a search that is kept under a title."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.PROTECT, related_name="smart_albums")
    title = models.CharField(max_length=200)
    query = models.CharField(max_length=500)
    created_at = models.DateTimeField(default=django_timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(title=""), name="smart_album_has_a_title")]
        indexes = [models.Index(fields=["owner", "title", "id"], name="smart_album_order")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the album's page."""
        return reverse("gallery:smart_album", args=[self.pk])
