"""A whole import against static galleries: 200 camera JPEGs from a folder to all their sizes, hashing and storing included.

`import_photos` keeps the original in the object store, proves it by its checksum, reads its facts and makes five
renditions. sigal makes two sizes and thumbsup three, without a checksum or a database. Each uses every processor that
is there and starts from nothing; the gallery itself is not running.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.measured.static_galleries import sigal, thumbsup
from bench.photographs import drawn
from bench.shape import Bar, judge, print_table, sample

PHOTOS = 200
ROUNDS = int(os.environ.get("ROUNDS", "3"))
CACHE = Path(__file__).resolve().parent / ".cache" / "imports"
MIN_PIXELS = 12_000_000


def main(arguments: list[str]) -> int:
    """Measure, print, and give the exit status; with `--copy FOLDER` be the child that makes the photographs."""
    if arguments[:1] == ["--copy"]:
        return _copy(Path(arguments[1]))
    photos = _photographs()
    peers = [sigal(), thumbsup()]
    taken: dict[str, list[float]] = {name: [] for name in ("PhotoSky", *(peer.name for peer in peers))}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            taken["PhotoSky"].append(_import(photos, Path(folder)))
        for peer in peers:
            with tempfile.TemporaryDirectory() as folder:
                taken[peer.name].append(_timed(peer.building(photos, Path(folder) / "pages"), Path(folder)))
    megabytes = sum(photo.stat().st_size for photo in photos.iterdir()) / 1e6
    print(
        f"{PHOTOS} photographs, {megabytes:.0f} MB, {os.cpu_count()} processors, medians of {ROUNDS} rounds\n"
    )
    sizes = {"PhotoSky": "5", peers[0].name: "2", peers[1].name: "3"}
    rows = [
        [name, sizes[name], f"{median(times):.1f}", f"{PHOTOS / median(times):.2f}"]
        for name, times in taken.items()
    ]
    print_table(["program", "sizes", "wall s", "photos/s"], rows)
    ours = median(taken["PhotoSky"])
    return judge(
        [Bar(f"time against {peer.name}", ours / median(taken[peer.name]), 1.0, "x") for peer in peers]
    )


def _import(photos: Path, folder: Path) -> float:
    """Import into a gallery that was made, and left, before the clock starts."""
    from tests.live_gallery import LiveGallery, running

    gallery = LiveGallery(folder)
    with running(gallery):
        pass
    environment = {"PHOTOSKY_DATA_DIR": str(folder)}
    command = [sys.executable, "manage.py", "import_photos", str(photos)]
    return _timed(command, Path(__file__).resolve().parent.parent, environment)


def _timed(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> float:
    start = time.perf_counter()
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, cwd=folder, env={**os.environ, **(environment or {})}
    )
    return time.perf_counter() - start


def _photographs() -> Path:
    kind = "real" if os.environ.get("PHOTOSKY_PHOTOS") else "drawn"
    folder = CACHE / kind
    if len(list(folder.glob("*.jpg"))) < PHOTOS:
        sample([sys.executable, "-m", "bench.imports", "--copy", str(folder)])
    return folder


def _copy(folder: Path) -> int:
    """Write PHOTOS files of a few camera pictures, each with another comment, so that no two are the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = _sources()
    for number in range(PHOTOS):
        data = sources[number % len(sources)].read_bytes()
        comment = f"photograph {number}".encode()
        # A comment segment right after the start of the image (JPEG, ITU-T T.81, B.2.4.5).
        marked = data[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + data[2:]
        (folder / f"IMG_{number:04}.jpg").write_bytes(marked)
    return 0


def _sources() -> list[Path]:
    import pyvips

    named = os.environ.get("PHOTOSKY_PHOTOS")
    if not named:
        return [drawn("drawn-24mp.jpg")]
    found = []
    for photo in sorted(Path(named).glob("*.jpg")):
        picture = pyvips.Image.new_from_file(str(photo))
        if picture.width * picture.height >= MIN_PIXELS:
            found.append(photo)
    if not found:
        raise SystemExit(
            f"no JPEG photograph of {MIN_PIXELS // 1_000_000} megapixels in {named}: unset PHOTOSKY_PHOTOS"
        )
    return found


if __name__ == "__main__":
    if shutil.which("node") is None:
        raise SystemExit("node is missing: install Node.js 20 or later to run this benchmark")
    sys.exit(main(sys.argv[1:]))
