"""The command move_database as a process of its own: killed, run again, and what it says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connections

from gallery.models import Image
from gallery.moving.running import look, move
from tests.dsql.conftest import Makes
from tests.dsql.everything import make_everything

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[2]


def command(source: str, *arguments: str) -> "subprocess.Popen[str]":
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "photosky.settings",
        "DATABASE_URL": f"sqlite:///{connections[source].settings_dict['NAME']}",
        "PHOTOSKY_LOCAL": "true",
        "PHOTOSKY_SECRET_KEY": "x" * 50,
        "PHOTOSKY_BUCKET": "unset",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "django", "move_database", *arguments],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def test_a_process_that_is_killed_is_gone_on_with_and_says_what_comes_next(
    new_database: Makes, postgresql: str
) -> None:
    make_everything()
    source, target = new_database("sqlite"), new_database("postgresql")
    move("default", source, lambda _: None)
    connections[source].close()
    url = f"{postgresql.rsplit('/', 1)[0]}/{connections[target].settings_dict['NAME']}"

    first = command(source, "--to", url)
    assert first.stdout is not None
    for line in first.stdout:
        if line.startswith("rows of gallery.Image"):
            first.kill()
            break
    first.wait(60)
    assert first.returncode != 0

    second = command(source, "--to", url)
    said, _ = second.communicate(timeout=300)
    assert second.returncode == 0, said
    assert "rows of gallery.User:" not in said
    assert "\nequal: " in said
    assert "Set DATABASE_URL to the target" in said
    assert all(one.equal for one in look(source, target, lambda _: None))

    checking = command(source, "--to", url, "--check")
    assert "equal: " in checking.communicate(timeout=300)[0]
    Image.objects.using(target).filter(title="Sheep 3").update(title="Goat")
    checking = command(source, "--to", url, "--check")
    said, _ = checking.communicate(timeout=300)
    assert checking.returncode == 1
    assert "1 rows differ" in said


def test_without_a_target_it_says_how_one_is_named(new_database: Makes) -> None:
    process = command(new_database("sqlite"))
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "PHOTOSKY_MOVE_TO" in said
