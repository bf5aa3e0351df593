"""Every migration, of every app, on the stand-in for Aurora DSQL: taken as it is, and again after being cut off anywhere."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management.color import no_style
from django.db import DatabaseError, connections, models
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState
from django.db.utils import IntegrityError, NotSupportedError

from gallery.moving import databases
from photosky.dsql import jobs
from tests.dsql.conftest import Makes

pytestmark = pytest.mark.django_db(transaction=True)
DEFINES = ("CREATE", "ALTER", "DROP")


class Killed(BaseException):
    """The process was ended."""


def shape(alias: str) -> dict[str, Any]:
    """Return what tables, columns, indexes and constraints a database has."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns"
            " WHERE table_schema = 'public' ORDER BY 1, 2"
        )
        columns = cursor.fetchall()
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1")
        indexes = cursor.fetchall()
        cursor.execute(
            "SELECT conname, contype, convalidated, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 4"
        )
        return {"columns": columns, "indexes": indexes, "constraints": cursor.fetchall()}


@pytest.mark.skipif(
    not os.environ.get("PHOTOSKY_TEST_LONG"), reason="takes many minutes: ask for it by PHOTOSKY_TEST_LONG=1"
)
def test_a_migrate_that_is_cut_off_after_each_definition_ends_with_the_same_tables(
    new_database: Makes,
) -> None:
    whole, cut = new_database("dsql", empty=True), new_database("dsql", empty=True)
    databases.migrate(whole)
    executor = MigrationExecutor(connections[cut])
    executor.recorder.ensure_schema()
    state = ProjectState(real_apps=executor.loader.unmigrated_apps)
    kills = 0
    for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        last: set[str] = set()
        while _is_killed(executor, migration, state, last):
            kills += 1
        state = migration.mutate_state(state, preserve=False)
    assert kills > 200
    databases.migrate(cut)
    assert databases.unapplied(cut) == []
    assert shape(cut) == shape(whole)
    assert all(valid for _, _, valid, _ in shape(cut)["constraints"])


def _is_killed(
    executor: MigrationExecutor, migration: Migration, state: ProjectState, last: set[str]
) -> bool:
    """Run a migration from its start, as a process that finds it unfinished; end after the first definition that is new.

    One that was the last of a run is not so again: a table that is dropped and made anew would be so for ever.
    """
    alias = executor.connection.alias

    def kill(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if not sql.lstrip().startswith(DEFINES):
            return execute(sql, *rest)
        before = _count(alias)
        answer = execute(sql, *rest)
        if sql not in last and _count(alias) != before:
            last.add(sql)
            raise Killed
        return answer

    try:
        with executor.connection.execute_wrapper(kill):
            executor.apply_migration(state.clone(), migration)
    except Killed:
        executor.connection.close()
        return True
    return False


def _count(alias: str) -> Any:
    with connections[alias].connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_attribute WHERE NOT attisdropped),"
            " (SELECT count(*) FILTER (WHERE convalidated) FROM pg_constraint), (SELECT count(*) FROM pg_constraint)"
        )
        return cursor.fetchone()


def test_no_migration_is_left_and_no_foreign_key_or_foreign_type_is_made(new_database: Makes) -> None:
    alias = new_database("dsql", empty=True)
    databases.migrate(alias)
    assert databases.unapplied(alias) == []
    made = shape(alias)
    assert not [row for row in made["constraints"] if row[1] == "f"]
    assert not {row[2] for row in made["columns"]} & {"jsonb", "inet", "ARRAY", "USER-DEFINED"}
    assert not [row for (row,) in made["indexes"] if " DESC" in row or "_ops" in row or "USING gin" in row]


def test_dsql_lint_finds_nothing_in_any_migration(new_database: Makes, tmp_path: Path) -> None:
    lint = shutil.which("dsql-lint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert lint, "dsql-lint is of the test group: install it"
    alias = new_database("dsql", empty=True)
    statements: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.lstrip().startswith(DEFINES):
            statements.append(sql)
        return execute(sql, *rest)

    # Before the stand-in's own, which makes of them what PostgreSQL understands.
    connections[alias].execute_wrappers.insert(0, note)
    databases.migrate(alias)
    text = tmp_path / "migrations.sql"
    text.write_text(";\n".join(statements) + ";\n", encoding="utf-8")
    assert len(statements) > 150
    done = subprocess.run([lint, text], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_dsql_lint_would_find_something(tmp_path: Path) -> None:
    bad = tmp_path / "bad.sql"
    bad.write_text("CREATE INDEX i ON t (a);", encoding="utf-8")
    lint = shutil.which("dsql-lint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert lint
    assert subprocess.run([lint, bad], capture_output=True, check=False).returncode == 1


# What no migration of today does, and one of tomorrow may.


class Sheep(models.Model):
    """A table of this test."""

    name = models.CharField(max_length=20)
    weight = models.IntegerField(null=True)

    class Meta:
        app_label = "tests"
        indexes = [models.Index(fields=["weight"], name="sheep_weight")]

    def __str__(self) -> str:
        return self.name


@pytest.fixture
def sheep(new_database: Makes) -> str:
    """Return a database with a table of 2,500 rows."""
    alias = new_database("dsql", empty=True)
    with connections[alias].schema_editor() as editor:
        editor.create_model(Sheep)
    Sheep._base_manager.using(alias).bulk_create(
        [Sheep(name=f"s{number}", weight=number) for number in range(2_500)]
    )
    return alias


def _field(field: "models.Field[Any, Any]", name: str) -> Any:
    field.set_attributes_from_name(name)
    field.model = Sheep
    return field


def test_a_column_with_a_default_is_added_filled_and_then_held(sheep: str) -> None:
    with connections[sheep].schema_editor() as editor:
        editor.add_field(Sheep, _field(models.PositiveIntegerField(default=4), "legs"))
    with connections[sheep].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tests_sheep WHERE legs = 4")
        assert cursor.fetchone() == (2_500,)
        for wrong in ("NULL", "-1"):
            with pytest.raises(IntegrityError):
                cursor.execute(f"INSERT INTO tests_sheep (name, legs) VALUES ('x', {wrong})")


def test_a_type_is_changed_by_a_new_column_that_takes_the_place_and_the_indexes(sheep: str) -> None:
    old = Sheep._meta.get_field("weight")
    with connections[sheep].schema_editor() as editor:
        editor.alter_field(Sheep, old, _field(models.BigIntegerField(null=True), "weight"))
    made = shape(sheep)
    assert ("tests_sheep", "weight", "bigint", "YES") in made["columns"]
    assert any("sheep_weight" in row for (row,) in made["indexes"])
    assert not [row for row in made["columns"] if "retyped" in row[1]]
    assert Sheep._base_manager.using(sheep).filter(weight=2_499).count() == 1


def test_a_column_becomes_not_null_and_may_be_empty_again(sheep: str) -> None:
    empty, full = Sheep._meta.get_field("weight"), _field(models.IntegerField(default=0), "weight")
    Sheep._base_manager.using(sheep).create(name="without")
    with connections[sheep].schema_editor() as editor:
        editor.alter_field(Sheep, empty, full)
    with connections[sheep].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tests_sheep WHERE weight IS NULL")
        assert cursor.fetchone() == (0,)
        with pytest.raises(IntegrityError):
            cursor.execute("INSERT INTO tests_sheep (name) VALUES ('x')")
    with connections[sheep].schema_editor() as editor:
        editor.alter_field(Sheep, full, empty)
    with connections[sheep].cursor() as cursor:
        cursor.execute("INSERT INTO tests_sheep (name) VALUES ('x')")


def test_what_was_unique_together_and_is_gone_already_is_not_missed(sheep: str) -> None:
    together = [("name", "weight")]
    with connections[sheep].schema_editor() as editor:
        editor.alter_unique_together(Sheep, [], together)
    assert any("UNIQUE" in row and "weight" in row for (row,) in shape(sheep)["indexes"])
    for _ in range(2):
        with connections[sheep].schema_editor() as editor:
            editor.alter_unique_together(Sheep, together, [])
    assert not any("UNIQUE" in row and "weight" in row for (row,) in shape(sheep)["indexes"])


def test_the_type_of_a_primary_key_is_not_changed(sheep: str) -> None:
    with connections[sheep].schema_editor() as editor, pytest.raises(NotSupportedError, match="primary key"):
        editor.alter_field(
            Sheep, Sheep._meta.pk, _field(models.CharField(max_length=9, primary_key=True), "id")
        )


def test_an_index_that_could_not_be_built_is_told_and_built_by_the_next_run(sheep: str) -> None:
    index = models.Index(fields=["name"], name="sheep_name")
    with connections[sheep].cursor() as cursor:
        cursor.execute("INSERT INTO sys.jobs VALUES ('lost', 'failed', 'duplicate key', 'x')")
        with pytest.raises(DatabaseError, match="job lost: duplicate key"):
            jobs.wait(cursor, "lost")
    with connections[sheep].schema_editor() as editor:
        editor.add_index(Sheep, index)
    with connections[sheep].cursor() as cursor:
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'sheep_name'::regclass")
    with connections[sheep].schema_editor() as editor:
        editor.add_index(Sheep, index)
    with connections[sheep].cursor() as cursor:
        assert jobs.index_state(cursor, "sheep_name") == (True, None)


def test_emptying_tables_takes_steps(sheep: str) -> None:
    connection = connections[sheep]
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), ["tests_sheep"]))
    assert not Sheep._base_manager.using(sheep).exists()
