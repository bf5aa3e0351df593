"""Which formats are taken, and how the first bytes of a file tell them apart."""

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
    DNG = "dng"
    CR2 = "cr2"
    CR3 = "cr3"
    NEF = "nef"
    ARW = "arw"
    RAF = "raf"
    ORF = "orf"
    RW2 = "rw2"
    MP4 = "mp4"
    MOV = "mov"

    @property
    def content_type(self) -> str:
        """The media type to store and serve the original with."""
        return _CONTENT_TYPES.get(self.value, f"image/{self.value}")

    @property
    def extension(self) -> str:
        """The usual file name ending, without a dot."""
        return {"jpeg": "jpg", "tiff": "tif"}.get(self.value, self.value)

    @property
    def label(self) -> str:
        """The name people know it by."""
        return "WebP" if self is Format.WEBP else self.value.upper()

    @property
    def is_raw(self) -> bool:
        """Whether it holds what the sensor saw, of which a preview or a development is shown."""
        return self in _RAW

    @property
    def is_video(self) -> bool:
        """Whether it is a video, of which one frame is shown."""
        return self in _VIDEO

    @classmethod
    def of_type(cls, content_type: str) -> "Format | None":
        """Return the format of a media type; None for a type that is not taken."""
        return next((kind for kind in cls if kind.content_type == content_type), None)


# As the shared MIME-info database of desktops names them; none is registered but those of videos.
_CONTENT_TYPES = {
    "dng": "image/x-adobe-dng",
    "cr2": "image/x-canon-cr2",
    "cr3": "image/x-canon-cr3",
    "nef": "image/x-nikon-nef",
    "arw": "image/x-sony-arw",
    "raf": "image/x-fuji-raf",
    "orf": "image/x-olympus-orf",
    "rw2": "image/x-panasonic-rw2",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
}
_RAW = frozenset(
    {Format.DNG, Format.CR2, Format.CR3, Format.NEF, Format.ARW, Format.RAF, Format.ORF, Format.RW2}
)
_VIDEO = frozenset({Format.MP4, Format.MOV})
# What else files of these formats are called.
EXTENSIONS = {
    **{kind.extension: kind for kind in Format},
    "jpeg": Format.JPEG,
    "jpe": Format.JPEG,
    "tiff": Format.TIFF,
    "heif": Format.HEIC,
    "hif": Format.HEIC,
    "m4v": Format.MP4,
    "qt": Format.MOV,
}
# For the file choosers of browsers. HEIC by name, else Safari sends a JPEG made of it; raw files by their endings, since
# systems know no types of them.
ACCEPT = ",".join(
    (
        "image/*", "image/heic", "video/mp4", "video/quicktime",
        *(f".{ending}" for ending, kind in EXTENSIONS.items() if kind.is_raw),
    )
)  # fmt: skip

_SIGNATURES = (
    (b"\xff\xd8\xff", Format.JPEG),
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
    (b"FUJIFILMCCD-RAW", Format.RAF),
    (b"IIRO", Format.ORF),
    (b"IIRS", Format.ORF),
    (b"MMOR", Format.ORF),
    (b"IIU\x00", Format.RW2),
    (b"II*\x00", Format.TIFF),
    (b"MM\x00*", Format.TIFF),
    (b"II+\x00\x08\x00\x00\x00", Format.TIFF),
    (b"MM\x00+\x00\x08\x00\x00", Format.TIFF),
)
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
# ISO/IEC 23008-12: brands that name the container only; the codec is then among the compatible brands.
_HEIF_BRANDS = {b"mif1", b"mif2", b"msf1", b"miaf", b"MiHE"}
# Brands of MP4 as cameras and telephones write them.
_MP4_BRANDS = {
    b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"XAVC", b"hvc1",
    b"3gp4", b"3gp5", b"3gp6", b"caqv", b"dash",
}  # fmt: skip
_SOUND_BRANDS = {b"M4A ", b"M4B ", b"M4P "}
# QuickTime before there were brands begins with one of these boxes (QuickTime File Format, chapter 1).
_OLD_QUICKTIME = {b"moov", b"mdat", b"wide", b"skip", b"pnot"}

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
    (b"FOVb", "a camera raw file of a kind that is not known here"),
    (b"\x00MRM", "a camera raw file of a kind that is not known here"),
    (b"\x1aE\xdf\xa3", "a WebM or Matroska video"),
    (b"\x00\x00\x01\xba", "an MPEG video"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"gimp xcf", "a GIMP document"),
)


def sniff(head: bytes) -> Format | None:
    """Tell the format by the first bytes (SNIFF_BYTES are enough); None for anything that is not taken.

    DNG, NEF and ARW are TIFF by their first bytes; `structure.raw_kind` tells them from it.
    """
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return Format.CR2 if _is_canon_raw(head) else kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Format.WEBP
    if head[4:8] == b"ftyp":
        return _sniff_iso_media(head)
    if head[4:8] in _OLD_QUICKTIME:
        return Format.MOV
    return None


def foreign(head: bytes) -> str:
    """Name what `sniff` does not take, in words ("a PDF document"); "" where nothing is known of it."""
    for signature, words in _FOREIGN:
        if head.startswith(signature) and not (signature == b"BM" and not _is_bitmap(head)):
            return words
    if head[4:8] == b"ftyp" or (head[:4] == b"RIFF" and head[8:12] == b"AVI "):
        return "a sound recording" if head[8:11] == b"M4A" else "a video of another kind than MP4 and MOV"
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
    if major == b"crx ":
        return Format.CR3
    if major == b"qt  ":
        return Format.MOV
    if major in _SOUND_BRANDS:
        return None
    return Format.MP4 if major in _MP4_BRANDS or compatible & _MP4_BRANDS else None


def _is_canon_raw(head: bytes) -> bool:
    # CR2 is a TIFF that says so in the eight bytes after the header.
    return head[:4] == b"II*\x00" and head[8:10] == b"CR"


def _is_bitmap(head: bytes) -> bool:
    # "BM" alone begins too many text files; the size of the second header follows 12 bytes later.
    return int.from_bytes(head[14:18], "little") in {12, 40, 52, 56, 64, 108, 124}
