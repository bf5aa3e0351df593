"""Sending bytes to a gallery's object store by requests that the gallery signed."""

import hashlib
import re
import ssl
import threading
from collections.abc import Iterator

import httpx

from photosky_cli.errors import Failed
from photosky_cli.gallery import PARTS, Gallery, Request
from photosky_cli.line import Line, Unreachable
from photosky_cli.photos import Photo
from photosky_cli.report import Report

# The key is taken: these very bytes stand there, for the signed checksum admits no others.
THERE_ALREADY = 412
# S3's words for a body that is not the one that was signed.
OTHER_BYTES = frozenset(
    {"BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch"}
)


class GrantExpired(Exception):
    """The store did not take the signature: it may be too old, or its keys may have changed. Ask for a new one."""


class Store:
    """The object store; whatever it needs to know of the caller is in the signed requests."""

    def __init__(
        self, report: Report, *, stop: threading.Event, patience_s: float, tls: ssl.SSLContext, jobs: int
    ) -> None:
        self._report = report
        self._stop = stop
        self._line = Line(stop=stop, patience_s=patience_s, tls=tls, jobs=jobs)

    def send(self, photo: Photo, request: Request) -> None:
        """Send a whole photo; return when it stands in the store. Raises Failed, GrantExpired, Stopped."""
        self._put(photo, request, 0, photo.size)

    def send_parts(self, photo: Photo, gallery: Gallery, upload: str, part_bytes: int) -> None:
        """Send the parts that are missing yet. Raises Failed, GrantExpired, Stopped."""
        arrived = gallery.arrived_parts(upload)
        if arrived is None:
            return
        count = -(-photo.size // part_bytes)
        missing = [number for number in range(1, count + 1) if number not in arrived]
        self._report.advance(photo, min(photo.size, len(arrived) * part_bytes) - photo.counted)
        for start in range(0, len(missing), PARTS):
            sha256s = {
                number: self._part_sha256(photo, number, part_bytes)
                for number in missing[start : start + PARTS]
            }
            for number, request in gallery.sign_parts(upload, sha256s).items():
                begin = (number - 1) * part_bytes
                self._put(photo, request, begin, min(part_bytes, photo.size - begin))

    def _part_sha256(self, photo: Photo, number: int, part_bytes: int) -> str:
        begin = (number - 1) * part_bytes
        digest = hashlib.sha256()
        for chunk in photo.read(self._stop, begin, min(part_bytes, photo.size - begin)):
            digest.update(chunk)
        return digest.hexdigest()

    def _put(self, photo: Photo, request: Request, begin: int, size: int) -> None:
        before = photo.counted

        def make(client: httpx.Client) -> httpx.Request:
            self._report.advance(photo, before - photo.counted)
            headers = {**request.headers, "Content-Length": str(size)}
            return client.build_request(
                request.method, request.url, headers=headers, content=self._body(photo, begin, size)
            )

        try:
            answer = self._line.send(make)
        except Unreachable as error:
            raise Failed("store_away", f"The gallery's store was away for too long. {error}") from error
        if answer.is_success:
            self._report.sent(size)
        elif answer.status_code == httpx.codes.FORBIDDEN:
            raise GrantExpired(_words(answer))
        elif answer.status_code != THERE_ALREADY:
            raise _refusal(photo, answer)

    def _body(self, photo: Photo, begin: int, size: int) -> Iterator[bytes]:
        for chunk in photo.read(self._stop, begin, size):
            yield chunk
            self._line.is_there()
            self._report.advance(photo, len(chunk))


def _refusal(photo: Photo, answer: httpx.Response) -> Failed:
    if _element(answer, "Code") in OTHER_BYTES:
        return Failed("changed", f"{photo.name} was changed while it was sent: run the command again.")
    return Failed("store_refused", f"The store refused {photo.name}: {_words(answer)}.")


def _words(answer: httpx.Response) -> str:
    """Return S3's code and message for an error (Amazon S3 API Reference, Error Responses)."""
    said = ": ".join(filter(None, (_element(answer, "Code"), _element(answer, "Message"))))
    return said or f"{answer.status_code} {answer.reason_phrase}"


def _element(answer: httpx.Response, name: str) -> str:
    found = re.search(f"<{name}>([^<]*)</{name}>", answer.text)
    return found[1] if found else ""
