"""What all benchmarks share: fresh pinned processes in turns, medians, peers, the table, and the bars."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
PEERS = Path(__file__).resolve().parent / ".peers"
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of one command, start of the process included."""

    cpu_s: float
    wall_s: float
    peak_mb: float
    output: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A promise in figures: `figure` may be at most `limit`, or with `at_least` must reach it."""

    name: str
    figure: float
    limit: float
    unit: str = ""
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Compare what was measured, not what is printed."""
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit

    def __str__(self) -> str:
        verdict = "ok" if self.is_met else "MISSED"
        return f"{self.name}: {self.figure:.3g}{self.unit} ({self.limit:.3g}{self.unit}) {verdict}"


def sample(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Sample:
    """Run a command once in a fresh process on one core; raises CalledProcessError where it fails.

    The peak is the kernel's, which counts what a child had before it became the command: keep the caller small.
    """
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        child = subprocess.Popen(
            command, stdout=output, env={**os.environ, **(environment or {})}, cwd=ROOT, preexec_fn=_pin
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode()
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command, text)
    return Sample(usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss / 1024, text)


def interleave(
    commands: Mapping[str, Sequence[str]],
    rounds: int = ROUNDS,
    environment: Mapping[str, str] | None = None,
) -> dict[str, list[Sample]]:
    """Run every command once a round, so that a busy machine is as unfair to one as to the other.

    One round before that warms the disk and is not counted.
    """
    samples: dict[str, list[Sample]] = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            taken = sample(command, environment)
            if turn:
                samples[name].append(taken)
    return samples


def middle(samples: Sequence[Sample], figure: str) -> float:
    """Give the median of a figure ("cpu_s", "wall_s", "peak_mb")."""
    return float(median(getattr(taken, figure) for taken in samples))


def npm_peer(name: str, version: str) -> Path:
    """Install a package of npm into the benchmarks' own folder, once, and give the folder to import it from."""
    folder = PEERS / f"{name.replace('/', '-')}-{version}"
    if not (folder / "node_modules" / name / "package.json").exists():
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("npm is missing: install Node.js 20 or later to run this benchmark")
        folder.mkdir(parents=True, exist_ok=True)
        options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund"]
        subprocess.run([npm, "install", "--prefix", folder, *options, f"{name}@{version}"], check=True)
    return folder


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table, so that it can be pasted into the documentation."""
    widths = [max(len(cell) for cell in column) for column in zip(head, *rows, strict=True)]
    for line in (head, ["-" * width for width in widths], *rows):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |")


def judge(bars: Sequence[Bar]) -> int:
    """Print each bar on a line of its own and give the exit status: 1 where one is missed."""
    print()
    for bar in bars:
        print(bar)
    return 0 if all(bar.is_met for bar in bars) else 1


def _pin() -> None:
    # Not on macOS; there the scheduler decides.
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
