"""Real processes that are really killed: one is started once, and forks a worker for each crash.

The parent sends one JSON line for each: the database, the bucket, the point at which to die, and what to do. It is
answered by the signal or the exit status with which the worker ended.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from photosky.env import S3Settings

ROOT = Path(__file__).resolve().parents[2]


class Nursery:
    """The process that forks workers, from the parent's side."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.processes"],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)

    def run(self, database: Path, s3: S3Settings, point: str, action: str, **arguments: Any) -> int:
        """Do `action` in a process that is killed at `point`; return minus the signal, or the exit status."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        job = {"database": str(database), "s3": asdict(s3), "point": point, "action": action, **arguments}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def _serve() -> None:
    import django

    django.setup()
    # What is imported before the fork is not imported by every worker anew.
    from gallery import fsck, tasks, uploads  # noqa: F401
    from gallery.objectstore import storage  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if not child:
            _work(json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _work(job: dict[str, Any]) -> None:
    try:
        from django.conf import settings
        from django.test import override_settings

        from gallery import crashpoints
        from tests.faults.library import use_database

        def die(name: str) -> None:
            if name == job["point"]:
                os.kill(os.getpid(), signal.SIGKILL)

        with use_database(Path(job["database"])), override_settings(S3=S3Settings(**job["s3"])):
            assert settings.S3.bucket == job["s3"]["bucket"]
            crashpoints.arm(die)
            _actions()[job["action"]](job)
        os._exit(0)
    except Exception:
        traceback.print_exc()
        raise
    finally:
        # Whatever it was: a forked child must not run on in its parent's loop.
        os._exit(70)


def _actions() -> dict[str, Callable[[dict[str, Any]], object]]:
    from datetime import timedelta

    from django.utils import timezone

    from gallery import fsck, removals, tasks, uploads
    from gallery.models import Image, Upload, User

    def upload(job: dict[str, Any]) -> Upload:
        return Upload.objects.select_related("owner").get(pk=job["upload"])

    def start(job: dict[str, Any]) -> object:
        file = uploads.File(job["filename"], job["bytes"], job["sha256"])
        return uploads.start(User.objects.get(), [file])

    return {
        "start": start,
        "sign": lambda job: uploads.sign_parts(
            upload(job), {int(number): sha256 for number, sha256 in job["parts"].items()}
        ),
        "finish": lambda job: uploads.finish(upload(job)),
        "process": lambda job: tasks.process(upload(job).pk),
        "abort": lambda job: uploads.abort(upload(job)),
        "purge": lambda _: removals.purge(Image.objects.all()),
        "remove": lambda _: removals.run(timezone.now() + timedelta(days=2)),
        "repair": lambda _: fsck.inspect(fsck.Options(repair=True, share=0, grace=timedelta(0))),
    }


if __name__ == "__main__":
    _serve()
