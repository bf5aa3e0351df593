"""What the grid shows of each photo: addresses, sizes, colour and words, all from the row.

A signed address is most of a tile's bytes, so that each is written once: an image has a srcset and no src, which no
browser that understands the style sheets would read.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from gallery import imaging, renditions
from gallery.models import Image

# Beyond these the grid crops: a panorama would fill rows alone, a scroll would be a thread.
MIN_RATIO, MAX_RATIO = 0.4, 3.0
EAGER = 8
# Heights in CSS pixels for which a browser is to choose a rendition, by density, on a phone and on a desk. On a desk that
# of a row (grid.css). On a phone, where rows are 120 to 160 high, less: with three device pixels to each it would fetch
# h480, thrice the bytes of h240 for what a hand's breadth hardly shows.
FETCHED_PX = {"s": (60, 160), "m": (80, 240), "l": (120, 360)}


@dataclass(frozen=True, slots=True)
class Screen:
    """A usual width of the grid, the least height of its rows and the gap between them, in CSS pixels."""

    name: str
    width: int
    row: int
    gap: int


# What grid.css gives on windows of 390, 768 and 1440 pixels; between them the heights are near enough.
WIDTHS = (("s", 390, 2), ("m", 737, 4), ("l", 1392, 4))
# What the months beside the timeline take from the widest of them.
MONTHS_PX = 48
ROWS_PX = {"s": (80, 120, 150), "m": (120, 180, 236), "l": (200, 260, 320)}
HEADING_PX = 44
# A lonely photo does not fill its row: grid.css lets it grow by half.
MAX_GROWTH = 1.5


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
    duration: str = ""
    is_animation: bool = False
    stacked: int = 0


@dataclass(slots=True)
class Day:
    """The photos of one date, by the calendar of the place where they were taken."""

    date: date
    density: str = "m"
    beside_months: bool = False
    tiles: list[Tile] = field(default_factory=list)

    @property
    def heading(self) -> str:
        """The date in words, with the day of the week."""
        return date_format(self.date, pgettext("date format with the day of the week", "l j F Y"))

    @property
    def heights(self) -> str:
        """The section's height on each of the screens, as CSS reads it; browsers lay out only what is near."""
        ratios = [float(tile.ratio) for tile in self.tiles]
        return ";".join(
            f"--{screen.name}:{grid_height(ratios, screen) + HEADING_PX}px"
            for screen in screens(self.density, beside_months=self.beside_months)
        )


def screens(density: str, *, beside_months: bool = False) -> list[Screen]:
    """Return the usual screens, from the narrowest, of a grid that has the months of the library beside it or not."""
    taken = {"l": MONTHS_PX if beside_months else 0}
    rows = zip(WIDTHS, ROWS_PX[density], strict=True)
    return [Screen(name, width - taken.get(name, 0), row, gap) for (name, width, gap), row in rows]


def alt_text(image: Image) -> str:
    """Return the words that stand for the photo: the owner's where there are any, never the file's name."""
    words = image.description or image.title
    taken = long_date(image.taken_local)
    if image.is_video:
        return " ".join(words.split()) or gettext("Video, %(date)s") % {"date": taken}
    return " ".join(words.split()) or gettext("Photo, %(date)s") % {"date": taken}


def long_date(day: date) -> str:
    """Return the date with the name of the month."""
    return date_format(day, pgettext("date format", "j F Y"))


def tiles(
    images: Sequence[Image],
    query: str = "",
    *,
    density: str = "m",
    stacks: Mapping[uuid.UUID, int] | None = None,
) -> list[Tile]:
    """Return the tiles of one page of photos, in order.

    `query` is added to each link; `density` is what the reader chose; `stacks` is what stack_sizes() found.
    """
    addresses = renditions.urls(images, ("h240", "h480"))
    sizes = stacks or {}
    return [
        _tile(image, urls, place, query, density, sizes.get(image.pk, 0))
        for place, (image, urls) in enumerate(zip(images, addresses, strict=True))
    ]


def stack_sizes(images: Sequence[Image]) -> dict[uuid.UUID, int]:
    """Return how many photos lie in the stack of each image that has one, itself included."""
    below = Image.objects.filter(stacked_under__in=[image.pk for image in images])
    # The bin is asked inside the count: as a condition beside it, a planner may take it for the narrower one.
    shown = Count("pk", filter=Q(binned_at=None, held_at=None))
    counted = below.values_list("stacked_under").annotate(count=shown)
    return {top: count + 1 for top, count in counted if top and count}


def by_day(page: Iterable[Tile], density: str = "m", *, beside_months: bool = False) -> list[Day]:
    """Group tiles by date; where zones overlap, a date stands once, where it first appears."""
    days: dict[date, Day] = {}
    for tile in page:
        taken = tile.image.taken_local.date()
        days.setdefault(taken, Day(taken, density, beside_months)).tiles.append(tile)
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


def grid_height(ratios: Sequence[float], screen: Screen) -> int:
    """Return the height of a justified grid, in CSS pixels, by the rules by which a browser wraps grid.css."""
    rows: list[list[float]] = [[]]
    used = 0.0
    for ratio in ratios:
        needed = ratio * screen.row
        if rows[-1] and used + screen.gap + needed > screen.width:
            rows.append([])
        used = needed + (used + screen.gap if rows[-1] else 0)
        rows[-1].append(ratio)
    growths = [
        (screen.width - screen.gap * (len(row) - 1)) / (sum(row) * screen.row) if sum(row) else 1
        for row in rows
    ]
    # The last row keeps its height; see grid.css.
    heights = [screen.row * min(growth, MAX_GROWTH) for growth in growths[:-1]] + [screen.row]
    return round(sum(heights) + screen.gap * (len(rows) - 1))


def duration(seconds: float) -> str:
    """Return minutes and seconds as players write them."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _tile(image: Image, urls: dict[str, str], place: int, query: str, density: str, stacked: int) -> Tile:
    phone, desk = FETCHED_PX[density]
    width, height = imaging.rung_size("h240", image.width, image.height)
    ratio = min(max(width / height, MIN_RATIO), MAX_RATIO)
    return Tile(
        url=f"{image.get_absolute_url()}{query}",
        srcset=srcset(image, urls),
        # Rounded down: a pixel more than h240 has, and browsers fetch h480.
        sizes=f"(max-width:40em) {int(ratio * phone)}px,{int(ratio * desk)}px",
        width=width,
        height=height,
        ratio=f"{ratio:.3g}",
        color=short_color(image.color),
        alt=alt_text(image),
        is_favorite=image.is_favorite,
        eager=place < EAGER,
        first=place == 0,
        image=image,
        duration=duration(image.duration_s or 0) if image.is_video else "",
        is_animation=image.kind == Image.Kind.ANIMATION,
        stacked=stacked,
    )
