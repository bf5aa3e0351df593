"""Content types and permissions: each database numbers them for itself, so rows that refer to them are told by name."""

from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType

Name = tuple[str, ...]


class Names:
    """The names of the content types and permissions of one database."""

    def __init__(self, database: str) -> None:
        self.database = database
        kinds = ContentType.objects.using(database).values_list("pk", "app_label", "model")
        self._types: dict[int, Name] = {key: (app, model) for key, app, model in kinds}
        acts = Permission.objects.using(database).values_list("pk", "content_type_id", "codename", "name")
        self._permissions: dict[int, Name] = {
            key: (*self._types[kind], codename) for key, kind, codename, _ in acts
        }
        self.words = {self._permissions[key]: name for key, _, _, name in acts}

    def of(self, model: Any, key: int | None) -> Name | None:
        """Return the name of a row; None where there is no such row."""
        return None if key is None else self._numbered(model).get(key)

    def key(self, model: Any, name: Name | None) -> int | None:
        """Return the number that a name has in this database."""
        if name is None:
            return None
        return next((key for key, known in self._numbered(model).items() if known == name), None)

    def complete(self, other: "Names") -> None:
        """Make here what only the other database has: types and permissions of apps that were taken out."""
        for app, model in set(other._types.values()) - set(self._types.values()):
            row, _ = ContentType.objects.using(self.database).get_or_create(app_label=app, model=model)
            self._types[row.pk] = (app, model)
        for name in set(other._permissions.values()) - set(self._permissions.values()):
            kind = self.key(ContentType, name[:2])
            act, _ = Permission.objects.using(self.database).get_or_create(
                content_type_id=kind, codename=name[2], defaults={"name": other.words[name]}
            )
            self._permissions[act.pk] = name

    def _numbered(self, model: Any) -> dict[int, Name]:
        return self._types if model is ContentType else self._permissions
