"""What the viewer needs of one photo: addresses at screen size, its full size, and how it moves."""

from dataclasses import dataclass

from gallery import imaging, renditions
from gallery.models import Image
from gallery.views import tiles

RUNGS = ("l1280", "l2560")
# What every browser shows as it is. A picture that a person turned is shown by its renditions alone.
SHOWABLE = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"})


@dataclass(frozen=True, slots=True)
class Slide:
    """One photo as the viewer shows it.

    Empty where there is none: `original` (shown past one pixel to a pixel), `video`, `animation`, and `live`, the
    moments around a still.
    """

    src: str
    srcset: str
    width: int
    height: int
    full_width: int
    full_height: int
    color: str
    alt: str
    original: str = ""
    video: str = ""
    animation: str = ""
    live: str = ""

    @property
    def ratio(self) -> str:
        """Width by height, as CSS reads it."""
        return f"{self.width / self.height:.4f}"


def slide(image: Image, *, original: str = "", live: Image | None = None) -> Slide:
    """Return the slide of an image; `original` is the address of its bytes, for who may have them."""
    urls = renditions.urls([image], RUNGS)[0]
    width, height = imaging.rung_size("l2560", image.width, image.height)
    sharper = original if image.width > width and is_showable(image) else ""
    return Slide(
        src=urls["l1280"],
        srcset=tiles.srcset(image, urls),
        width=width,
        height=height,
        full_width=image.width if sharper else width,
        full_height=image.height if sharper else height,
        color=image.color,
        alt=tiles.alt_text(image),
        original=sharper,
        video=renditions.video_url(image) if image.is_video else "",
        animation=renditions.animation_url(image) if image.kind == Image.Kind.ANIMATION else "",
        live=renditions.video_url(live) if live else "",
    )


def srcset(image: Image | None) -> str:
    """Return the addresses of a neighbour's picture, to be fetched ahead."""
    return tiles.srcset(image, renditions.urls([image], RUNGS)[0]) if image else ""


def is_showable(image: Image) -> bool:
    """Return whether a browser shows the original as its owner wants to see it."""
    return image.content_type in SHOWABLE and not image.rotation
