"""The stages of zappa_settings.json as the deployment needs them: a web stage and its worker, typed and checked."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from photosky.deployment.errors import DeploymentError
from photosky.provision.config import Function, read_config
from photosky.provision.errors import ProvisionError

ROOT = Path(__file__).resolve().parents[2]
SETTINGS_FILE = ROOT / "zappa_settings.json"
PLACEHOLDER = "CHANGE-ME"
ARCHITECTURES = ("arm64", "x86_64")


@dataclass(frozen=True)
class Stage:
    """One stage, which is one Lambda function, with the settings that Zappa itself would see."""

    name: str
    function: str
    role: str
    settings: dict[str, Any]

    @property
    def architecture(self) -> str:
        """Which processor the function runs on, as Lambda names it."""
        return str(self.settings.get("architecture", "x86_64"))

    @property
    def runtime(self) -> str:
        """The version of Python on which the function runs, such as 3.13."""
        return str(self.settings["runtime"]).removeprefix("python")

    @property
    def variables(self) -> dict[str, str]:
        """What is set in the function's configuration, for everybody with access to the account to read."""
        return dict(self.settings.get("aws_environment_variables", {}))


@dataclass(frozen=True)
class Deployment:
    """What is deployed together, from one settings file: the buckets are those of packages and of photos."""

    settings_file: Path
    web: Stage
    worker: Stage
    region: str
    package_bucket: str
    photo_bucket: str

    @property
    def stages(self) -> tuple[Stage, Stage]:
        """In the order in which they are deployed: the worker's new code migrates the database for the web's."""
        return self.worker, self.web


def read_deployment(name: str, settings_file: Path = SETTINGS_FILE) -> Deployment:
    """Read a stage and its worker; raises DeploymentError where something is missing or still the example's."""
    try:
        config = read_config(name, settings_file=settings_file)
    except ProvisionError as error:
        raise DeploymentError(str(error)) from error
    stages = json.loads(settings_file.read_text(encoding="utf-8"))
    web, worker = _stage(stages, config.web), _stage(stages, config.worker)
    deployment = Deployment(
        settings_file, web, worker, config.region, str(web.settings.get("s3_bucket", "")), config.bucket
    )
    _refuse_example(deployment)
    return deployment


def write_example(settings_file: Path, folder: Path) -> Path:
    """Write settings whose example names are filled in: to build and try a package that is not deployed."""
    folder.mkdir(parents=True, exist_ok=True)
    filled = settings_file.read_text(encoding="utf-8").replace(PLACEHOLDER, "example")
    path = folder / settings_file.name
    path.write_text(filled, encoding="utf-8")
    return path


def _stage(stages: dict[str, Any], function: Function) -> Stage:
    merged: dict[str, Any] = {}
    name: str | None = function.stage
    while name is not None:
        merged = {**stages[name], **merged}
        name = stages[name].get("extends")
    stage = Stage(function.stage, function.name, function.role_name, merged)
    if "runtime" not in merged or stage.architecture not in ARCHITECTURES:
        raise DeploymentError(
            f"Stage {stage.name}: set runtime to python3.13 (or 3.12, 3.14) and architecture to arm64 or x86_64."
        )
    return stage


def _refuse_example(deployment: Deployment) -> None:
    for setting, bucket in (
        ("s3_bucket", deployment.package_bucket),
        ("PHOTOSKY_BUCKET", deployment.photo_bucket),
    ):
        if not bucket or PLACEHOLDER in bucket:
            raise DeploymentError(
                f"{setting} of {deployment.settings_file} is {bucket!r}: choose a bucket name that nobody else uses."
            )
