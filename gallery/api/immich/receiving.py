"""Reading a file that is sent through the gallery: hashed and counted as it comes, kept in a file without a name."""

import hashlib
import tempfile
from collections.abc import Mapping
from typing import IO, Any, cast

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from rest_framework import exceptions, parsers
from rest_framework.parsers import DataAndFiles

from gallery.api.parsers import BodyTooLarge

PART = "assetData"
# What is too large is read to its end and thrown away, or the client would not hear why; up to this.
READ_OFF_BYTES = 256 * 1024**2


class Asset:
    """A file that has arrived whole; closed with the request."""

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self.content: IO[bytes] = tempfile.TemporaryFile(prefix="photosky-")  # noqa: SIM115  # the request closes it
        self.size = 0
        self._sha256, self._sha1 = hashlib.sha256(), hashlib.sha1(usedforsecurity=False)

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self.size += len(data)
        self._sha256.update(data)
        self._sha1.update(data)
        self.content.write(data)

    @property
    def sha256(self) -> str:
        """The hash by which the store checks it, in hexadecimal."""
        return self._sha256.hexdigest()

    @property
    def sha1(self) -> str:
        """The name by which its client knows it, in hexadecimal."""
        return self._sha1.hexdigest()

    def head(self, size: int) -> bytes:
        """Return its first bytes."""
        self.content.seek(0)
        return self.content.read(size)

    def close(self) -> None:
        """Forget it."""
        self.content.close()


class AssetParser(parsers.BaseParser):
    """A multipart form with one file, of at most settings.IMMICH_MAX_BYTES; what else is a file is passed over."""

    media_type = "multipart/form-data"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> "DataAndFiles[Any, Any]":
        """Return the fields and the file. Raises ParseError, or BodyTooLarge when all has been read off."""
        request = (parser_context or {})["request"]
        meta = {**request.META, "CONTENT_TYPE": media_type}
        length = int(meta.get("CONTENT_LENGTH") or 0)
        counted, taking = _Counted(stream), _Taking(settings.IMMICH_MAX_BYTES, length)
        try:
            fields, files = MultiPartParser(meta, cast("Any", counted), [taking]).parse()
        except (MultiPartParserError, SuspiciousOperation, UnreadablePostError) as error:
            taking.close()
            raise exceptions.ParseError(f"The form cannot be read: {error}") from error
        if taking.is_too_large:
            taking.close()
            raise BodyTooLarge(_too_large(taking.name, request.build_absolute_uri("/upload/")))
        # A line that broke off looks like the end of a form.
        if counted.total < length:
            taking.close()
            raise exceptions.ParseError(
                f"{counted.total} of {length} bytes arrived: the line broke off. Send it again."
            )
        if taking.asset is not None:
            files = files.copy()
            files[PART] = taking.asset
        return DataAndFiles(fields, files)


class _Counted:
    """A stream that knows how much was read of it."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.total = 0

    def read(self, size: int = -1) -> bytes:
        data: bytes = self.stream.read(size)
        self.total += len(data)
        return data


class _Taking(FileUploadHandler):
    """Takes the file of the form as it comes."""

    chunk_size = 1024**2

    def __init__(self, limit: int, length: int) -> None:
        super().__init__()
        self.limit, self.length = limit, length
        self.asset: Asset | None = None
        self.name = ""
        self.is_too_large = False

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        super().new_file(field_name, file_name, *args, **kwargs)
        if field_name != PART or self.asset is not None:
            raise SkipFile
        self.name = file_name[:255]
        self.asset = Asset(file_name)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > self.limit:
            self.is_too_large = True
            raise StopUpload(connection_reset=self.length > READ_OFF_BYTES)
        if self.asset is not None:
            self.asset.write(raw_data)

    def file_complete(self, file_size: int) -> None:  # noqa: ARG002
        return None

    def close(self) -> None:
        if self.asset is not None:
            self.asset.close()


def _too_large(name: str, page: str) -> str:
    limit = settings.IMMICH_MAX_BYTES / 1024**2
    return (
        f"{name} is over {limit:.1f} MB, the most that this site takes from Immich's clients, for such files pass through the "
        f"gallery itself. Send it with the command 'photosky upload', or by a browser on {page}."
    )
