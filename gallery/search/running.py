"""Running a query: which photos may be asked, and in which of two ways the engine finds them.

Where enough of the newest photos have the words, the library is read from there: the order is an index's already. Else
the engine's index of words names those that have them. Few are put in order; many are picked out of the library, which
is read in order all the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Q

from gallery import access
from gallery.models import Album, AlbumMember, AlbumQuerySet, Image, ImageQuerySet, User
from gallery.search import conditions, engines
from gallery.search.conditions import Condition
from gallery.search.language import Query, Term, parse

Groups = Sequence[Sequence[Condition]]
# Of what the index names, so many are looked at to know whether there are a thousand: some lie in the bin.
NAMED = 2_000
# Where so many are met among so many of the newest photos, a page is full before long, and the index need not be asked.
MET, PROBED = 30, 300
# So many are looked at for words of thousands of photos: the trips, people and cameras of some years are not of others.
PROBED_FAR = 3_000


@dataclass(frozen=True, slots=True)
class Found:
    """The images that a query finds, in no order; and those among the first that the engine's index names, or all."""

    images: ImageQuerySet
    named: ImageQuerySet | None = None
    are_all_named: bool = False

    def count(self, most: int) -> int:
        """Return how many there are, `most` at most."""
        if self.named is not None:
            count = self.named.order_by()[:most].count()
            if self.are_all_named or count == most:
                return count
        # In the order in which they stand on pages, the next are where the first were.
        return self.images.newest_first()[:most].count()


def run(user: User, query: str | Query) -> ImageQuerySet:
    """Return the images that the query finds for the user, in no order; raises QueryError. See `find`."""
    return find(user, query).images


def find(user: User, query: str | Query) -> Found:
    """Return what the query finds for the user; raises QueryError.

    It asks the user's own library, the archive included. An album that the query names may be somebody else's to which
    the user was invited: then its photos of other people are found too, as long as nothing is asked but albums and
    dates. The words, places, cameras and marks of others' photos are never searched.
    """
    parsed = query if isinstance(query, Query) else parse(query)
    albums = {term: conditions.named_albums(user, term) for term in parsed.terms if term.field == "album"}
    groups = [
        [conditions.condition(user, term, albums.get(term, Album.objects.none())) for term in group]
        for group in parsed.groups
    ]
    images = _asked(user, parsed, albums, groups)
    return _found(images, groups)


def _asked(user: User, query: Query, albums: dict[Term, AlbumQuerySet], groups: Groups) -> ImageQuerySet:
    """Return the images that may be asked at all: the user's own, or those of the albums that must be met."""
    named = [
        [album for term in group for album in albums[term]]
        for group in query.groups
        if all(term.field == "album" and not term.negated for term in group)
    ]
    owners = {album.pk: album.owner_id for group in named for album in group}
    shared = set(owners.values()) - {user.pk} or AlbumMember.objects.filter(album__in=owners).exists()
    if shared and all(one.of_others for group in groups for one in group):
        return Image.objects.shown()
    return access.library_of(user)


def _found(images: ImageQuerySet, groups: Groups) -> Found:
    looked_up = [group for group in groups if all(one.words for one in group)]
    lookup = engines.lookup(list(_words(looked_up))) if looked_up else None
    if lookup is None:
        return Found(_meeting(images, groups))
    count = lookup.count() if lookup.counts_quickly else NAMED
    if count >= NAMED and _are_met_soon(images, groups, PROBED):
        return Found(_meeting(images, groups))
    if not lookup.counts_quickly:
        count = lookup.count()
    if count >= lookup.most and _are_met_soon(images, groups, PROBED_FAR):
        return Found(_meeting(images, groups))
    decided = [group for group in looked_up if len(group) == 1 and group[0].decided]
    rest = [group for group in groups if group not in decided]
    found = _meeting(images.filter(lookup.condition(count)), rest)
    named = _meeting(images.filter(lookup.first(NAMED)), rest)
    return Found(found, named, are_all_named=count < NAMED)


def _are_met_soon(images: ImageQuerySet, groups: Groups, probed: int) -> bool:
    """Return whether enough of so many of the newest images meet the conditions: if not, a page may be far from them."""
    newest = images.newest_first().values("pk")[:probed]
    met = _meeting(Image.objects.filter(pk__in=newest), groups)
    return len(met.values_list("pk", flat=True)[:MET]) == MET


def _meeting(images: ImageQuerySet, groups: Groups) -> ImageQuerySet:
    """Keep the images that meet one condition of each group."""
    for group in groups:
        images = images.filter(_either(group))
    return images


def _words(groups: Groups) -> Iterator[Sequence[tuple[str, bool]]]:
    """Yield what the index is asked: of each group one word must be there, of a lone phrase every word."""
    for group in groups:
        if len(group) == 1:
            yield from ([word] for word in group[0].words)
        else:
            yield [one.words[0] for one in group]


def _either(group: Sequence[Condition]) -> Q:
    where = Q()
    for one in group:
        where |= one.where
    return where
