"""The tables of a library in the order in which they can be copied, and what of each row refers to which other row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Field, ForeignKey, Model

# Who is signed in belongs to the site's address and key: people sign in again. A cache has no model.
LEFT_OUT = frozenset({"sessions.Session", "usersessions.UserSession"})
# Made by `migrate` in every database, under numbers of its own: known by their names.
NAMED = frozenset({ContentType, Permission})


@dataclass(frozen=True)
class Table:
    """A model whose rows are copied.

    `late` are its columns that refer to rows which come later, or to its own: they are filled in a second round.
    """

    model: type[Model]
    late: tuple["ForeignKey[Any, Any]", ...] = ()

    @property
    def label(self) -> str:
        """How it is called in progress and in messages."""
        return self.model._meta.label

    @cached_property
    def fields(self) -> list["Field[Any, Any]"]:
        """Its columns."""
        return list(self.model._meta.concrete_fields)

    @cached_property
    def references(self) -> list["ForeignKey[Any, Any]"]:
        """Its columns that refer to rows, of tables that are copied as they are."""
        return [key for key in _keys(self.model) if key.related_model not in NAMED]

    @cached_property
    def named(self) -> list["ForeignKey[Any, Any]"]:
        """Its columns that refer to what is known by name."""
        return [key for key in _keys(self.model) if key.related_model in NAMED]

    def rows(self, database: str) -> Any:
        """Return every row of it in a database."""
        return self.model._base_manager.using(database).order_by("pk")


def copied() -> list[Table]:
    """Return the tables, each after those that its rows refer to."""
    models = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
        and not model._meta.proxy
        and model not in NAMED
        and model._meta.label not in LEFT_OUT
    ]
    placed: list[type[Model]] = [*NAMED]
    tables = []
    while models:
        model = _next(models, placed)
        models.remove(model)
        placed.append(model)
        late = tuple(
            key for key in _keys(model) if key.related_model not in placed or key.related_model is model
        )
        tables.append(Table(model, late))
    return tables


def _next(models: Sequence[type[Model]], placed: Iterable[type[Model]]) -> type[Model]:
    """Return the model that refers to the fewest of those which are still to come, and must refer to none of them."""

    def missing(model: type[Model], *, must: bool) -> int:
        keys = [key for key in _keys(model) if key.related_model is not model and not (must and key.null)]
        return sum(key.related_model not in placed for key in keys)

    possible = [model for model in models if not missing(model, must=True)]
    return min(possible, key=lambda model: (missing(model, must=False), model._meta.label))


def _keys(model: type[Model]) -> list["ForeignKey[Any, Any]"]:
    return [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]
