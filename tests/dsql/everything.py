"""A library with a row in every table and a value in every column, made from what the models say of themselves."""

import itertools
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models

from gallery.models import Album, Image, User
from gallery.moving.tables import Table, copied
from gallery.search import index
from tests.make import make_album, make_image, make_user

_number = itertools.count(1)
# Where a value follows from others, or two exclude each other.
GIVEN: dict[str, dict[str, Any]] = {
    "gallery.ShareLink": {"image": None, "allow_upload": False},
    "gallery.Upload": {"share_link": None},
}
VALUES: dict[str, Callable[[int], Any]] = {
    "BooleanField": lambda _: True,
    "CharField": lambda number: f"é{number}"[:2] if number < 0 else f"w{number}",
    "TextField": lambda number: f"ß {number} 🐑\n'\"\\",
    "UUIDField": lambda _: uuid.uuid4(),
    "DateTimeField": lambda number: (
        datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC) + timedelta(hours=number)
    ),
    "FloatField": lambda number: number + 0.1,
    "JSONField": lambda number: {"n": 1e22, "whole": 3.0, "z": [None, True, {"é": number}], "a": "\\u0000"},
    "GenericIPAddressField": lambda _: "2001:db8::1",
}


def make_everything() -> User:
    """Make the library; return the person whose it is."""
    alice = make_user("alice", language="de", quota_bytes=2**62)
    make_user("bob")
    images = [make_image(alice, title=f"Sheep {number}", metadata={"n": number}) for number in range(30)]
    album = make_album(alice, *images[:10], title="Picos")
    Album.objects.create(owner=alice, title="Within", parent=album, cover=images[20])
    Image.objects.filter(pk=images[0].pk).update(stacked_under=images[25], stack_kind="burst")
    group = Group.objects.create(name="editors")
    group.permissions.set(Permission.objects.order_by("-codename")[:3])
    alice.groups.add(group)
    alice.user_permissions.set(Permission.objects.order_by("codename")[:5])
    index.refresh([image.pk for image in images])
    for table in copied():
        if not table.model._base_manager.exists():
            make_row(table)
    return alice


def make_row(table: Table, **given: Any) -> Any:
    """Make one row with a value in every column."""
    number = next(_number)
    values: dict[str, Any] = {}
    met: list[Any] = []
    for field in table.fields:
        if isinstance(field, models.AutoField):
            continue
        if isinstance(field, models.ForeignKey):
            rows = field.related_model._base_manager.order_by("pk")
            # Of two that refer to the same table, the first to the first row: some must not be equal, and in order.
            values[field.name] = rows.last() if field.related_model in met else rows.first()
            met.append(field.related_model)
        else:
            values[field.name] = _value(field, number)
    row = table.model(**{**values, **GIVEN.get(table.label, {}), **given})
    [made] = table.model._base_manager.bulk_create([row])
    return made


def _value(field: Any, number: int) -> Any:
    if field.choices:
        return field.choices[0][0]
    make = VALUES.get(field.get_internal_type())
    value = number if make is None else make(number)
    return value[: field.max_length] if isinstance(value, str) and field.max_length else value


def stale_type() -> ContentType:
    """Make a content type of an app that was taken out, with a permission, as old databases have them."""
    kind = ContentType.objects.create(app_label="gone", model="thing")
    Permission.objects.create(content_type=kind, codename="add_thing", name="Can add thing")
    return kind
