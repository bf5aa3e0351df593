"""What must be true of a package before it is sent: its size, what is in it, what is not, its bytecode, its machine."""

import importlib.util
import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from photosky.deployment.archive import is_unwanted
from photosky.deployment.errors import PackageError

MIB = 1024 * 1024
# Ours. Lambda's own limit is 250 MB.
MAX_UNZIPPED = 160 * MIB
# Lambda's limit for a zip that is sent directly, which is how `zappa rollback` sends one.
MAX_ZIPPED = 50 * MIB
# System V ABI, e_machine, at byte 18 of an ELF file.
ELF_MACHINES = {"x86_64": 62, "arm64": 183}
ENTRY_POINTS = ("photosky/lambda_web.py", "photosky/lambda_worker.py", "zappa_settings.py", "manage.py")
OURS = ("photosky", "gallery", "templates", "staticfiles")
OUR_FILES = ("zappa_settings.py", "manage.py", "__init__.py")
# Their values may be in the building environment; they must not be in the package.
SECRETS = (
    "DATABASE_URL",
    "PHOTOSKY_SECRET_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "PHOTOSKY_S3_SECRET_KEY",
)
SECRET_FILES = re.compile(
    r"(^|/)(\.env.*|.*\.sqlite3|id_(rsa|ed25519)|.*\.(key|p12|pfx)|local\.json|credentials)$"
)
SECRET_TEXT = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(AKIA|ASIA)[0-9A-Z]{16}\b")
# PEP 552: bit 0 says that a hash stands in place of the time, bit 1 that it is to be compared.
UNCHECKED_HASH = (1).to_bytes(4, "little")


@dataclass(frozen=True)
class Summary:
    """What `inspect` found in a package that is fit."""

    files: int
    zipped: int
    unzipped: int
    libraries: int

    def __str__(self) -> str:
        return (
            f"{self.files} files, {self.zipped / MIB:.1f} MiB zipped, {self.unzipped / MIB:.1f} MiB unzipped, "
            f"{self.libraries} compiled libraries"
        )


def inspect(path: Path, architecture: str, environment: Mapping[str, str] = os.environ) -> Summary:
    """Examine a zip for the Python that runs this; raises PackageError with every fault that was found."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        unzipped = sum(entry.file_size for entry in entries)
        faults = [
            *_size_faults(path.stat().st_size, unzipped),
            *(f"{name} is missing" for name in ENTRY_POINTS if name not in archive.namelist()),
            *_entry_faults(archive, architecture, _secrets(environment)),
        ]
    if faults:
        raise PackageError(f"{path.name} is not fit to be deployed:\n  " + "\n  ".join(faults[:20]))
    libraries = sum(".so" in PurePosixPath(entry.filename).suffixes for entry in entries)
    return Summary(len(entries), path.stat().st_size, unzipped, libraries)


def _size_faults(zipped: int, unzipped: int) -> Iterator[str]:
    if unzipped > MAX_UNZIPPED:
        yield f"it unpacks to {unzipped / MIB:.0f} MiB, at most {MAX_UNZIPPED // MIB} are allowed"
    if zipped > MAX_ZIPPED:
        yield f"it has {zipped / MIB:.0f} MiB, and `zappa rollback` can send back no more than {MAX_ZIPPED // MIB}"


def _secrets(environment: Mapping[str, str]) -> list[bytes]:
    return [value.encode() for name in SECRETS if len(value := environment.get(name, "")) >= 8]


def _entry_faults(archive: zipfile.ZipFile, architecture: str, secrets: list[bytes]) -> Iterator[str]:
    names = set(archive.namelist())
    for name in sorted(names):
        path = PurePosixPath(name)
        if path.suffix == ".pyc":
            yield from _bytecode_faults(archive, name)
            continue
        if is_unwanted(path) or SECRET_FILES.search(name):
            yield f"{name} does not belong into a package"
        if path.suffix == ".py" and _is_ours(path) and _bytecode_name(path) not in names:
            yield f"{name} has no bytecode"
        if ".so" in path.suffixes:
            yield from _library_faults(archive, name, architecture)
        elif _is_ours(path):
            yield from _secret_faults(name, archive.read(name), secrets)


def _is_ours(path: PurePosixPath) -> bool:
    return path.parts[0] in OURS or str(path) in OUR_FILES


def _bytecode_name(path: PurePosixPath) -> str:
    return importlib.util.cache_from_source(str(path))


def _bytecode_faults(archive: zipfile.ZipFile, name: str) -> Iterator[str]:
    with archive.open(name) as file:
        magic, flags = file.read(4), file.read(4)
    if magic != importlib.util.MAGIC_NUMBER:
        yield f"{name} is of another Python"
    elif flags != UNCHECKED_HASH:
        yield f"{name} is stale on Lambda: it compares its source's time, which the package does not keep"


def _library_faults(archive: zipfile.ZipFile, name: str, architecture: str) -> Iterator[str]:
    with archive.open(name) as file:
        header = file.read(20)
    if header[:4] != b"\x7fELF":
        yield f"{name} is no ELF library"
    elif int.from_bytes(header[18:20], "little") != ELF_MACHINES[architecture]:
        yield f"{name} is for another processor than {architecture}"


def _secret_faults(name: str, data: bytes, secrets: list[bytes]) -> Iterator[str]:
    if SECRET_TEXT.search(data) or any(secret in data for secret in secrets):
        yield f"{name} holds a secret"
