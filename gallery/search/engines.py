"""What each database engine does with SearchEntry: the index that it keeps, and how a list of words is looked up in it.

SQLite: an FTS5 table that triggers keep equal to SearchEntry. PostgreSQL: a GIN index on SearchEntry's words. Any other
engine has neither; there a search reads the user's photos from the newest on.

Words reach an engine as a parameter and only as `folding.words` gave them, letters and digits, behind a namespace:
no sign of the engines' own languages is ever among them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Expression, F, Func, UUIDField
from django.db.models.expressions import RawSQL

FTS5 = (
    # What is found is a row's id; places of words are compared in SearchEntry. Its words are folded already, so that
    # the simplest tokenizer does.
    """CREATE VIRTUAL TABLE gallery_search USING fts5(image_id, words, detail=none, tokenize='ascii')""",
    """CREATE TRIGGER gallery_search_insert AFTER INSERT ON gallery_searchentry BEGIN
         INSERT INTO gallery_search (image_id, words) VALUES (new.image_id, new.text); END""",
    """CREATE TRIGGER gallery_search_delete AFTER DELETE ON gallery_searchentry BEGIN
         DELETE FROM gallery_search WHERE rowid IN
           (SELECT rowid FROM gallery_search WHERE gallery_search MATCH old.image_id); END""",
    """CREATE TRIGGER gallery_search_update AFTER UPDATE ON gallery_searchentry BEGIN
         DELETE FROM gallery_search WHERE rowid IN
           (SELECT rowid FROM gallery_search WHERE gallery_search MATCH old.image_id);
         INSERT INTO gallery_search (image_id, words) VALUES (new.image_id, new.text); END""",
    "INSERT INTO gallery_search (image_id, words) SELECT image_id, text FROM gallery_searchentry",
)
NO_FTS5 = (
    "DROP TRIGGER IF EXISTS gallery_search_update",
    "DROP TRIGGER IF EXISTS gallery_search_delete",
    "DROP TRIGGER IF EXISTS gallery_search_insert",
    "DROP TABLE IF EXISTS gallery_search",
)
_VECTOR = "array_to_tsvector(string_to_array(btrim(text), ' '))"
# Without the list of what is still to be indexed: it would make searches after an import slow.
GIN = (f"CREATE INDEX gallery_search ON gallery_searchentry USING gin ({_VECTOR}) WITH (fastupdate = off)",)
NO_GIN = ("DROP INDEX IF EXISTS gallery_search",)


# Up to so many, the found are looked up one by one and put in order. On SQLite, up to `most` of them are picked out of
# the library instead, which is read in order: a look into the list of what was found is a tenth of reading a row.
FEW = 500


@dataclass(frozen=True, slots=True)
class Lookup:
    """An engine's question for the images that have one of the words of each group.

    From `most` found on, they are picked out of the library, which is read in order. `whole` asks for the same words
    without what they may go on with.
    """

    sql: str
    parameter: str
    whole: str
    most: int
    fenced: bool

    @property
    def counts_quickly(self) -> bool:
        """Whether a count ends where it has met enough: PostgreSQL notes all that are found before the first."""
        return not self.fenced

    def count(self) -> int:
        """Return how many images are found, `most` at most.

        Whole words are counted first: for words that may go on an engine joins long lists before it knows the first.
        """
        counted = f"SELECT count(*) FROM ({self._limited('1')}) AS counted"  # noqa: S608  # our own text
        asked: list[str | int] = [self.parameter, self.most]
        if self.whole != self.parameter:
            counted = f"SELECT CASE WHEN ({counted}) < %s THEN ({counted}) ELSE %s END"
            asked = [self.whole, self.most, self.most, *asked, self.most]
        with connection.cursor() as cursor:
            cursor.execute(counted, asked)
            return int(cursor.fetchone()[0])

    def first(self, count: int) -> Expression:
        """Return the condition that an image is among so many of the found, whichever they are."""
        named = RawSQL(self._limited("image_id"), [self.parameter, count], UUIDField())  # noqa: S611  # our own text
        return _is_any(named) if self.fenced else _is_in("(%(expressions)s)", named)

    def condition(self, count: int) -> Expression:
        """Return the condition that an image is among the found, of which there are `count`."""
        if self.fenced:
            # Asked whether it is true, PostgreSQL makes a table of the found once, and looks there for each row.
            found = self._found()
            return _is_any(found) if count < self.most else _is_in("((%(expressions)s) IS TRUE)", found)
        # The sign, which changes no value, keeps SQLite from looking each of them up by its key.
        return _is_in("(%(expressions)s)" if count < FEW else "(+%(expressions)s)", self._found())

    def _found(self) -> RawSQL:
        return RawSQL(self.sql.format("image_id"), [self.parameter], UUIDField())  # noqa: S611  # our own text

    def _limited(self, column: str) -> str:
        """Return the question for so many of the found, whichever they are; its parameters are the words and how many.

        Seeing a limit, PostgreSQL would read all rows until it has met so many. What it is to keep it plans without
        the limit, by the index, and yet reads no more of it than is asked for.
        """
        found = self.sql.format(column)
        if self.fenced:
            found = f"WITH found AS MATERIALIZED ({found}) SELECT * FROM found"  # noqa: S608  # our own text
        return f"{found} LIMIT %s"


def lookup(groups: Sequence[Sequence[tuple[str, bool]]]) -> Lookup | None:
    """Return the question for images with a word of each group, None where this engine has no index of words.

    A word comes with whether it may go on: True finds what begins with it.
    """
    kind = engine(connection)
    if kind == "sqlite":
        query, whole = (_joined(groups, '"{}"', goes_on, " AND ", " OR ") for goes_on in (" *", ""))
        return Lookup(
            "SELECT {} FROM gallery_search WHERE gallery_search MATCH %s", query, whole, 10_000, fenced=False
        )
    if kind == "postgresql":
        query, whole = (_joined(groups, "'{}'", goes_on, " & ", " | ") for goes_on in (":*", ""))
        return Lookup(
            f"SELECT {{}} FROM gallery_searchentry WHERE {_VECTOR} @@ %s::tsquery",  # noqa: S608  # our own text
            query,
            whole,
            6_000,
            fenced=True,
        )
    return None


def create(database: BaseDatabaseWrapper) -> tuple[str, ...]:
    """Return the statements that make the engine's index, in order."""
    return {"sqlite": FTS5, "postgresql": GIN}.get(engine(database), ())


def drop(database: BaseDatabaseWrapper) -> tuple[str, ...]:
    """Return the statements that remove the engine's index."""
    return {"sqlite": NO_FTS5, "postgresql": NO_GIN}.get(engine(database), ())


def engine(database: Any) -> str:
    """Return which index the database can keep; engines that speak PostgreSQL's language only have none."""
    names = {"django.db.backends.sqlite3": "sqlite", "django.db.backends.postgresql": "postgresql"}
    return names.get(database.settings_dict["ENGINE"], "")


def _is_any(found: RawSQL) -> Expression:
    """Return the condition in the form in which PostgreSQL's guess of how many are found does not count.

    As an array they are looked up first and once.
    """
    array = Func(found, template="(ARRAY%(expressions)s)", output_field=UUIDField())
    return Func(
        F("pk"), array, template="(%(expressions)s))", arg_joiner=" = ANY(", output_field=BooleanField()
    )


def _is_in(template: str, found: RawSQL) -> Expression:
    return Func(F("pk"), found, template=template, arg_joiner=" IN ", output_field=BooleanField())


def _joined(
    groups: Sequence[Sequence[tuple[str, bool]]], quoted: str, goes_on: str, both: str, either: str
) -> str:
    def one(word: str, begins: bool) -> str:  # noqa: FBT001
        if not word.replace("_", "").isprintable() or set(word) & set("\"'\\ "):
            raise ValueError("Only folded words may be looked up.")
        return quoted.format(word) + (goes_on if begins else "")

    return both.join(f"({either.join(one(*word) for word in group)})" for group in groups)
