"""What is said of a photo beside it: when, with what and where it was taken, and what the file is."""

from datetime import timedelta

from django.template.defaultfilters import filesizeformat
from django.utils.formats import date_format

from gallery.models import Image

Fact = tuple[str, str]


def facts(image: Image, *, with_place: bool) -> list[Fact]:
    """Return (name, value) pairs of what is known; `with_place` says whether the reader may know where it was."""
    found = [
        ("Taken", taken(image)),
        ("Camera", camera(image)),
        ("Lens", image.lens),
        ("Exposure", exposure(image)),
        ("Focal length", focal_length(image)),
        ("Place", place(image) if with_place else ""),
        (
            "Size",
            f"{image.width} \N{MULTIPLICATION SIGN} {image.height} ({image.width * image.height / 1e6:.1f} MP)",
        ),
        ("File", image.filename),
        ("Bytes", filesizeformat(image.bytes)),
    ]
    return [(name, value) for name, value in found if value]


def taken(image: Image) -> str:
    """Return the local time with its offset from UTC; where no camera told the time, say what did."""
    text = date_format(image.taken_local, "j F Y, H:i")
    if image.taken_offset_minutes is not None:
        text += f" UTC{_offset(image.taken_offset_minutes)}"
    if image.taken_source in {Image.TakenSource.FILE, Image.TakenSource.UPLOAD}:
        text += f" (from {Image.TakenSource(image.taken_source).label})"
    return text


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
        text += f" ({film:.0f} mm on full frame)"
    return text


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


def _offset(minutes: int) -> str:
    hours, rest = divmod(int(timedelta(minutes=abs(minutes)).total_seconds()) // 60, 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
