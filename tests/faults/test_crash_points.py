"""A worker is killed, by SIGKILL, at every named point: what was acknowledged is whole, and nothing is left over."""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gallery import bin as photo_bin
from gallery import crashpoints, objectstore, removals, renditions, uploads
from gallery.models import Image, Upload, User
from gallery.uploads import announcing
from tests.faults.library import (
    Store,
    arrive,
    begin,
    bring,
    check_invariants,
    check_settled,
    photos,
    send,
    settle,
    sha256,
)
from tests.faults.processes import Nursery
from tests.make import announced, photo_bytes, upload_photo

PART = objectstore.MIN_PART_BYTES


@dataclass
class Scene:
    """What the process that dies is to do, and which photos must be there in the end."""

    action: str
    arguments: dict[str, Any] = field(default_factory=dict)
    retried: list[bytes] = field(default_factory=list)
    kept: list[bytes] = field(default_factory=list)


def starting(owner: User) -> Scene:
    data = photo_bytes()
    described = {"filename": "a.jpg", "bytes": len(data), "sha256": sha256(data)}
    return Scene("start", described, retried=[data])


def large(owner: User) -> tuple[Upload, bytes]:
    data = photo_bytes()
    data += bytes(PART + 100 - len(data))
    upload = uploads.start(owner, [announced(data)])[0].upload
    assert upload is not None
    return upload, data


def signing(owner: User) -> Scene:
    upload, data = large(owner)
    return Scene("sign", {"upload": str(upload.pk), "parts": {1: sha256(data[:PART])}}, retried=[data])


def joining(owner: User) -> Scene:
    upload, data = large(owner)
    pieces = {1: data[:PART], 2: data[PART:]}
    for part in uploads.sign_parts(upload, {number: sha256(piece) for number, piece in pieces.items()}):
        assert send(part.request, pieces[part.number]) == 200
    return Scene("finish", {"upload": str(upload.pk)}, retried=[data])


def posting(owner: User) -> Scene:
    data = photo_bytes()
    upload, _ = uploads.start_form(owner, lambda key: f"http://photos.test/{key}/")
    objectstore.put(upload.key, data, content_type="", if_absent=True)
    # Nobody finishes it again: the tick must find it.
    return Scene("finish", {"upload": str(upload.pk)}, kept=[data])


def finishing(owner: User) -> Scene:
    data = photo_bytes()
    return Scene("finish", {"upload": str(arrive(owner, data).pk)}, kept=[data])


def working(owner: User) -> Scene:
    data = photo_bytes()
    upload = uploads.finish(arrive(owner, data))
    return Scene("process", {"upload": str(upload.pk)}, kept=[data])


def rejecting(owner: User) -> Scene:
    upload = uploads.finish(arrive(owner, b"these are words" * 30))
    return Scene("process", {"upload": str(upload.pk)})


def giving_up(owner: User) -> Scene:
    upload, data = large(owner)
    uploads.sign_parts(upload, {1: sha256(data[:PART])})
    return Scene("abort", {"upload": str(upload.pk)})


def purging(owner: User) -> Scene:
    kept = photo_bytes()
    upload_photo(owner, kept)
    gone = upload_photo(owner).image
    assert gone is not None
    photo_bin.put(Image.objects.filter(pk=gone.pk))
    return Scene("purge", kept=[kept])


def removing(owner: User) -> Scene:
    scene = purging(owner)
    removals.purge(Image.objects.all())
    return Scene("remove", kept=scene.kept)


def rebuilding(owner: User) -> Scene:
    data = photo_bytes()
    image = upload_photo(owner, data).image
    assert image is not None
    objectstore.delete(renditions.keys(image))
    Image.objects.update(recipe="r0")
    return Scene("repair", kept=[data])


SCENES: dict[str, Callable[[User], Scene]] = {
    "start.recorded": starting,
    "parts.opened": signing,
    "parts.recorded": signing,
    "finish.joined": joining,
    "finish.copied": posting,
    "finish.seen": finishing,
    "finish.handed_over": finishing,
    "work.leased": working,
    "work.verified": working,
    "work.rendition_stored": working,
    "work.built": working,
    "work.recorded": working,
    "work.completed": working,
    "work.rejected": rejecting,
    "abort.recorded": giving_up,
    "bin.purged": purging,
    "removal.checked": removing,
    "removal.deleted": removing,
    "rebuild.stored": rebuilding,
    "rebuild.recorded": rebuilding,
}


def test_every_crash_point_has_its_scene() -> None:
    assert set(SCENES) == set(crashpoints.POINTS)


@pytest.mark.parametrize("point", crashpoints.POINTS)
def test_library_is_whole_after_a_process_was_killed_at(
    point: str, owner: User, store: Store, database: Path, nursery: Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "MULTIPART_BYTES", PART)
    monkeypatch.setattr(announcing, "PART_BYTES", PART)
    scene = SCENES[point](owner)

    assert nursery.run(database, store.settings, point, scene.action, **scene.arguments) == -signal.SIGKILL
    if not point.startswith("rebuild."):
        check_invariants()
    for data in scene.retried:
        bring(owner, data)
    settle()

    assert photos(owner) == [sha256(data) for data in scene.kept + scene.retried]
    check_settled()


def test_upload_whose_workers_keep_dying_is_kept_and_can_be_tried_again(
    owner: User, store: Store, database: Path, nursery: Nursery
) -> None:
    from tests.faults.library import expire_leases

    data = photo_bytes()
    upload, _ = begin(owner, data)
    objectstore.put(upload.key, data, content_type="image/jpeg", if_absent=True)
    uploads.finish(upload)
    for _ in range(5):
        assert nursery.run(database, store.settings, "work.verified", "process", upload=str(upload.pk)) < 0
        expire_leases()
    assert nursery.run(database, store.settings, "work.verified", "process", upload=str(upload.pk)) == 0

    upload.refresh_from_db()
    assert (upload.state, upload.code) == (Upload.State.REJECTED, "worker_failed")
    check_invariants()
    bring(owner, data)
    settle()

    assert photos(owner) == [sha256(data)]
    check_settled()
