"""The locked dependencies, as wheels for the processor and the Python of Lambda, whatever this computer is."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from photosky.deployment import archive
from photosky.deployment.errors import PackageError

# Amazon Linux 2023, below every Lambda runtime from Python 3.12 on, has glibc 2.34.
PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
# Published as source only; both are pure Python (pyvips finds its library through pyvips-binary's module).
SOURCE_ONLY = ("placebo", "pyvips")


def install(folder: Path, requirements: Path, architecture: str, python: str) -> Path:
    """Return the site-packages of a folder laid out as a virtual environment, made anew where the lock has changed.

    What is of no use on Lambda is left out here already, since Zappa packs whatever it finds.
    """
    site_packages = folder / "lib" / f"python{python}" / "site-packages"
    stamp = folder / "installed"
    wanted = hashlib.sha256(requirements.read_bytes() + f"{architecture} {python}".encode()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return site_packages
    shutil.rmtree(folder, ignore_errors=True)
    site_packages.mkdir(parents=True)
    _run_uv(site_packages, requirements, architecture, python)
    archive.prune(site_packages)
    stamp.write_text(wanted, encoding="utf-8")
    return site_packages


def _run_uv(site_packages: Path, requirements: Path, architecture: str, python: str) -> None:
    command = [
        uv(), "pip", "install", "--quiet", "--require-hashes", "--requirement", str(requirements),
        "--target", str(site_packages), "--python-version", python, "--python-platform", PLATFORMS[architecture],
        "--no-compile-bytecode", "--only-binary", ":all:",
        *(f"--no-binary={name}" for name in SOURCE_ONLY),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageError(f"The dependencies for {architecture} cannot be installed:\n{done.stderr.strip()}")


def uv() -> str:
    """Return the path of uv: that of the variable UV, or the one on PATH."""
    found = shutil.which(os.environ.get("UV") or "uv")
    if found is None:
        raise PackageError("uv is not found: run this by `make`, or name uv in the variable UV.")
    return found
