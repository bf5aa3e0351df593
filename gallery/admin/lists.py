"""What all lists of the admin share: they cost the same however many rows there are."""

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from gallery import renditions
from gallery.admin.bases import AnyAdmin, AnyPaginator
from gallery.admin.noting import NotedMixin
from gallery.admin.retried import RetriedMixin
from gallery.models import Image

# Beyond so many rows nobody turns pages: searching and filtering lead further.
COUNTED = 10_000


class BoundedPaginator(AnyPaginator):
    """Counts no further than COUNTED rows, since counting a million takes longer than showing a page of them."""

    @cached_property
    def count(self) -> int:
        """The number of rows, or COUNTED where there are more."""
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[:COUNTED].count())


class Listed(RetriedMixin, NotedMixin, AnyAdmin):
    """A list in the order of the primary key, the newest first, that neither counts nor sorts whole tables."""

    paginator = BoundedPaginator
    ordering = ["-id"]
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 100
    list_max_show_all = 100


class ReadOnlyMixin:
    """Rows that come into being elsewhere and are not changed by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        return False


def thumbnail_url(image: Image) -> str:
    """Return the address of a small picture; neither the database nor the store is asked."""
    return renditions.url(image, "h240")


def size(count: int) -> str:
    """Return a number of bytes as people write it."""
    return filesizeformat(count)
