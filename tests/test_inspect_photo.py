"""`manage.py inspect_photo`: what is made of a file, told without a library."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from PIL import Image
from pytest_django import Settings

from gallery import imaging
from tests.imaging import corpus
from tests.make import photo_bytes

ROOT = Path(__file__).parents[1]


def inspected(capsys: pytest.CaptureFixture[str], *files: Path, **options: Any) -> list[dict[str, Any]]:
    with contextlib.suppress(CommandError):
        call_command("inspect_photo", *map(str, files), json=True, **options)
    reports: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return reports


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "IMG_0001.jpg"
    path.write_bytes(photo_bytes(1600, 1200))
    return path


def test_verdict_facts_sizes_and_costs_of_a_photo(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (report,) = inspected(capsys, photo)

    assert (report["verdict"], report["code"], report["kind"]) == ("taken", "", "photo")
    assert (report["width"], report["height"], report["bytes"]) == (1600, 1200, photo.stat().st_size)
    assert report["facts"]["camera_model"] == "X-T5"
    assert report["facts"]["taken_at"] == "2026-09-14T19:42:11"
    assert report["facts"]["taken_source"] == "exif"
    assert "lens" not in report["facts"]
    assert [made["name"] for made in report["renditions"]] == list(imaging.LADDER)
    assert report["cpu_seconds"] > 0
    assert 20 < report["peak_mb"] < 200


def test_words_for_people(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("inspect_photo", str(photo))

    said = capsys.readouterr().out
    for words in (
        f"{photo}: taken",
        "photo, image/jpeg",
        "1600 x 1200 pixels",
        "X-T5",
        "l1280",
        "MB at most",
    ):
        assert words in said


def test_refused_file_is_told_with_its_reason_and_the_others_are_inspected_as_well(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawing, cut = tmp_path / "logo.jpg", tmp_path / "cut.jpg"
    drawing.write_bytes(b"<svg/>")
    cut.write_bytes(photo.read_bytes()[:3000])

    reports = inspected(capsys, drawing, cut, photo)

    assert [report["code"] for report in reports] == ["unsupported_format", "truncated", ""]
    assert "SVG" in reports[0]["message"]
    with pytest.raises(CommandError, match="2 of 3 files would be refused"):
        call_command("inspect_photo", str(drawing), str(cut), str(photo))
    assert "reason      truncated: The end of this photo is missing" in capsys.readouterr().out


def test_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (report,) = inspected(capsys, tmp_path / "nothing.jpg")

    assert (report["verdict"], report["code"]) == ("unreadable", "unreadable")
    assert "nothing.jpg" in report["message"]


def test_file_that_ends_its_decoder_is_told_with_what_it_took(
    tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DECODER_MODULE = "tests.imaging.nasty_child"
    nasty = tmp_path / "nasty.jpg"
    nasty.write_bytes(photo_bytes() + b"NASTY:decode:segv")

    (report,) = inspected(capsys, nasty)

    assert (report["verdict"], report["code"]) == ("refused", "decoder_crashed")
    assert "status -11" in report["detail"]
    assert report["peak_mb"] > 20


def test_renditions_are_written_in_a_folder_for_each_file(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other" / photo.name
    other.parent.mkdir()
    other.write_bytes(corpus.encoded(corpus.corners()))

    inspected(capsys, photo, other, renditions=tmp_path / "made")

    written = sorted(str(path.relative_to(tmp_path / "made")) for path in (tmp_path / "made").rglob("*.*p*"))
    assert "IMG_0001.jpg/l1280.webp" in written
    assert "IMG_0001.jpg-2/og.jpg" in written
    with Image.open(tmp_path / "made/IMG_0001.jpg/l1280.webp") as picture:
        assert picture.size == (1280, 960)


def test_folder_that_cannot_be_made_is_named(photo: Path) -> None:
    with pytest.raises(CommandError, match="cannot be made"):
        call_command("inspect_photo", str(photo), renditions=photo / "below-a-file")


def test_needs_no_settings_no_database_and_no_bucket(photo: Path, tmp_path: Path) -> None:
    bare = {"PATH": os.environ["PATH"], "PHOTOSKY_DATA_DIR": str(tmp_path / "no-gallery")}

    done = subprocess.run(
        [sys.executable, "manage.py", "inspect_photo", str(photo)],
        cwd=ROOT,
        env=bare,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert "taken" in done.stdout
    assert not (tmp_path / "no-gallery").exists()
