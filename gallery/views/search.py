"""Search: one box, chips that build what stands in it, and the photos that were found, newest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from gallery import search
from gallery.models import Image, Tag, User
from gallery.search.language import Query, QueryError
from gallery.views import cursors, selecting, tiles
from gallery.views.people import SignedIn

COUNTED = 1_000
OFFERED_TAGS = 8
OFFERED: tuple[tuple[str, str | Promise], ...] = (
    ("is:favourite", _("Favourites")),
    ("is:video", _("Videos")),
    ("is:archived", _("Archive")),
    ("has:gps", _("With a position")),
    ("has:tag", _("With tags")),
    ("-has:tag", _("Without tags")),
)


@dataclass(frozen=True, slots=True)
class Chip:
    """A link that adds a term to the search, or takes one away."""

    label: str | Promise
    url: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the query: the message, and the text around the term that it is about."""

    message: str
    before: str
    term: str
    after: str
    start: int
    end: int


@require_safe
@login_required
def search_page(request: SignedIn) -> HttpResponse:
    text = request.GET.get("q", "")
    context: dict[str, object] = {"q": text, "help": request.GET.get("help") == "1"}
    try:
        query = search.parse(text)
        if query.groups:
            context |= _found(request, query)
    except QueryError as error:
        context["problem"] = _problem(text, error)
        return render(request, "search.html", context, status=422)
    context |= {"chosen": list(_chosen(query)), "offered": list(_offered(request.user, query))}
    return render(request, "search.html", context)


def _found(request: SignedIn, query: Query) -> dict[str, object]:
    found = search.find(request.user, query)
    page = cursors.timeline(found.images, request.GET)
    first = not {"before", "after"} & request.GET.keys()
    return {
        "asked": True,
        "newer": selecting.onward(request, page.newer),
        "older": selecting.onward(request, page.older),
        "tiles": tiles.tiles(
            page.rows, query=f"?{urlencode({'q': query.text})}", density=selecting.density(request)
        ),
        **selecting.context(request, "search"),
        "count": count_words(found, page.rows, more=bool(page.older)) if first else "",
    }


def count_words(found: search.Found, rows: Sequence[Image], *, more: bool) -> str:
    """Return in words how many photos there are; past a thousand nobody counts."""
    count = found.count(COUNTED) if more else len(rows)
    if count >= COUNTED:
        return str(_("%(count)s+ photos")) % {"count": number_format(COUNTED)}
    return ngettext("%(count)s photo", "%(count)s photos", count) % {"count": number_format(count)}


def _problem(text: str, error: QueryError) -> Problem:
    start, end = error.start, error.end
    return Problem(error.message, text[:start], text[start:end], text[end:], start, end)


def _chosen(query: Query) -> Iterator[Chip]:
    """Yield what is searched for; each chip leads to the search without it."""
    written = _written(query)
    for place, words in enumerate(written):
        yield Chip(words, _address(" ".join(written[:place] + written[place + 1 :])))


def _offered(user: User, query: Query) -> Iterator[Chip]:
    written = _written(query)
    year = timezone.localdate().year
    offered: list[tuple[str, str | Promise]] = [*OFFERED, *((f"year:{y}", str(y)) for y in (year, year - 1))]
    tags = Tag.objects.filter(owner=user).order_by("name").values_list("name", flat=True)[:OFFERED_TAGS]
    offered += [
        (f'tag:"{name}"' if " " in name else f"tag:{name}", f"#{name}") for name in tags if '"' not in name
    ]
    for term, label in offered:
        if term not in written:
            yield Chip(label, _address(" ".join([*written, term])))


def _written(query: Query) -> list[str]:
    return [" OR ".join(term.written for term in group) for group in query.groups]


def _address(text: str) -> str:
    here = reverse("gallery:search")
    return f"{here}?{urlencode({'q': text})}" if text else here
