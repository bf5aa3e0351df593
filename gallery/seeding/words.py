"""The words of made-up photos as gallery/search would gather them, put together from texts that are folded once."""

from collections.abc import Iterable

from gallery.places import countries
from gallery.search import folding, index
from gallery.seeding.vocabulary import Camera, Town

TEXTS_KEPT = 5_000


class Words:
    """The texts of one owner's photos."""

    def __init__(self, owner: str) -> None:
        self._prefix = owner
        self._known: dict[tuple[str, str], str] = {}
        self._around: dict[tuple[Camera, Town | None], tuple[str, str]] = {}

    def of(
        self,
        camera: Camera,
        town: Town | None,
        kind: str,
        stem: str,
        title: str,
        description: str,
        inside: Iterable[str],
    ) -> str:
        """Return the text of an entry; `inside` are tags, then titles of albums."""
        first, last = self._fixed(camera, town)
        named = "".join(self._folded(index.ANY, text) for text in (title, *inside))
        ends = "".join(self._folded(index.ANY, text, keep=False) for text in (stem, description))
        return f"{index.EDGE}{self._folded(index.KIND, kind)}{first}{named}{last}{ends}"

    def _fixed(self, camera: Camera, town: Town | None) -> tuple[str, str]:
        """Return what stands before the words of the photo itself, and what comes after."""
        if (camera, town) not in self._around:
            name = f"{camera.make} {camera.model}"
            places = [town.name, town.region, *countries.spoken(town.country)] if town else []
            before = [
                (index.CAMERA, name),
                (index.LENS, camera.lens),
                *((index.PLACE, place) for place in places),
            ]
            after = [*places, name, camera.lens]
            self._around[camera, town] = (
                "".join(self._folded(letter, text) for letter, text in before),
                "".join(self._folded(index.ANY, text) for text in after),
            )
        return self._around[camera, town]

    def _folded(self, letter: str, text: str, *, keep: bool = True) -> str:
        """Return the words of one text with their ends, ready to be joined."""
        if not text:
            return ""
        found = self._known.get((letter, text))
        if found is None:
            parts = [self._prefix + letter + word for word in folding.words(text)]
            found = "".join(part + index.EDGE for part in (*parts, index.BAR)) if parts else ""
            if keep and len(self._known) < TEXTS_KEPT:
                self._known[letter, text] = found
        return found
