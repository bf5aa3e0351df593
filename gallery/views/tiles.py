"""What the grid shows of each photo: addresses, sizes, colour and words, all from the row.

A signed address is most of a tile's bytes, so that each is written once: an image has a srcset and no src, which no
browser that understands the style sheets would read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.formats import date_format

from gallery import imaging, renditions
from gallery.models import Image

# Beyond these the grid crops: a panorama would fill rows alone, a scroll would be a thread.
MIN_RATIO, MAX_RATIO = 0.4, 3.0
EAGER = 8
# Heights in CSS pixels for which a browser should choose a rendition: those of the style sheet's rows (grid.css).
PHONE_ROW_PX, ROW_PX = 112, 240


@dataclass(frozen=True, slots=True)
class Tile:
    """One photo in a grid. `ratio` is width to height as laid out; `sizes` and `srcset` as HTML reads them."""

    url: str
    srcset: str
    sizes: str
    width: int
    height: int
    ratio: str
    color: str
    alt: str
    is_favorite: bool
    eager: bool
    first: bool
    image: Image


@dataclass(slots=True)
class Day:
    """The photos of one date, by the calendar of the place where they were taken."""

    date: date
    tiles: list[Tile] = field(default_factory=list)

    @property
    def ratios(self) -> str:
        """The sum of the ratios, from which the style sheet estimates the height before it lays out."""
        return f"{sum(float(tile.ratio) for tile in self.tiles):.1f}"


def alt_text(image: Image) -> str:
    """Return the words that stand for the photo: the owner's where there are any, never the file's name."""
    words = image.description or image.title
    return " ".join(words.split()) or f"Photo, {date_format(image.taken_local, 'j F Y')}"


def tiles(images: Sequence[Image], query: str = "") -> list[Tile]:
    """Return the tiles of one page of photos, in order; `query` is added to each link."""
    addresses = renditions.urls(images, ("h240", "h480"))
    return [
        _tile(image, urls, place, query)
        for place, (image, urls) in enumerate(zip(images, addresses, strict=True))
    ]


def by_day(page: Iterable[Tile]) -> list[Day]:
    """Group tiles by date; where zones overlap, a date stands once, where it first appears."""
    days: dict[date, Day] = {}
    for tile in page:
        taken = tile.image.taken_local.date()
        days.setdefault(taken, Day(taken)).tiles.append(tile)
    return list(days.values())


def short_color(color: str) -> str:
    """Return #rgb for #rrggbb: a shade that stands for a moment needs no more, and a hundred of them weigh."""
    return "#" + "".join(f"{round(int(color[at : at + 2], 16) / 17):x}" for at in (1, 3, 5))


def srcset(image: Image, urls: dict[str, str]) -> str:
    """Return the candidates by width; a rung that is no larger than the one before is left out."""
    widths: dict[int, str] = {}
    for rung, url in urls.items():
        widths.setdefault(imaging.rung_size(rung, image.width, image.height)[0], url)
    return ",".join(f"{url} {width}w" for width, url in widths.items())


def _tile(image: Image, urls: dict[str, str], place: int, query: str) -> Tile:
    width, height = imaging.rung_size("h240", image.width, image.height)
    ratio = min(max(width / height, MIN_RATIO), MAX_RATIO)
    return Tile(
        url=f"{image.get_absolute_url()}{query}",
        srcset=srcset(image, urls),
        sizes=f"(max-width:40em) {ratio * PHONE_ROW_PX:.0f}px,{ratio * ROW_PX:.0f}px",
        width=width,
        height=height,
        ratio=f"{ratio:.3g}",
        color=short_color(image.color),
        alt=alt_text(image),
        is_favorite=image.is_favorite,
        eager=place < EAGER,
        first=place == 0,
        image=image,
    )
