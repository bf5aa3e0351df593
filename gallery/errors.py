"""What can go wrong in a way that a person can act on: each error has a stable code and plain words."""

from typing import ClassVar

from django.utils.translation import gettext


class GalleryError(Exception):
    """Base of the errors that pages and API translate. `status` is the HTTP status that fits."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    # When to try again, where that may succeed.
    retry_after_s: ClassVar[int | None] = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def members(self) -> dict[str, str | int]:
        """What the API tells beside code and message."""
        return {}


class InvalidUpload(GalleryError):
    """A file was announced that cannot be taken: its name, size, type or checksum is wrong."""

    code = "invalid_upload"


class FileTooLarge(InvalidUpload):
    """The announced size is over the limit for one file."""

    code = "too_large"


class UnsupportedType(InvalidUpload):
    """The announced type is not a photograph's."""

    code = "unsupported_type"


class QuotaExceeded(GalleryError):
    """The owner's space is used up."""

    code = "quota_exceeded"
    status = 413


class InBin(GalleryError):
    """The photo is in the library's bin: it is there, and will be deleted some day."""

    code = "in_bin"
    status = 409

    def __init__(self) -> None:
        super().__init__(gettext("This photo is in the bin: restore it to keep it."))


class NotUploaded(GalleryError):
    """An upload is to be finished whose bytes have not arrived; trying again later may succeed."""

    code = "not_uploaded"
    status = 409


class WrongBytes(GalleryError):
    """What arrived is not what was announced."""

    code = "wrong_bytes"
    status = 409


class UploadGone(GalleryError):
    """The upload was given up while it was worked on: there is none any more."""

    code = "upload_gone"
    status = 404
