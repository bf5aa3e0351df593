"""A library moves between the three engines whole, goes on where it was cut off, and is never written where it comes from."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections

from gallery.models import Album, Image, SearchEntry, Tag, User
from gallery.moving import databases
from gallery.moving.comparing import Compared
from gallery.moving.copying import CHUNK
from gallery.moving.errors import MoveError
from gallery.moving.running import look, move
from gallery.moving.tables import copied
from tests.dsql.conftest import Makes
from tests.dsql.everything import make_everything, make_row, stale_type
from tests.make import make_image, make_user

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """The process was ended."""


def quiet(_: str) -> None:
    """Report to nobody."""


def checksums(result: list[Compared]) -> dict[str, str]:
    return {one.table.label: one.checksum_there for one in result}


def test_a_row_of_every_table_goes_round_all_engines_and_comes_back_the_same(
    new_database: Makes,
) -> None:
    make_everything()
    stale_type()
    source = "default"
    first: dict[str, str] = {}
    for engine in ("postgresql", "dsql", "sqlite"):
        target = new_database(engine, empty=True)
        result = move(source, target, quiet)
        assert all(one.equal and one.rows for one in result), [
            one.table.label for one in result if not one.rows
        ]
        first = first or checksums(result)
        assert checksums(result) == first
        source = target
    assert checksums(look("default", source, quiet)) == first


def test_every_order_of_engines_is_possible(new_database: Makes) -> None:
    make_everything()
    source = "default"
    for engine in ("dsql", "postgresql", "sqlite", "dsql", "sqlite", "postgresql"):
        target = new_database(engine)
        assert all(one.equal for one in move(source, target, quiet))
        source = target


def test_tables_are_copied_after_those_that_they_refer_to() -> None:
    seen: set[Any] = {ContentType, Permission}
    for table in copied():
        for key in table.references:
            assert key.related_model in seen or key in table.late, (table.label, key.name)
        seen.add(table.model)
    assert not [key for table in copied() for key in table.late if not key.null]


@pytest.mark.parametrize("engine", ["postgresql", "dsql", "sqlite"])
def test_a_move_that_is_killed_at_any_statement_goes_on_where_it_stopped(
    new_database: Makes, engine: str
) -> None:
    make_everything()
    target = new_database(engine)
    chance = random.Random(7)
    kills = 0
    for _ in range(60):
        # Comparing begins anew in each run: the later are left longer.
        left = chance.randrange(1, 40) * (1 + kills // 4)

        def kill(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return execute(sql, *rest)

        try:
            with connections[target].execute_wrapper(kill):
                move("default", target, quiet)
            break
        except Killed:
            kills += 1
            connections[target].close()
    assert kills > 3
    assert all(one.equal for one in move("default", target, quiet))


def test_what_is_there_is_not_copied_again(new_database: Makes) -> None:
    make_everything()
    target = new_database("sqlite")
    move("default", target, quiet)
    written: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            written.append(sql)
        return execute(sql, *rest)

    with connections[target].execute_wrapper(note):
        move("default", target, quiet)
    assert all("photosky_move" in sql for sql in written)


@pytest.mark.parametrize("engine", ["postgresql", "dsql", "sqlite"])
def test_what_is_written_during_the_copy_and_after_it_is_copied_too(new_database: Makes, engine: str) -> None:
    alice = make_everything()
    target = new_database(engine)
    written = False

    def write(line: str) -> None:
        nonlocal written
        if line.startswith("rows of gallery.Image:") and not written:
            written = True
            late = make_image(alice, title="late")
            Album.objects.get(title="Picos").add([late.pk])
            Image.objects.filter(title="Sheep 7").delete()
            Image.objects.filter(title="Sheep 8").update(
                title="other", stacked_under=late, stack_kind="burst"
            )

    # The source is read only by the mover's own connection; here it is the test's as well.
    def report(line: str) -> None:
        wrappers, connection.execute_wrappers[:] = list(connection.execute_wrappers), []
        write(line)
        connection.execute_wrappers[:] = wrappers

    assert all(one.equal for one in move("default", target, report))
    assert written
    Tag.objects.all().delete()
    swapped = list(Image.objects.order_by("pk")[:2])
    first, second = (image.original_key for image in swapped)
    for image, key in zip(swapped, ("originals/x", first), strict=True):
        Image.objects.filter(pk=image.pk).update(original_key=key)
    Image.objects.filter(pk=swapped[0].pk).update(original_key=second)
    assert all(one.equal for one in move("default", target, quiet))
    assert Image.objects.using(target).get(pk=swapped[0].pk).original_key == second


def test_the_source_is_never_written(new_database: Makes) -> None:
    make_everything()
    with databases.only_read("default"), pytest.raises(MoveError, match="only read"):
        Tag.objects.all().delete()
    before = checksums(look("default", "default", quiet))
    move("default", new_database("sqlite"), quiet)
    assert checksums(look("default", "default", quiet)) == before


def test_a_target_with_another_library_is_refused(new_database: Makes) -> None:
    make_everything()
    taken = new_database("sqlite")
    databases.migrate(taken)
    User.objects.db_manager(taken).create_user("carol")
    with pytest.raises(MoveError, match="a library of its own"):
        move("default", taken, quiet)
    other = new_database("sqlite")
    move("default", other, quiet)
    with connections[other].cursor() as cursor:
        cursor.execute("UPDATE photosky_move SET value = %s WHERE name = 'library'", ['"of another"'])
    with pytest.raises(MoveError, match="copy of library of another"):
        move("default", other, quiet)


def test_a_target_that_a_gallery_uses_by_now_is_refused(new_database: Makes) -> None:
    make_everything()
    target = new_database("sqlite")
    move("default", target, quiet)
    User.objects.using(target).filter(username="bob").update(first_name="Bob")
    with pytest.raises(MoveError, match=r"written to since .*gallery\.User"):
        move("default", target, quiet)
    assert User.objects.using(target).get(username="bob").first_name == "Bob"


def test_a_database_is_not_moved_to_itself() -> None:
    with pytest.raises(MoveError, match="same database"):
        move("default", "default", quiet)


def test_a_source_without_anybody_has_nothing_to_move(new_database: Makes) -> None:
    with pytest.raises(MoveError, match="holds nobody"):
        move("default", new_database("sqlite"), quiet)


@pytest.mark.parametrize("engine", ["postgresql", "dsql"])
@pytest.mark.parametrize(
    "values", [{"title": "a\0b"}, {"metadata": {"made": ["by\0"]}}], ids=["in text", "in JSON"]
)
def test_text_that_postgresql_cannot_hold_is_named(
    new_database: Makes, engine: str, values: dict[str, Any]
) -> None:
    if connection.vendor == "postgresql":
        pytest.skip("no such text can be there to be moved")
    alice = make_user("alice")
    image = make_image(alice, **values)
    target = new_database(engine)
    with pytest.raises(
        MoveError, match=rf"gallery\.Image {image.pk}: {next(iter(values))} holds a character"
    ):
        move("default", target, quiet)
    Image.objects.filter(pk=image.pk).update(title="ab", metadata={})
    assert all(one.equal for one in move("default", target, quiet))


def test_a_number_that_the_target_cannot_hold_is_named(new_database: Makes) -> None:
    if connection.vendor == "postgresql":
        pytest.skip("no such number can be there to be moved")
    image = make_image(make_user("alice"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE gallery_image SET width = 5000000000 WHERE id = %s", [image.pk.hex])
    with pytest.raises(MoveError, match=rf"gallery\.Image {image.pk}: width is too large"):
        move("default", new_database("postgresql"), quiet)


def test_rows_over_several_chunks_and_the_search_index_come_along(new_database: Makes) -> None:
    alice = make_user("alice")
    images = [make_image(alice, save=False) for _ in range(CHUNK * 2 + 3)]
    for start in range(0, len(images), CHUNK):
        Image.objects.bulk_create(images[start : start + CHUNK])
    SearchEntry.objects.create(image=images[0], owner=alice, text=" abcdewsheep ")
    target = new_database("sqlite")
    said: list[str] = []
    assert all(one.equal for one in move("default", target, said.append))
    assert f"rows of gallery.Image: {CHUNK:,} of {CHUNK * 2 + 3:,}" in said
    with connections[target].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM gallery_search WHERE gallery_search MATCH 'abcdewsheep'")
        assert cursor.fetchone() == (1,)


def test_numbers_go_on_after_those_that_were_copied(new_database: Makes) -> None:
    make_everything()
    target = new_database("postgresql")
    move("default", target, quiet)
    for table in copied():
        if table.model._meta.pk.get_internal_type() in {"AutoField", "BigAutoField"} and not table.references:
            table.model._base_manager.using(target).create(name="one more")


def test_a_source_that_refers_to_what_is_not_there_is_told(new_database: Makes) -> None:
    make_everything()
    source, target = new_database("dsql"), new_database("sqlite")
    move("default", source, quiet)
    tag = Tag.objects.using(source).first()
    assert tag is not None
    Tag.objects.using(source)._raw_delete(source)
    with pytest.raises(MoveError, match=rf"gallery\.ImageTag .*tag {tag.pk}"):
        move(source, target, quiet)


def test_every_column_of_every_table_is_compared(new_database: Makes) -> None:
    make_everything()
    for table in copied():
        if table.label == "gallery.Webhook":
            make_row(table)
    target = new_database("sqlite")
    move("default", target, quiet)
    webhook = next(table for table in copied() if table.label == "gallery.Webhook")
    row = webhook.model._base_manager.using(target).order_by("pk").first()
    assert row is not None
    names = [field.name for field in webhook.fields if field.get_internal_type() == "DateTimeField"]
    type(row)._base_manager.using(target).filter(pk=row.pk).update(
        **{names[0]: None if webhook.model._meta.get_field(names[0]).null else "2001-01-01T00:00:00.000001Z"}
    )
    [one] = [one for one in look("default", target, quiet) if not one.equal]
    assert (one.table.label, one.changed) == ("gallery.Webhook", [row.pk])
