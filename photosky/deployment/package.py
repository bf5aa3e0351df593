"""Builds a stage's package by `zappa package`, from the tracked program and the locked dependencies alone."""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from photosky.deployment import archive, dependencies, inspection
from photosky.deployment.errors import PackageError
from photosky.deployment.stages import ROOT, Deployment, Stage

BUILD = ROOT / "build" / "lambda"
REQUIREMENTS = ROOT / "requirements" / "deploy.txt"
# All of the program that Lambda needs. A list of what is wanted forgets loudly; one of what is not leaks quietly.
PROGRAM = ("manage.py", "gallery", "photosky", "templates", "bench/results/costs.json")
POLICIES = ("attach_policy", "assume_policy")
NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "deployment")
# Amazon Linux 2, below Lambda's older runtimes, has glibc 2.26: today's wheels of Pillow need 2.27.
OLDEST = (3, 12)


class ZappaCLI(Protocol):
    """The part of Zappa's command line object that a callback gets to see."""

    zip_path: str


def host_architecture() -> str:
    """Return this computer's processor as Lambda names it."""
    return {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")


def check_python(stage: Stage) -> None:
    """Refuse to build with another Python than the function's: bytecode is of one version only."""
    running = "{}.{}".format(*sys.version_info[:2])
    if tuple(int(part) for part in stage.runtime.split(".")) < OLDEST:
        raise PackageError(
            f"Stage {stage.name} asks for Python {stage.runtime}: its Lambda image is too old for today's wheels. "
            "Set runtime to python3.13."
        )
    if running != stage.runtime:
        raise PackageError(
            f"This is Python {running}, and stage {stage.name} runs on {stage.runtime}: "
            f"use `make DEPLOY_PYTHON=python{stage.runtime}`."
        )


def build(deployment: Deployment, architecture: str = "", output: Path | None = None) -> Path:
    """Build, finish and inspect the one package of both functions; returns the zip.

    The worker ignores the stage that Zappa writes into it. The same tree gives the same bytes.
    """
    stage = deployment.web
    check_python(stage)
    architecture = architecture or stage.architecture
    folder = BUILD / architecture
    environment = folder / "photosky-site"
    dependencies.install(environment, REQUIREMENTS, architecture, stage.runtime)
    program = folder / "program"
    _copy_program(program)
    collect_static(program)
    _write_settings(deployment, program, architecture)
    name = f"photosky-{architecture}.zip"
    run_zappa(["package", stage.name, "--output", name], program, VIRTUAL_ENV=str(environment))
    built = (output or BUILD / name).resolve()
    built.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(program / name, built)
    return built


def finish(cli: ZappaCLI) -> None:
    """Zappa's callback between packing and sending: whoever runs Zappa, what it sends is finished and inspected."""
    path = Path(cli.zip_path)
    archive.finish(path)
    settings = json.loads(Path("zappa_settings.json").read_text(encoding="utf-8"))
    architecture = next(stage["architecture"] for stage in settings.values() if "architecture" in stage)
    sys.stdout.write(f"Package: {inspection.inspect(path, architecture)}\n")


def _copy_program(program: Path) -> None:
    shutil.rmtree(program, ignore_errors=True)
    program.mkdir(parents=True)
    for name in PROGRAM:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, program / name, ignore=NOT_COPIED)
        else:
            (program / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, program / name)


def collect_static(program: Path) -> None:
    """Collect the static files of a copy of the program, under names that hold their content's hash."""
    environment = {
        **_clean_environment(),
        "DJANGO_SETTINGS_MODULE": "photosky.settings",
        # Collecting signs nothing; the setting must only not be empty.
        "PHOTOSKY_SECRET_KEY": "collectstatic",
        "PHOTOSKY_LOCAL": "false",
    }
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0", "--skip-checks"]
    done = subprocess.run(command, cwd=program, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageError(f"The static files cannot be collected:\n{done.stderr.strip()}")


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PHOTOSKY_")}


def _write_settings(deployment: Deployment, program: Path, architecture: str) -> None:
    """Put Zappa's settings beside the program, for the processor that is built for; policy files stay where they are."""
    settings: dict[str, dict[str, Any]] = json.loads(deployment.settings_file.read_text(encoding="utf-8"))
    for stage in settings.values():
        if "architecture" in stage or "extends" not in stage:
            stage["architecture"] = architecture
        for policy in POLICIES:
            if policy in stage:
                stage[policy] = str(deployment.settings_file.parent / stage[policy])
                if not Path(stage[policy]).exists():
                    # Packing needs no policy; Zappa reads the file all the same.
                    del stage[policy]
    (program / "zappa_settings.json").write_text(json.dumps(settings, indent=2), encoding="utf-8")


def run_zappa(
    arguments: list[str],
    folder: Path,
    *,
    write: Callable[[str], object] = sys.stdout.write,
    **environment: str,
) -> str:
    """Run a Zappa command in a folder and return what it wrote; raises DeploymentError with it where Zappa fails."""
    # -P: the folder's copy of the program has no deployment in it, and would hide ours from Zappa's callback.
    command = [sys.executable, "-P", "-m", "zappa.cli", *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    write(done.stdout)
    if done.returncode or "Traceback (most recent call last)" in done.stdout:
        raise PackageError(f"`zappa {' '.join(arguments)}` failed:\n{done.stdout.strip()[-2000:]}")
    return done.stdout
