"""The language of the search box: words, "quoted phrases", fields such as tag:beach, - for not, OR between terms.

Terms side by side must all be met. Nothing here asks the database: a query is parsed and checked before it is run.
"""

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from django.utils.translation import gettext as _

from gallery.errors import GalleryError
from gallery.search import folding

MAX_QUERY = 500
MAX_TERMS = 40
# The first and the last year begin and end outside the calendar by the clocks of some places.
FIRST_YEAR, LAST_YEAR = 2, 9998
# The minus of the keyboard, and those that phones and word processors put in its place.
MINUS = "-\u2212\u2013"
QUOTES = '"\u201c\u201d\u201e\u00ab\u00bb'

FIELDS: dict[str, str] = {
    "tag": "tag",
    "album": "album",
    "camera": "camera",
    "lens": "lens",
    "place": "place",
    "before": "before",
    "after": "after",
    "on": "on",
    "year": "on",
    "is": "is",
    "has": "has",
}
IS: dict[str, str] = {
    "favourite": "favourite",
    "favorite": "favourite",
    "archived": "archived",
    "photo": "photo",
    "video": "video",
    "animation": "animation",
}
HAS = ("gps", "place", "tag", "album", "title", "description")
_TERM = re.compile(
    rf"""(?P<no>[{MINUS}])?
    (?:(?P<field>[^\W\d_]+)\s?:)?
    (?:[{QUOTES}](?P<quoted>[^{QUOTES}]*)(?P<end>[{QUOTES}])?|(?P<plain>[^\s{QUOTES}]+))?""",
    re.VERBOSE,
)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)


class QueryError(GalleryError):
    """A term of the query cannot be understood: which one, and where it stands in the text."""

    code: ClassVar[str] = "invalid_query"

    def __init__(self, message: str, term: str, start: int) -> None:
        super().__init__(message)
        self.term, self.start, self.end = term, start, start + len(term)

    @property
    def members(self) -> dict[str, str | int]:
        """The term, and where it begins, in characters."""
        return {"term": self.term, "start": self.start}


@dataclass(frozen=True, slots=True)
class Term:
    """One condition as written. `field` is "" for words; `quoted` values are met exactly, others by how words begin."""

    field: str
    value: str
    start: int
    written: str
    negated: bool = False
    quoted: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the value, folded."""
        return tuple(folding.words(self.value))

    @property
    def period(self) -> tuple[date, date]:
        """The dates that the value names, from the first up to the one after the last; ValueError for no date."""
        return period(self.value)

    def error(self, message: str) -> QueryError:
        """Return the error that points at this term."""
        return QueryError(message, self.written, self.start)


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for: of each group at least one term must be met."""

    text: str
    groups: tuple[tuple[Term, ...], ...]

    @property
    def terms(self) -> list[Term]:
        """All terms in the order in which they were written."""
        return [term for group in self.groups for term in group]


def parse(text: str) -> Query:
    """Return what the text asks for; raises QueryError at the first term that cannot be understood."""
    if len(text) > MAX_QUERY:
        message = _("This search is too long: at most %(most)d characters.") % {"most": MAX_QUERY}
        raise QueryError(message, text[MAX_QUERY : MAX_QUERY + 20], MAX_QUERY)
    groups: list[tuple[Term, ...]] = []
    joined: tuple[str, int] | None = None
    for term in _terms(text):
        if isinstance(term, tuple):
            if not groups or joined:
                raise QueryError(_("OR stands between two terms."), *term)
            joined = term
        elif joined:
            groups[-1] = (*groups[-1], _checked(term))
            joined = None
        else:
            groups.append((_checked(term),))
    if joined:
        raise QueryError(_("OR stands between two terms."), *joined)
    query = Query(text, tuple(groups))
    if len(query.terms) > MAX_TERMS:
        raise query.terms[MAX_TERMS].error(
            _("These are too many terms: at most %(most)d.") % {"most": MAX_TERMS}
        )
    return query


def period(text: str) -> tuple[date, date]:
    """Return the dates from the first of a year, month or day up to the one after; ValueError for anything else."""
    match = _DATE.fullmatch(text)
    if not match:
        raise ValueError(text)
    year, month, day = (int(part) if part else None for part in match.groups())
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(text)
    first = date(year, month or 1, day or 1)
    if day:
        return first, first + timedelta(days=1)
    if month:
        return first, date(year + month // 12, month % 12 + 1, 1)
    return first, date(year + 1, 1, 1)


def _terms(text: str) -> Iterator[Term | tuple[str, int]]:
    """Yield the terms in order, and each OR with its place."""
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        match = _TERM.match(text, place)
        if match is None or match.end() == place:
            # A sign that begins nothing, such as a lone quotation mark's end.
            place += 1
            continue
        place = match.end()
        if match.group() == "OR":
            yield match.group(), match.start()
        elif term := _read(match):
            yield term


def _read(match: re.Match[str]) -> Term | None:
    quoted, written = match["quoted"] is not None, match.group()
    value = match["quoted"] if quoted else match["plain"] or ""
    if quoted and not match["end"]:
        raise QueryError(_("This quotation is never closed."), written, match.start())
    field = (match["field"] or "").casefold()
    if field and not quoted and value.startswith("//"):
        # An address is no field.
        field, value = "", f"{match['field']} {value}"
    term = Term(field, value.strip(), match.start(), written, bool(match["no"]), quoted)
    # Signs alone find nothing and forbid nothing: "picos & europa" is two words.
    return term if field or term.words else None


def _checked(term: Term) -> Term:
    """Return the term with the names of this language; raises QueryError where it has no meaning."""
    if not term.field:
        return term
    if term.field not in FIELDS:
        raise term.error(_unknown(_("There is no field “%(name)s:”."), term.field, FIELDS))
    field = FIELDS[term.field]
    if not term.value:
        raise term.error(_("Say what follows “%(name)s:”, without a space.") % {"name": term.field})
    value = _CHECKS.get(field, _some_words)(term)
    return Term(field, value, term.start, term.written, term.negated, term.quoted)


def _some_words(term: Term) -> str:
    if not term.words:
        raise term.error(_("There is no word in “%(value)s”.") % {"value": term.value})
    return term.value


def _a_date(term: Term) -> str:
    try:
        period(term.value)
    except ValueError as error:
        raise term.error(_("Write a date as 2026, 2026-09 or 2026-09-14.")) from error
    return term.value


def _one_of_is(term: Term) -> str:
    value = IS.get(term.value.casefold())
    if value is None:
        raise term.error(_unknown(_("Nothing is “%(name)s”."), term.value, IS))
    return value


def _one_of_has(term: Term) -> str:
    value = term.value.casefold()
    if value not in HAS:
        raise term.error(_unknown(_("Nothing has “%(name)s”."), term.value, HAS))
    return value


def _unknown(message: str, name: str, known: "dict[str, str] | tuple[str, ...]") -> str:
    said = message % {"name": name}
    near = difflib.get_close_matches(name.casefold(), list(known), n=1, cutoff=0.6)
    if near:
        return said + " " + _("Did you mean “%(near)s”?") % {"near": near[0]}
    return said + " " + _("Known are: %(names)s.") % {"names": ", ".join(known)}


_CHECKS: dict[str, Callable[[Term], str]] = {
    "before": _a_date,
    "after": _a_date,
    "on": _a_date,
    "is": _one_of_is,
    "has": _one_of_has,
}
