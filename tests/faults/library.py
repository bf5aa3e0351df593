"""What the fault tests share: breaking the line to the store, letting time pass, and the invariants of the library."""

import hashlib
import io
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from django.db import connections
from django.db.models import F, Sum
from django.utils import timezone

from gallery import fsck, objectstore, removals, renditions, tasks, uploads
from gallery.models import Album, Image, Removal, Upload, User
from gallery.objectstore.connection import client
from photosky.env import S3Settings
from tests.make import announced

Answer = Callable[[AWSPreparedRequest], AWSResponse | None]
LONG = timedelta(days=40)


@contextmanager
def use_database(path: Path) -> Iterator[None]:
    """Lead every thread to this SQLite file, and back at the end."""
    before, name = connections["default"], connections.settings["default"]["NAME"]
    connections.settings["default"]["NAME"] = str(path)
    connections["default"] = connections.create_connection("default")
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"]["NAME"] = name
        connections["default"] = before


class _Raw(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


@dataclass(frozen=True)
class Store:
    """The bucket of the test, and what can go wrong on the way to it. `operation` is S3's name of a request."""

    settings: S3Settings

    @contextmanager
    def broken(self, operation: str, answer: Answer, times: int) -> Iterator[list[str]]:
        """Let `answer` stand in for the first `times` requests; yield the list of those that met it."""
        met: list[str] = []

        def instead(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
            if len(met) >= times:
                return None
            met.append(request.url)
            return answer(request)

        events, name = client().meta.events, f"before-send.s3.{operation}"
        events.register(name, instead)  # type: ignore[arg-type]  # the stubs know of no answers
        try:
            yield met
        finally:
            events.unregister(name, instead)  # type: ignore[arg-type]

    @contextmanager
    def request_lost(self, operation: str, times: int = 99) -> Iterator[list[str]]:
        """Break the line before the store has heard anything."""

        def lose(request: AWSPreparedRequest) -> AWSResponse | None:
            raise ConnectionClosedError(endpoint_url=request.url)

        with self.broken(operation, lose, times) as met:
            yield met

    @contextmanager
    def answer_lost(self, operation: str, times: int = 99) -> Iterator[list[str]]:
        """Let the store do what was asked, and lose its answer."""

        def lose(request: AWSPreparedRequest) -> AWSResponse | None:
            client()._endpoint.http_session.send(request)  # type: ignore[attr-defined]
            raise ReadTimeoutError(endpoint_url=request.url)

        with self.broken(operation, lose, times) as met:
            yield met

    @contextmanager
    def says(
        self, operation: str, status: int, code: str, times: int = 99, *, about: str = ""
    ) -> Iterator[list[str]]:
        """Let the store refuse with an error of its own; `about` names the one key of which it does."""
        body = f"<Error><Code>{code}</Code><Message>injected</Message></Error>".encode()
        with self.replies(operation, status, body, times, about=about) as met:
            yield met

    @contextmanager
    def replies(
        self, operation: str, status: int, body: bytes, times: int = 99, *, about: str = ""
    ) -> Iterator[list[str]]:
        """Let the store reply with these bytes."""

        def reply(request: AWSPreparedRequest) -> AWSResponse | None:
            if about not in request.url:
                return None
            return AWSResponse(request.url, status, HTTPHeaders(), _Raw(body))

        with self.broken(operation, reply, times) as met:
            yield met


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def send(request: objectstore.SignedRequest, data: bytes) -> int:
    """Send bytes as a client would and return the status that S3 answers."""
    call = urllib.request.Request(request.url, data, dict(request.headers), method=request.method)
    try:
        with urllib.request.urlopen(call) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def begin(owner: User, data: bytes, album: Album | None = None) -> tuple[Upload, objectstore.SignedRequest]:
    answer = uploads.start(owner, [announced(data)], album)[0]
    assert answer.upload is not None
    assert answer.request is not None
    return answer.upload, answer.request


def arrive(owner: User, data: bytes) -> Upload:
    """Announce and send a file, but do not finish it."""
    upload, request = begin(owner, data)
    assert send(request, data) == 200
    return upload


def bring(owner: User, data: bytes) -> None:
    """Do what a client does that was interrupted anywhere: all of it again."""
    answer = uploads.start(owner, [announced(data)])[0]
    if answer.status == "exists":
        return
    assert answer.upload is not None
    if answer.request is not None:
        assert send(answer.request, data) in {200, 412}
    else:
        arrived = uploads.list_parts(answer.upload)
        there = {part.number for part in arrived.parts}
        size = arrived.part_bytes
        pieces = {
            number: data[size * (number - 1) : size * number] for number in range(1, arrived.part_count + 1)
        }
        wanted = {number: sha256(piece) for number, piece in pieces.items() if number not in there}
        if wanted and not arrived.whole:
            for part in uploads.sign_parts(answer.upload, wanted):
                assert send(part.request, pieces[part.number]) == 200
    uploads.finish(answer.upload)


def time_passes() -> None:
    """Let every lease, grace and deadline be over."""
    Upload.objects.exclude(lease_until=None).update(lease_until=timezone.now() - timedelta(seconds=1))
    for upload in Upload.objects.all():
        Upload.objects.filter(pk=upload.pk).update(updated_at=upload.updated_at - LONG)
    for removal in Removal.objects.exclude(not_before=None):
        assert removal.not_before is not None
        Removal.objects.filter(pk=removal.pk).update(not_before=removal.not_before - LONG)


def settle() -> None:
    """Let faults be over and time pass until there is nothing left to do."""
    for _ in range(3):
        time_passes()
        tasks.tick()
    inspect(repair=True)
    time_passes()
    tasks.tick()


def inspect(*, repair: bool = False) -> fsck.Report:
    return fsck.inspect(fsck.Options(repair=repair, share=1, grace=timedelta(0)))


def check_invariants() -> None:
    """Raise AssertionError where the library is not whole; holds at every moment."""
    for image in Image.objects.all():
        data = objectstore.read(image.original_key, max_bytes=10**9)
        assert (len(data), sha256(data)) == (image.bytes, image.sha256), f"original of {image.pk} altered"
        for key in renditions.keys(image):
            assert objectstore.head(key) is not None, f"{key} is missing"
    for user in User.objects.all():
        assert user.used_bytes == _held(user), f"quota of {user} drifted"
    ready = Upload.objects.filter(state=Upload.State.READY)
    assert not ready.filter(image=None).exists(), "an upload is ready without an image"


def check_settled() -> None:
    """Raise AssertionError where something is left over once all is settled; a second look changes nothing."""
    check_invariants()
    assert not Upload.objects.filter(state__in=[Upload.State.PENDING, Upload.State.PROCESSING]).exists()
    before = everything()
    report = inspect(repair=True)
    assert report.findings == []
    assert everything() == before
    for key in before:
        assert removals.referenced([key]) or key.endswith("library.json") or _is_aside(key), (
            f"{key} is left over"
        )


def everything() -> dict[str, str]:
    """Return the keys of all objects, with their ETags."""
    return {found.key: found.etag for found in objectstore.list_objects("")}


def empty_bucket() -> None:
    """Make the bucket of settings.S3 where there is none, and let it hold nothing."""
    objectstore.ensure_bucket([])
    objectstore.delete(list(everything()))
    for parts in objectstore.multipart_list(""):
        objectstore.multipart_abort(parts.key, parts.upload_id)


def photos(owner: User) -> list[str]:
    """Return the checksums of the owner's photos, each proven to be readable."""
    found = []
    for image in Image.objects.owned_by(owner).order_by("id"):
        assert sha256(objectstore.read(image.original_key, max_bytes=10**9)) == image.sha256
        found.append(image.sha256)
    return found


def expire_leases() -> None:
    Upload.objects.exclude(lease_until=None).update(lease_until=F("created_at") - timedelta(days=1))


def _is_aside(key: str) -> bool:
    return Removal.objects.set_aside().filter(key=key).exists()


def _held(user: User) -> int:
    images = Image.objects.owned_by(user).aggregate(sum=Sum("bytes"))["sum"] or 0
    working = Upload.objects.filter(owner=user, state=Upload.State.PROCESSING)
    return images + (working.aggregate(sum=Sum("bytes"))["sum"] or 0)
