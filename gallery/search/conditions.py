"""What each term means: as a condition on images, as words to look up, and whether it may ask of others' photos."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.db.models import Exists, F, OuterRef, Q, Subquery, TextField, Value
from django.db.models.functions import Coalesce, StrIndex
from django.db.models.lookups import GreaterThan
from django.utils import timezone

from gallery import access
from gallery.models import AlbumImage, AlbumQuerySet, Image, ImageTag, SearchEntry, Tag, User
from gallery.search import folding, index
from gallery.search.language import Term

LETTERS = {"": index.ANY, "camera": index.CAMERA, "lens": index.LENS, "place": index.PLACE}
Words = tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A term's meaning for one user.

    `words` are those that the engine's index can look up, each with whether it may go on; `decided` says that an image
    which has them all meets the condition. `of_others` says that photos which others own may be asked, too.
    """

    where: Q
    words: Words = ()
    decided: bool = False
    of_others: bool = False
    negated: bool = False


def condition(user: User, term: Term, albums: AlbumQuerySet) -> Condition:
    """Return what the term means to the user; `albums` are those that the user may name."""
    field, negated = term.field, term.negated
    if field in LETTERS:
        made = _of_words(user, LETTERS[field], term)
    elif field == "is" and term.value in _KINDS:
        made = _of_tokens(user, ((index.KIND, _KINDS[term.value]),), goes_on=False)
    elif field == "album":
        made = Condition(_in_albums(albums), of_others=True)
    elif field == "tag":
        made = Condition(_tagged(user, term.value))
    elif field in _PERIODS:
        made = Condition(_PERIODS[field](term), of_others=True)
    elif (field, term.value, negated) == ("is", "archived", False):
        made = Condition(access.archived(user))
    else:
        made = Condition(_IS[term.value] if field == "is" else _HAS[term.value])
    if not negated:
        return made
    return Condition(~made.where, of_others=made.of_others, negated=True)


def named_albums(user: User, term: Term) -> AlbumQuerySet:
    """Return the albums that the user may see and whose title has the term's words, one after the other."""
    sought = _phrase(term.words, goes_on=not term.quoted)
    titles = access.albums_visible_to(user).values_list("pk", "title")
    found = [key for key, title in titles if sought in _phrase(folding.words(title), goes_on=False)]
    return access.albums_visible_to(user).filter(pk__in=found)


def _of_words(user: User, letter: str, term: Term) -> Condition:
    return _of_tokens(user, tuple((letter, word) for word in term.words), goes_on=not term.quoted)


def _of_tokens(user: User, parts: tuple[tuple[str, str], ...], *, goes_on: bool) -> Condition:
    """Return the condition that an image has these words one after the other; the last may go on."""
    # What begins with one letter is a large part of any library, and nothing that anybody looks for.
    goes_on = goes_on and len(parts[-1][1]) > 1
    prefix = folding.namespace(user.pk)
    tokens = [prefix + letter + word for letter, word in parts]
    text = SearchEntry.objects.filter(image=OuterRef("pk")).values("text")
    # In this form no engine guesses how many will be found, and so reads the newest first, as it should.
    found = StrIndex(
        Coalesce(Subquery(text), Value(""), output_field=TextField()), Value(_phrase(tokens, goes_on=goes_on))
    )
    last = len(tokens) - 1
    return Condition(
        Q(GreaterThan(found, 0)),
        words=tuple((token, goes_on and at == last) for at, token in enumerate(tokens)),
        decided=len(tokens) == 1,
    )


def _phrase(words: Iterable[str], *, goes_on: bool) -> str:
    return index.EDGE + index.EDGE.join(words) + ("" if goes_on else index.EDGE)


def _in_albums(albums: AlbumQuerySet) -> Q:
    return Q(
        Exists(AlbumImage.objects.filter(image=OuterRef("pk"), album__in=[album.pk for album in albums]))
    )


def _tagged(user: User, name: str) -> Q:
    sought = folding.words(name)
    mine = Tag.objects.filter(owner=user).values_list("pk", "name")
    keys = [key for key, known in mine if folding.words(known) == sought]
    return Q(Exists(ImageTag.objects.filter(image=OuterRef("pk"), tag__in=keys)))


def _moment(day: date) -> datetime:
    """Return when the date begins, by the site's clocks; photos are ordered by moments."""
    zone = timezone.get_default_timezone()
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _before(term: Term) -> Q:
    return Q(taken_at__lt=_moment(term.period[0]))


def _after(term: Term) -> Q:
    return Q(taken_at__gte=_moment(term.period[0]))


def _on(term: Term) -> Q:
    first, beyond = term.period
    return Q(taken_at__gte=_moment(first), taken_at__lt=_moment(beyond))


_PERIODS: dict[str, Callable[[Term], Q]] = {"before": _before, "after": _after, "on": _on}
_KINDS = {kind.value: kind.value for kind in Image.Kind}
_IS = {  # Compared, not taken for a condition of its own: so SQLite sees its index.
    "favourite": Q(is_favorite__in=[True]),
    "archived": Q(archived_at__isnull=False),
}
_HAS = {
    "gps": Q(cell__isnull=False),
    "place": ~Q(place=None) & ~Q(place=""),
    "tag": Q(Exists(ImageTag.objects.filter(image=OuterRef("pk")))),
    "album": Q(Exists(AlbumImage.objects.filter(image=OuterRef("pk"), album__owner=F("image__owner")))),
    "title": ~Q(title=""),
    "description": ~Q(description=""),
}
