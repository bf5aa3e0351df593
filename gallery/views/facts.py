"""What is said of a photo beside it: when, with what and where it was taken, and what the file is."""

from django.template.defaultfilters import filesizeformat
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from gallery.forms_photo import offset_text
from gallery.models import Image
from gallery.views import tiles

Fact = tuple[str, str]


def facts(image: Image, *, with_place: bool) -> list[Fact]:
    """Return (name, value) pairs of what is known; `with_place` says whether the reader may know where it was."""
    found = [
        (_("Taken"), taken(image)),
        (_("Length"), length(image)),
        (_("Camera"), camera(image)),
        (_("Lens"), image.lens),
        (_("Exposure"), exposure(image)),
        (_("Focal length"), focal_length(image)),
        (_("Flash"), flash(image)),
        (_("Rating"), "★" * image.rating if image.rating else ""),
        (_("People"), people(image) if with_place else ""),
        (_("By"), words(image, "artist")),
        (_("Rights"), words(image, "copyright")),
        (_("Place"), place_name(image) if with_place else ""),
        (_("Coordinates"), place(image) if with_place else ""),
        (_("Size"), size(image)),
        (_("File"), image.filename),
        (_("Bytes"), filesizeformat(image.bytes)),
    ]
    return [(name, value) for name, value in found if value]


def taken(image: Image) -> str:
    """Return the local time with its offset from UTC; where no camera told the time, say what did."""
    local = image.taken_local
    text = date_format(local, pgettext("date format with the time", "j F Y, H:i"))
    if image.taken_offset_minutes is not None:
        text += f" UTC{offset_text(image.taken_offset_minutes)}"
    if image.taken_source == Image.TakenSource.GPS:
        text += " " + _("(from the satellites' clock)")
    if image.taken_source == Image.TakenSource.NAME:
        text += " " + _("(from the file's name)")
    if image.taken_source == Image.TakenSource.FILE:
        text += " " + _("(from the file's date)")
    if image.taken_source == Image.TakenSource.UPLOAD:
        text += " " + _("(from the time of upload)")
    return text


def size(image: Image) -> str:
    """Return width by height in pixels, and the megapixels of what is more than a moving thumbnail."""
    text = f"{image.width} \N{MULTIPLICATION SIGN} {image.height}"
    megapixels = number_format(image.width * image.height / 1e6, decimal_pos=1)
    return text if image.is_video else f"{text} ({megapixels} MP)"


def length(image: Image) -> str:
    """Return how long a video or animation runs, in minutes and seconds."""
    if not image.duration_s:
        return ""
    return tiles.duration(image.duration_s)


def place_name(image: Image) -> str:
    """Return the place in words: as a person wrote it, or as the gazetteer knows it."""
    parts = [image.place] if image.place_by_person else [image.place, image.region]
    return ", ".join(dict.fromkeys(part for part in parts if part))


def camera(image: Image) -> str:
    """Return make and model; many models begin with their make."""
    make, model = image.camera_make.strip(), image.camera_model.strip()
    repeats = make and model.casefold().startswith(make.split()[0].casefold())
    return model if repeats else f"{make} {model}".strip()


def exposure(image: Image) -> str:
    """Return shutter time, aperture and sensitivity, in the order that photographers say them."""
    parts = []
    if image.exposure_s:
        parts.append(_shutter(image.exposure_s))
    if image.f_number:
        parts.append(f"f/{image.f_number:.2g}" if image.f_number < 10 else f"f/{image.f_number:.0f}")
    if image.iso:
        parts.append(f"ISO {image.iso}")
    return " · ".join(parts)


def focal_length(image: Image) -> str:
    """Return the focal length, and what it equals on 36 x 24 mm film where that differs."""
    if not image.focal_length_mm:
        return ""
    text = f"{image.focal_length_mm:.3g} mm"
    film = image.focal_length_35mm
    if film and round(film) != round(image.focal_length_mm):
        text += " " + _("(%(mm)s mm on full frame)") % {"mm": f"{film:.0f}"}
    return text


def flash(image: Image) -> str:
    """Return whether the flash fired, where the camera said so."""
    if image.flash is None:
        return ""
    return _("fired") if image.flash else _("did not fire")


def people(image: Image) -> str:
    """Return who is in the picture, as a person or a program wrote into the file."""
    found = image.metadata.get("people")
    people = found if isinstance(found, list) else []
    return ", ".join(
        str(person["name"]) for person in people if isinstance(person, dict) and "name" in person
    )


def words(image: Image, name: str) -> str:
    """Return one of the lesser facts that is a text."""
    found = image.metadata.get(name)
    return found if isinstance(found, str) else ""


def place(image: Image) -> str:
    """Return latitude and longitude in degrees, WGS 84, to about a metre; height above the sea where known."""
    if image.latitude is None or image.longitude is None:
        return ""
    north = "N" if image.latitude >= 0 else "S"
    east = "E" if image.longitude >= 0 else "W"
    text = f"{abs(image.latitude):.5f}° {north}, {abs(image.longitude):.5f}° {east}"
    return text if image.altitude_m is None else f"{text}, {image.altitude_m:.0f} m"


def _shutter(seconds: float) -> str:
    return f"1/{1 / seconds:.0f} s" if seconds < 0.3 else f"{seconds:.3g} s"
