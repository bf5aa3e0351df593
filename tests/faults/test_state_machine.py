"""Any order of uploads, work, deletions, restorations, purges, crashes and repairs leaves the library whole.

Hypothesis searches for an order that does not. The model is two sets: what was acknowledged and not deleted, and what
was deleted for good.
"""

import secrets
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection
from django.test import override_settings
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from gallery import bin as photo_bin
from gallery import crashpoints, marker, objectstore, removals, tasks, uploads
from gallery.models import Image, Upload, User
from photosky.env import S3Settings
from tests.faults.library import (
    arrive,
    bring,
    check_invariants,
    check_settled,
    empty_bucket,
    expire_leases,
    inspect,
    photos,
    settle,
    sha256,
    time_passes,
    use_database,
)
from tests.make import make_user, photo_bytes
from tests.plugins.library import BUCKET

EXAMPLES = 8
STEPS = 12


class Crash(BaseException):
    """The process ends here: nothing that the code could catch."""


class Library(RuleBasedStateMachine):
    """One owner's library, from the outside."""

    template: Path
    s3: S3Settings

    sent = Bundle("sent")
    known = Bundle("known")

    def __init__(self) -> None:
        super().__init__()
        self.pictures = [photo_bytes(40 + number, 30, shade=number) for number in range(6)]
        self.acknowledged: set[str] = set()
        self.stack = ExitStack()

    @initialize()
    def open(self) -> None:
        path = self.template.with_name(f"{secrets.token_hex(8)}.sqlite3")
        path.write_bytes(self.template.read_bytes())
        self.stack.enter_context(use_database(path))
        self.stack.enter_context(override_settings(S3=replace(self.s3, bucket=BUCKET)))
        empty_bucket()
        marker.verify()
        self.owner = make_user("alice")

    def teardown(self) -> None:
        try:
            crashpoints.arm(None)
            if hasattr(self, "owner"):
                self._come_in()
                settle()
                assert set(photos(self.owner)) == self.acknowledged
                check_settled()
        finally:
            self.stack.close()

    @rule(target=sent, number=st.integers(0, 5))
    def send(self, number: int) -> object:
        """Announce and send; where the library has it already there is nothing to send."""
        data = self.pictures[number]
        if Upload.objects.filter(sha256=sha256(data)).exists() or self._image(data):
            return multiple()
        return arrive(self.owner, data).pk

    @rule(upload_id=sent)
    def finish(self, upload_id: uuid.UUID) -> None:
        upload = Upload.objects.select_related("owner").filter(pk=upload_id).first()
        if upload is not None:
            uploads.finish(upload)
            # The answer of finish is the promise.
            self.acknowledged.add(upload.sha256 or "")

    @rule(number=st.integers(0, 5))
    def send_all_again(self, number: int) -> None:
        """Do what a client does that does not know how far it came."""
        bring(self.owner, self.pictures[number])
        self.acknowledged.add(sha256(self.pictures[number]))

    @rule(upload_id=consumes(sent))
    def give_up(self, upload_id: uuid.UUID) -> None:
        upload = Upload.objects.filter(pk=upload_id).exclude(state=Upload.State.READY).first()
        if upload is not None:
            uploads.abort(upload)
            self.acknowledged.discard(upload.sha256 or "")

    @rule()
    def work(self) -> None:
        tasks.work_once()

    @rule(point=st.sampled_from([point for point in crashpoints.POINTS if point.startswith("work.")]))
    def work_and_crash(self, point: str) -> None:
        def die(name: str) -> None:
            if name == point:
                raise Crash

        crashpoints.arm(die)
        try:
            tasks.work_once()
        except Crash:
            pass
        finally:
            crashpoints.arm(None)

    @rule()
    def leases_end(self) -> None:
        expire_leases()

    @rule(number=st.integers(0, 5))
    def delete(self, number: int) -> None:
        photo_bin.put(Image.objects.filter(sha256=sha256(self.pictures[number])))

    @rule(number=st.integers(0, 5))
    def restore(self, number: int) -> None:
        photo_bin.restore(Image.objects.filter(sha256=sha256(self.pictures[number])))

    @rule(number=st.integers(0, 5))
    def purge(self, number: int) -> None:
        digest = sha256(self.pictures[number])
        if removals.purge(Image.objects.filter(sha256=digest)):
            self.acknowledged.discard(digest)

    @rule()
    def time_goes_by(self) -> None:
        self._come_in()
        time_passes()
        tasks.tick()

    @rule()
    def repair(self) -> None:
        self._come_in()
        inspect(repair=True)

    @invariant()
    def library_is_whole(self) -> None:
        if hasattr(self, "owner"):
            check_invariants()
            for digest in self.acknowledged:
                assert self._stands(digest), f"{digest} was acknowledged and is gone"

    def _come_in(self) -> None:
        """Expect what was sent but not finished: tick and repair finish it."""
        pending = Upload.objects.filter(state=Upload.State.PENDING)
        self.acknowledged |= {upload.sha256 or "" for upload in pending}

    def _image(self, data: bytes) -> bool:
        return Image.objects.filter(sha256=sha256(data)).exists()

    def _stands(self, digest: str) -> bool:
        image = Image.objects.filter(sha256=digest).first()
        upload = Upload.objects.filter(sha256=digest).first()
        if image is None and upload is None:
            return False
        key = image.original_key if image else upload.key if upload else ""
        return sha256(objectstore.read(key, max_bytes=10**8)) == digest


@pytest.fixture
def template(database: Path, s3_settings: S3Settings) -> Iterator[None]:
    """Keep a copy of the empty database for every example."""
    if connection.vendor != "sqlite":
        pytest.skip("every example begins with a copy of the database, which takes SQLite")
    path = database.with_name("template.sqlite3")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(path)) as copy:
        source.backup(copy)
    Library.template, Library.s3 = path, s3_settings
    yield
    crashpoints.arm(None)


def test_every_order_of_events_leaves_the_library_whole(template: None) -> None:
    assert not User.objects.exists()
    run_state_machine_as_test(
        Library,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        ),
    )
