from django.db import migrations, models
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
    """The engine's index of words: FTS5 on SQLite, GIN on PostgreSQL, nothing elsewhere; indexes for map and places.

    A later migration that changes the table of SearchEntry drops the triggers on SQLite, which copies tables: it must
    run `engines.drop` before and `engines.create` after.
    """

    dependencies = [
        ("gallery", "0005_gallery_for_people"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="image", name="image_cell"),
        migrations.RemoveIndex(model_name="image", name="image_place"),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                fields=["owner", "cell", "binned_at", "held_at", "archived_at", "stacked_under"],
                name="image_map",
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                fields=[
                    "owner",
                    "country",
                    "place",
                    "binned_at",
                    "held_at",
                    "archived_at",
                    "stacked_under",
                    "id",
                ],
                name="image_places",
            ),
        ),
        migrations.RunPython(create, drop, elidable=False),
    ]
