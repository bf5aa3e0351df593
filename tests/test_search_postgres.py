"""Search, map and places on a real PostgreSQL: the same files of tests, in a process whose database it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deployment import postgres

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(postgres.binaries() is None, reason="PostgreSQL is not installed")
def test_search_map_and_places_are_the_same_on_postgresql() -> None:
    files = ["tests/test_search.py", "tests/test_places.py", "tests/test_map.py"]
    with postgres.running() as url:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", *files],
            cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True, timeout=600,
        )  # fmt: skip
    assert run.returncode == 0, run.stdout[-4000:]
