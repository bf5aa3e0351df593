"""The ladder: which renditions are made of every picture, and exactly how large each one is."""

from dataclasses import dataclass, replace
from types import MappingProxyType

# Part of every rendition's name. Change it with anything that changes the bytes below: sizes, quality, colour.
RECIPE = "r1"
# The same with AVIF in the place of WebP: a tenth smaller, but three times the work.
AVIF_RECIPE = f"{RECIPE}a"
RECIPES = (RECIPE, AVIF_RECIPE)


@dataclass(frozen=True, slots=True)
class Rung:
    """A rendition fits inside its box, or with `crop` fills it; it is never larger than the picture."""

    name: str
    box_width: int
    box_height: int
    content_type: str = "image/webp"
    extension: str = "webp"
    crop: bool = False


# The grid's boxes are wide, not endless: a row of the grid has one height, but a 10:1 panorama would be 2,400
# pixels wide at 240. Past 6:1 it gets lower instead. No box is wider than l2560, from which all are made.
LADDER = MappingProxyType(
    {
        rung.name: rung
        for rung in (
            Rung("h240", 1440, 240),
            Rung("h480", 2560, 480),
            Rung("l1280", 1280, 1280),
            Rung("l2560", 2560, 2560),
            Rung("og", 1200, 630, content_type="image/jpeg", extension="jpg", crop=True),
        )
    }
)
BASE = LADDER["l2560"]
# Not of every picture: what moves, beside the ladder of its first frame or its poster.
ANIMATION = Rung("anim", 640, 640)
CLIP = Rung("clip", 0, 0, content_type="video/mp4", extension="mp4")
# Never stored as a rendition: the whole picture for who gets a copy, asked for in the place of a recipe.
WHOLE = Rung("whole", 0, 0, content_type="image/jpeg", extension="jpg")
MOVING = MappingProxyType({rung.name: rung for rung in (ANIMATION, CLIP)})


def rung_of(name: str, recipe: str) -> Rung:
    """Give a rung as a recipe makes it, a former one included. Raises KeyError for a name that there is not."""
    if name in MOVING:
        return MOVING[name]
    rung = LADDER[name]
    if recipe.endswith("a") and rung.extension == "webp":
        return replace(rung, content_type="image/avif", extension="avif")
    return rung


def rung_size(name: str, width: int, height: int) -> tuple[int, int]:
    """Give the exact (width, height) of rendition `name` of an upright picture of `width` x `height` pixels.

    Raises KeyError for a name that is not in LADDER and ValueError for a picture without pixels.
    """
    if width < 1 or height < 1:
        raise ValueError(f"a picture of {width} x {height} pixels has no renditions")
    rung = LADDER[name]
    if not rung.crop:
        return _fit(width, height, rung.box_width, rung.box_height)
    return crop_size(*_fit(width, height, BASE.box_width, BASE.box_height), rung)


def crop_size(width: int, height: int, rung: Rung) -> tuple[int, int]:
    """Give the size of a crop in the box's proportions: the box itself, or the largest that is in the picture."""
    crop_width, crop_height = crop_area(width, height, rung)
    return min(crop_width, rung.box_width), min(crop_height, rung.box_height)


def crop_area(width: int, height: int, rung: Rung) -> tuple[int, int]:
    """Give the largest area of the box's proportions inside a picture of `width` x `height`."""
    if width * rung.box_height >= height * rung.box_width:
        return min(width, _scaled(height, rung.box_width, rung.box_height)), height
    return width, min(height, _scaled(width, rung.box_height, rung.box_width))


def _fit(width: int, height: int, box_width: int, box_height: int) -> tuple[int, int]:
    if width <= box_width and height <= box_height:
        return width, height
    if width * box_height >= height * box_width:
        return box_width, _scaled(height, box_width, width)
    return _scaled(width, box_height, height), box_height


def _scaled(length: int, to: int, of: int) -> int:
    """Round length * to / of half up in whole numbers, so that every machine agrees; never 0."""
    return max(1, (2 * length * to + of) // (2 * of))
