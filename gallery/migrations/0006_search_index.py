from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from gallery.search import engines


def create(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001
    for statement in engines.create(editor.connection):
        editor.execute(statement, None)


def drop(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001
    for statement in engines.drop(editor.connection):
        editor.execute(statement, None)


class Migration(migrations.Migration):
    """The engine's index of words: FTS5 on SQLite, GIN on PostgreSQL, nothing elsewhere.

    A later migration that changes the table of SearchEntry drops the triggers on SQLite, which copies tables: it must
    run `engines.drop` before and `engines.create` after.
    """

    dependencies = [
        ("gallery", "0005_gallery_for_people"),
    ]

    operations = [migrations.RunPython(create, drop, elidable=False)]
