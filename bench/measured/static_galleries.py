"""The static galleries against which pages and imports are measured, installed once in the benchmarks' own folder."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.shape import PEERS, npm_peer

SIGAL, THUMBSUP = "2.6.1", "2.18.0"


@dataclass(frozen=True, slots=True)
class StaticGallery:
    """A program that makes a folder of pages from a folder of photographs."""

    name: str
    command: tuple[str, ...]

    def building(self, photos: Path, pages: Path) -> list[str]:
        """Return the command that makes the pages, with the program's own defaults."""
        return [part.format(photos=photos, pages=pages) for part in self.command]


def sigal() -> StaticGallery:
    """Install sigal, and its theme with PhotoSwipe chosen, which is nearest to ours."""
    folder = PEERS / f"sigal-{SIGAL}"
    program, settings = folder / "bin" / "sigal", folder / "sigal.conf.py"
    if not settings.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, f"sigal=={SIGAL}"], check=True)
        settings.write_text('theme = "photoswipe"\n', encoding="utf-8")
    return StaticGallery(
        f"sigal {SIGAL}", (str(program), "build", "-q", "-c", str(settings), "{photos}", "{pages}")
    )


def thumbsup() -> StaticGallery:
    """Install thumbsup; it calls exiftool and GraphicsMagick."""
    for tool, package in (("exiftool", "libimage-exiftool-perl"), ("gm", "graphicsmagick")):
        if shutil.which(tool) is None:
            raise SystemExit(
                f"{tool} is missing, which thumbsup calls: install it (Debian: apt install {package})"
            )
    program = npm_peer("thumbsup", THUMBSUP) / "node_modules" / ".bin" / "thumbsup"
    options = ("--input", "{photos}", "--output", "{pages}", "--log", "info")
    return StaticGallery(f"thumbsup {THUMBSUP}", (str(program), *options))
