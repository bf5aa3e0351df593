"""Measure what `manage.py estimate_cost` counts with; with `--write` keep it in bench/results/costs.json.

What cannot be measured on one's own computer stays in the file as an assumption, with its reason.
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.shape import ROUNDS, middle, sample
from gallery import imaging
from photosky.costs import FIGURES_FILE, read_figures

ENVIRONMENT = {"VIPS_CONCURRENCY": "1", "MALLOC_ARENA_MAX": "1"}
SMALLEST_PHOTO = 500_000
PHOTO_SUFFIXES = {".jpg", ".jpeg", ".heic", ".hif"}


def main(arguments: list[str]) -> int:
    """Measure and print the figures, and with `--write` replace those of the file."""
    measured = {**_photos(), **_page()}
    entries: dict[str, Any] = json.loads(FIGURES_FILE.read_text(encoding="utf-8"))
    month = f"{datetime.now(UTC):%Y-%m}"
    for name, (value, basis) in measured.items():
        entries[name].update(value=round(value, 3), basis=f"measured: {basis}, {month}")
        print(f"{name}: {value:.3f} {entries[name]['unit']} ({basis})")
    if arguments == ["--write"]:
        FIGURES_FILE.write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")
        read_figures()
    return 0


def _photos() -> dict[str, tuple[float, str]]:
    """Measure each of the person's own photographs in a fresh process; every photograph counts the same."""
    folder = os.environ.get("PHOTOSKY_PHOTOS")
    if not folder:
        print("Photographs are not measured: PHOTOSKY_PHOTOS names no folder of them.")
        return {}
    photos = [
        path
        for path in sorted(Path(folder).iterdir())
        if path.suffix.lower() in PHOTO_SUFFIXES and path.stat().st_size >= SMALLEST_PHOTO
    ]
    if not photos:
        raise SystemExit(f"{folder} has no photograph of {SMALLEST_PHOTO} bytes or more.")
    seconds, kilobytes = [], []
    for photo in photos:
        command = [sys.executable, "-m", "bench.measured.pictures", "ladder", str(photo)]
        taken = [sample(command, ENVIRONMENT) for _ in range(ROUNDS)]
        seconds.append(middle(taken, "cpu_s"))
        kilobytes.append(sum(json.loads(taken[0].output)["result"]) / 1024)
    basis = f"mean of {len(photos)} photographs, start of the process included, one x86-64 core"
    return {
        "worker_cpu_s_per_photo": (sum(seconds) / len(photos), basis),
        "renditions_kb_per_photo": (sum(kilobytes) / len(photos), f"mean of {len(photos)} photographs"),
        "renditions_per_photo": (len(imaging.LADDER), "counted in the ladder"),
    }


def _page() -> dict[str, tuple[float, str]]:
    taken = [
        json.loads(sample([sys.executable, "-m", "bench.measured.timeline_page"], ENVIRONMENT).output)
        for _ in range(ROUNDS)
    ]
    page = sorted(taken, key=lambda one: float(one["cpu_ms"]))[ROUNDS // 2]
    basis = f"page of 100 photos, {page['queries']} queries on SQLite in memory, one x86-64 core"
    return {"page_cpu_ms": (page["cpu_ms"], basis), "page_kb": (page["kb"], "page of 100 photos, gzipped")}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
