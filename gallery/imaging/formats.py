"""Which picture formats are taken, and how the first bytes of a file tell them apart."""

from enum import StrEnum

# Enough for every signature below and for the brand list of an ISO media file.
SNIFF_BYTES = 64


class Format(StrEnum):
    """A format of originals that is taken. The value is the short name used in rows and messages."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"
    TIFF = "tiff"
    HEIC = "heic"
    AVIF = "avif"

    @property
    def content_type(self) -> str:
        """The media type to store and serve the original with."""
        return f"image/{self.value}"

    @property
    def extension(self) -> str:
        """The usual file name ending, without a dot."""
        return {"jpeg": "jpg", "tiff": "tif"}.get(self.value, self.value)

    @property
    def label(self) -> str:
        """The name people know it by."""
        return "WebP" if self is Format.WEBP else self.value.upper()


_SIGNATURES = (
    (b"\xff\xd8\xff", Format.JPEG),
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
    (b"II*\x00", Format.TIFF),
    (b"MM\x00*", Format.TIFF),
    (b"II+\x00\x08\x00\x00\x00", Format.TIFF),
    (b"MM\x00+\x00\x08\x00\x00", Format.TIFF),
)
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
# ISO/IEC 23008-12: brands that name the container only; the codec is then among the compatible brands.
_HEIF_BRANDS = {b"mif1", b"mif2", b"msf1", b"miaf", b"MiHE"}

# Formats people do try to upload. They are refused, by name and with a remedy.
_FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"%!PS", "an EPS drawing"),
    (b"\xc5\xd0\xd3\xc6", "an EPS drawing"),
    (b"BM", "a BMP picture"),
    (b"8BPS", "a Photoshop document"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"\x00\x00\x01\x00", "an icon file"),
    (b"FUJIFILMCCD-RAW", "a camera raw file"),
    (b"IIRO", "a camera raw file"),
    (b"IIRS", "a camera raw file"),
    (b"IIU\x00", "a camera raw file"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"gimp xcf", "a GIMP document"),
)


def sniff(head: bytes) -> Format | None:
    """Tell the format by the first bytes (SNIFF_BYTES are enough); None for anything that is not taken."""
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return None if _is_canon_raw(head) else kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Format.WEBP
    if head[4:8] == b"ftyp":
        return _sniff_iso_media(head)
    return None


def foreign(head: bytes) -> str:
    """Name what `sniff` does not take, in words ("a PDF document"); "" where nothing is known of it."""
    if _is_canon_raw(head):
        return "a camera raw file"
    for signature, words in _FOREIGN:
        if head.startswith(signature) and not (signature == b"BM" and not _is_bitmap(head)):
            return words
    if head[4:8] == b"ftyp" or (head[:4] == b"RIFF" and head[8:12] == b"AVI "):
        return "a video" if head[8:12] != b"crx " else "a camera raw file"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<svg", b"<?xml", b"<!doctype svg")):
        return "an SVG drawing"
    return ""


def _sniff_iso_media(head: bytes) -> Format | None:
    end = min(int.from_bytes(head[:4], "big"), len(head))
    major, compatible = head[8:12], {head[at : at + 4] for at in range(16, end - 3, 4)}
    if major in _AVIF_BRANDS:
        return Format.AVIF
    if major in _HEIC_BRANDS:
        return Format.HEIC
    if major in _HEIF_BRANDS:
        return Format.AVIF if compatible & _AVIF_BRANDS else Format.HEIC
    return None


def _is_canon_raw(head: bytes) -> bool:
    # CR2 is a TIFF that says so in the eight bytes after the header.
    return head[:4] == b"II*\x00" and head[8:10] == b"CR"


def _is_bitmap(head: bytes) -> bool:
    # "BM" alone begins too many text files; the size of the second header follows 12 bytes later.
    return int.from_bytes(head[14:18], "little") in {12, 40, 52, 56, 64, 108, 124}
