"""What all lists of the admin share: they cost the same however many rows there are."""

from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db.models import DateTimeField, ForeignKey, Model
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from gallery import renditions
from gallery.admin.bases import AnyAdmin, AnyPaginator
from gallery.admin.noting import NotedMixin
from gallery.admin.retried import RetriedMixin
from gallery.admin.words import FIELDS
from gallery.models import Image, User

# Beyond so many rows nobody turns pages: searching and filtering lead further.
COUNTED = 10_000


class BoundedPaginator(AnyPaginator):
    """Counts no further than COUNTED rows, since counting a million takes longer than showing a page of them."""

    @cached_property
    def count(self) -> int:
        """The number of rows, or COUNTED where there are more."""
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[:COUNTED].count())


class TickedMixin:
    """Offers many things to choose from as boxes to tick: the framework's own two lists cannot be read aloud."""

    filter_horizontal: Any = ()

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("widget", forms.CheckboxSelectMultiple())
        if db_field.remote_field.model is Permission:
            # Each is called by the kind of thing that it is about.
            kwargs.setdefault("queryset", Permission.objects.select_related("content_type"))
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]


class NamedPeopleMixin:
    """Takes a person by the user name, typed: a list of all would grow, and the framework's search box has no name to read."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field of a column, which for a person is one line of text."""
        if not (isinstance(db_field, ForeignKey) and db_field.remote_field.model is User):
            return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        return db_field.formfield(
            to_field_name="username",
            widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none"}),
            help_text=_("The user name."),
            error_messages={"invalid_choice": _("Nobody here is called so: write the user name.")},
        )


class Listed(NamedPeopleMixin, RetriedMixin, NotedMixin, AnyAdmin):
    """A list in the order of the primary key, the newest first, that neither counts nor sorts whole tables."""

    # One field with one label; the framework's two have none each.
    formfield_overrides: ClassVar[Any] = {
        DateTimeField: {
            "form_class": forms.DateTimeField,
            "widget": forms.DateTimeInput({"type": "datetime-local", "step": 1}, "%Y-%m-%dT%H:%M:%S"),
        }
    }
    paginator = BoundedPaginator
    ordering = ["-id"]
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 50

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        """Call fields what people call them."""
        return super().get_form(request, obj, change=change, **{"labels": FIELDS, **kwargs})


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
