"""The table, the bars and the chart of bench.scale, from the figures that it has kept."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.shape import PEERS, ROOT, Bar
from photosky.costs import Usage, estimate, read_figures, total

MATPLOTLIB = "3.10.9"
DOCS = ROOT / "docs"
CHART = DOCS / "scale.svg"
SMALL, MEDIUM, LARGE = 10_000, 100_000, 1_000_000
MOST_GROWTH, MOST_MS, MOST_MB, MOST_QUERIES = 1.3, 100, 256, 8
FIRST = "timeline, first page"
BEGIN, END = "<!-- bench-scale: written by the command -->", "<!-- bench-scale: end -->"
# What a month has of looking and of new photos, for a library of so many.
VISITS, NEW_SHARE = 1_000, 0.01

Kept = Mapping[tuple[str, int], dict[str, Any]]


def load(folder: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """Return what was measured, by engine and size."""
    found = {}
    for path in folder.glob("*.json"):
        engine, _, size = path.stem.rpartition("-")
        found[engine, int(size)] = json.loads(path.read_text(encoding="utf-8"))
    return dict(sorted(found.items()))


def rows(kept: Kept) -> tuple[list[str], list[list[str]]]:
    """Return the head and the rows of the table: for each path p50, p95 and processor time by engine and size."""
    head = [
        "path",
        *(f"{engine} {short(size)}" for engine, size in kept),
        "counted anew",
        "queries",
        "kB by size",
    ]
    names = list(dict.fromkeys(name for taken in kept.values() for name in taken["paths"]))
    return head, [[name, *_cells(kept, name)] for name in names]


def _cells(kept: Kept, name: str) -> list[str]:
    found = [taken["paths"].get(name) for taken in kept.values()]
    cells = [
        f"{one['p50_ms']:.1f} / {one['p95_ms']:.0f} / {one['cpu_ms']:.0f}" if one else "" for one in found
    ]
    known = [one for one in found if one]
    anew = max(one.get("anew_ms", 0) for one in known)
    queries = max(one["queries"] for one in known)
    # A page of a small library may not be full: then it is compared with less than a page.
    weights = {size: one["paths"][name]["kb"] for (_, size), one in kept.items() if name in one["paths"]}
    kb = " / ".join(f"{weights[size]:.1f}" for size in sorted(weights))
    return [*cells, f"{anew:.0f}" if anew else "", str(queries), kb]


def bars(kept: Kept, time: str = "p50_ms") -> list[Bar]:
    """Return the promises that the figures at hand can be held to; `time` is the figure that counts as a page's time."""
    found = []
    for (engine, size), taken in kept.items():
        if size == LARGE:
            found += _of_large(engine, taken, time)
            for other in (SMALL, MEDIUM):
                found += _growth(engine, taken, other, kept.get((engine, other)), time)
        found.append(Bar(f"{engine} {short(size)} peak memory", taken["peak_mb"], MOST_MB, " MB"))
        first = taken["paths"].get(FIRST)
        if first:
            found.append(
                Bar(f"{engine} {short(size)} queries of the first page", first["queries"], MOST_QUERIES)
            )
    return found


def _of_large(engine: str, taken: Mapping[str, Any], time: str) -> list[Bar]:
    return [
        Bar(f"{engine} 1M {name}", figures[time], MOST_MS, " ms") for name, figures in taken["paths"].items()
    ]


def _growth(
    engine: str, taken: Mapping[str, Any], size: int, smaller: Mapping[str, Any] | None, time: str
) -> list[Bar]:
    before = smaller["paths"] if smaller else {}
    return [
        Bar(f"{engine} {name}, 1M to {short(size)}", figures[time] / before[name][time], MOST_GROWTH, "x")
        for name, figures in taken["paths"].items()
        if name in before and not name.startswith("upload")
    ]


def write(kept: Kept, table: str, judged: Sequence[Bar], said: str) -> None:
    """Put table, missed bars and chart into the documentation."""
    missed = ["- " + str(bar).removesuffix(" MISSED") for bar in judged if not bar.is_met]
    verdict = "\n".join(["Missed:", "", *missed]) if missed else "Every bar is met."
    path = DOCS / "performance.md"
    text = path.read_text(encoding="utf-8")
    body = f"{BEGIN}\n\n{table}\n{said}\n\n{verdict}\n\n![Cost and time by size](scale.svg)\n\n{END}"
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"{path} has no place for the table: {BEGIN} ... {END}")
    path.write_text(pattern.sub(lambda _: body, text), encoding="utf-8")
    _draw(kept)


def _draw(kept: Kept) -> None:
    """Draw cost and p50 by size, by matplotlib in an environment of its own."""
    python = PEERS / f"matplotlib-{MATPLOTLIB}" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(python.parent.parent)], check=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*command, f"matplotlib=={MATPLOTLIB}"], check=True)
    data = {"times": _times(kept), "costs": _costs(sorted({size for _, size in kept}))}
    chart = [str(python), str(ROOT / "bench" / "measured" / "scale_chart.py"), str(CHART)]
    subprocess.run(chart, input=json.dumps(data), text=True, check=True)


def _times(kept: Kept) -> dict[str, list[tuple[int, float]]]:
    drawn = (FIRST, "search, rare word", "API, images")
    return {
        f"{name}, {engine}": [
            (size, taken["paths"][name]["p50_ms"])
            for (other, size), taken in kept.items()
            if other == engine and name in taken["paths"]
        ]
        for name in drawn
        for engine in sorted({engine for engine, _ in kept})
    }


def _costs(sizes: Sequence[int]) -> dict[str, list[tuple[int, float]]]:
    """Return a month's dollars by the model of docs/costs.md."""
    figures = read_figures()

    def month(size: int, database: Any) -> float:
        usage = Usage(size, int(size * NEW_SHARE), VISITS, gateway="http", database=database)
        return total(estimate(usage, figures))

    return {
        "with Aurora DSQL": [(size, month(size, "dsql")) for size in sizes],
        "with the smallest RDS": [(size, month(size, "rds")) for size in sizes],
    }


def short(size: int) -> str:
    """Return 10k for 10,000, 1M for a million."""
    return f"{size // 1_000_000}M" if size % 1_000_000 == 0 else f"{size // 1000}k"
