"""Many processes at once, each a gallery of its own on one database, as the workers of a web server are.

`python -m tests.concurrency.crowd` reads one JSON line for each round: the database, the bucket, and what each process
is to do. It forks them, lets them begin at the same moment and answers with what each of them found.
"""

import json
import multiprocessing
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from multiprocessing.synchronize import Barrier
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from photosky.env import S3Settings

ROOT = Path(__file__).resolve().parents[2]
Findings = dict[str, Any]


class Crowd:
    """The process that forks the others, from the test's side. `environment` may name other settings for all of them."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = {"DJANGO_SETTINGS_MODULE": "tests.settings", **(environment or {})}

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.concurrency.crowd"],
            cwd=ROOT,
            env={**os.environ, **self._environment},
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

    def run(self, database: Path, s3: S3Settings | None, *actions: str, **arguments: Any) -> list[Findings]:
        """Let one process for each action do it, all at once; return what each found."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        bucket = asdict(s3) if s3 else None
        job = {"database": str(database), "s3": bucket, "actions": actions, "arguments": arguments}
        self._process.stdin.write(json.dumps(job, default=str) + "\n")
        self._process.stdin.flush()
        found: list[Findings] = json.loads(self._process.stdout.readline())
        broken = [one["broken"] for one in found if "broken" in one]
        assert not broken, "\n".join(broken)
        return found


def _serve() -> None:
    import django

    django.setup()
    # What is imported before the fork is not imported by every process anew.
    from django.urls import get_resolver

    from gallery.api import urls  # noqa: F401
    from tests.concurrency import actions

    _ = get_resolver().url_patterns
    forks = multiprocessing.get_context("fork")
    for line in sys.stdin:
        job = json.loads(line)
        start = forks.Barrier(len(job["actions"]))
        answers, processes = [], []
        for number, name in enumerate(job["actions"]):
            answer, theirs = forks.Pipe(duplex=False)
            process = forks.Process(target=_be, args=(getattr(actions, name), number, job, start, theirs))
            process.start()
            theirs.close()
            answers.append(answer)
            processes.append(process)
        found = [answer.recv() for answer in answers]
        for process in processes:
            process.join()
        sys.stdout.write(json.dumps(found, default=str) + "\n")
        sys.stdout.flush()


def _be(action: Callable[..., Findings], number: int, job: Findings, start: Barrier, answer: Any) -> None:
    """Do one process's part."""
    try:
        from contextlib import ExitStack

        from django.test import override_settings

        from tests.faults.library import use_database

        with ExitStack() as stack:
            stack.enter_context(use_database(Path(job["database"])))
            if job["s3"]:
                stack.enter_context(override_settings(S3=S3Settings(**job["s3"])))
            start.wait(30)
            answer.send(action(number, **job["arguments"]))
    except Exception:  # noqa: BLE001  # told to the test, whatever it is
        answer.send({"broken": traceback.format_exc()})


if __name__ == "__main__":
    _serve()
