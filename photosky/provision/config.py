"""What is to be provisioned for one stage: read from zappa_settings.json and the environment, typed and checked."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from photosky.env import Environment
from photosky.provision.errors import ProvisionError

SETTINGS_FILE = Path("zappa_settings.json")
# S3 general purpose bucket naming rules; without dots, whose names fail TLS's wildcard certificate.
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# Lambda's own limits of ScalingConfig.MaximumConcurrency.
CONCURRENCY = range(2, 1001)
# CloudWatch Logs accepts these numbers of days only (PutRetentionPolicy).
LOG_DAYS = ("1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731")


@dataclass(frozen=True)
class Function:
    """A Lambda function as Zappa deploys it from a stage."""

    stage: str
    name: str
    role_name: str
    timeout_s: int
    attach_policy: Path | None
    assume_policy: Path | None


@dataclass(frozen=True)
class ProvisionConfig:
    """Everything that the owner may decide about a stage's part of the account."""

    stage: str
    name: str
    region: str
    bucket: str
    origins: tuple[str, ...]
    web: Function
    worker: Function
    parameters: str = ""
    alarm_email: str = ""
    budget_usd: int = 10
    log_days: int = 30
    old_versions_days: int = 30
    incoming_days: int = 2
    worker_concurrency: int = 5
    cdn_distribution: str = ""
    seed_cors: bool = False
    queue_url: str = ""
    dsql: bool = False
    database_hosts: tuple[str, ...] = ()

    @property
    def functions(self) -> tuple[Function, Function]:
        """The web function and the worker."""
        return self.web, self.worker


def read_config(
    stage: str,
    *,
    settings_file: Path = SETTINGS_FILE,
    environment: Mapping[str, str] = os.environ,
    seed_cors: bool = False,
) -> ProvisionConfig:
    """Read a stage and its worker from Zappa's settings; what they do not say is looked up in the environment.

    The stage's own variables win, since they are what the deployed program will see.
    """
    stages = _stages(settings_file)
    merged = _stage(stages, stage, settings_file)
    try:
        return _config(stage, stages, merged, settings_file, environment, seed_cors=seed_cors)
    except ImproperlyConfigured as error:
        raise ProvisionError(str(error)) from error


def _config(
    stage: str,
    stages: dict[str, Any],
    merged: dict[str, Any],
    settings_file: Path,
    environment: Mapping[str, str],
    *,
    seed_cors: bool,
) -> ProvisionConfig:
    env = Environment({**_for_aws(environment), **_variables(merged)})
    worker_stage = f"{stage}_worker"
    web = _function(stage, merged, settings_file)
    worker = _function(worker_stage, _stage(stages, worker_stage, settings_file), settings_file)
    return ProvisionConfig(
        stage=stage,
        name=web.name,
        region=_region(merged, env, settings_file),
        bucket=_bucket(env, merged, settings_file),
        origins=_origins(env),
        web=web,
        worker=worker,
        parameters=_parameters(env),
        alarm_email=_email(env),
        budget_usd=env.integer("PHOTOSKY_BUDGET_USD", 10, least=1),
        log_days=int(env.choice("PHOTOSKY_LOG_DAYS", "30", LOG_DAYS)),
        old_versions_days=env.integer("PHOTOSKY_OLD_VERSIONS_DAYS", 30, least=1),
        worker_concurrency=_concurrency(env),
        cdn_distribution=_distribution(env),
        seed_cors=seed_cors,
        queue_url=env.address("PHOTOSKY_QUEUE_URL"),
        dsql=env.boolean("PHOTOSKY_DSQL"),
        database_hosts=_database_hosts(env),
    )


def _stages(settings_file: Path) -> dict[str, Any]:
    try:
        stages = json.loads(settings_file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProvisionError(
            f"{settings_file} cannot be read: {error}. Run this in the project's folder."
        ) from error
    except ValueError as error:
        raise ProvisionError(f"{settings_file} is not JSON: {error}. Correct it.") from error
    if not isinstance(stages, dict):
        raise ProvisionError(
            f"{settings_file} does not hold stages by name: write an object, as Zappa's guide shows."
        )
    return stages


def _stage(stages: dict[str, Any], stage: str, settings_file: Path) -> dict[str, Any]:
    """Return a stage with what it extends, nearest first, as Zappa merges them (whole values, not inside them)."""
    merged: dict[str, Any] = {}
    seen: list[str] = []
    name: str | None = stage
    while name is not None:
        if name in seen:
            raise ProvisionError(
                f"Stage {stage!r} of {settings_file} extends itself ({' -> '.join(seen)}): break the circle."
            )
        if not isinstance(stages.get(name), dict):
            known = ", ".join(sorted(stages)) or "none"
            raise ProvisionError(
                f"{settings_file} has no stage {name!r} (it has {known}): name another or add it."
            )
        seen.append(name)
        merged = {**stages[name], **merged}
        name = stages[name].get("extends")
    return merged


def _for_aws(environment: Mapping[str, str]) -> dict[str, str]:
    """Leave out the bucket of a gallery on this computer, which has the S3 server's address beside it."""
    local = bool(environment.get("PHOTOSKY_S3_ENDPOINT"))
    return {name: value for name, value in environment.items() if not (local and name == "PHOTOSKY_BUCKET")}


def _variables(stage: dict[str, Any]) -> dict[str, str]:
    return {
        **stage.get("environment_variables", {}),
        **stage.get("aws_environment_variables", {}),
    }


def _function(stage: str, merged: dict[str, Any], settings_file: Path) -> Function:
    project = merged.get("project_name")
    if not project:
        raise ProvisionError(
            f"Stage {stage!r} of {settings_file} has no project_name: add one, such as photosky."
        )
    # Zappa forms the name with python-slugify; of the characters that it lets through only these need replacing.
    name = re.sub(r"[^a-z0-9]+", "-", f"{project}-{stage}".lower()).strip("-")
    policy, trust = merged.get("attach_policy"), merged.get("assume_policy")
    return Function(
        stage=stage,
        name=name,
        role_name=merged.get("role_name", f"{name}-ZappaLambdaExecutionRole"),
        timeout_s=int(merged.get("timeout_seconds", 30)),
        attach_policy=settings_file.parent / policy if policy else None,
        assume_policy=settings_file.parent / trust if trust else None,
    )


def _region(merged: dict[str, Any], env: Environment, settings_file: Path) -> str:
    deployed = merged.get("aws_region") or env.text("AWS_REGION") or env.text("AWS_DEFAULT_REGION")
    if not deployed:
        raise ProvisionError(f"No region: set aws_region in {settings_file}, such as eu-central-1.")
    photos = env.text("PHOTOSKY_S3_REGION", deployed)
    if photos != deployed:
        raise ProvisionError(
            f"PHOTOSKY_S3_REGION is {photos} but the functions are deployed to {deployed}: S3 can only tell a queue of its"
            " own region. Set both to the same region."
        )
    return str(deployed)


def _bucket(env: Environment, merged: dict[str, Any], settings_file: Path) -> str:
    bucket = env.text("PHOTOSKY_BUCKET")
    if not BUCKET_NAME.fullmatch(bucket):
        raise ProvisionError(
            f"PHOTOSKY_BUCKET is {bucket!r}: set it, in the stage's aws_environment_variables of {settings_file}, to a name of"
            " 3 to 63 lower-case letters, digits and hyphens that nobody else uses, such as photosky-photos-YOURNAME."
        )
    if bucket == merged.get("s3_bucket"):
        raise ProvisionError(
            f"PHOTOSKY_BUCKET and Zappa's s3_bucket are both {bucket!r}: packages and photos need separate buckets."
        )
    return bucket


def _origins(env: Environment) -> tuple[str, ...]:
    site = urlsplit(env.address("PHOTOSKY_SITE_URL"))
    return (f"{site.scheme}://{site.netloc}",) if site.netloc else ()


def _parameters(env: Environment) -> str:
    path = env.text("PHOTOSKY_PARAMETERS")
    if path and not re.fullmatch(r"(/[A-Za-z0-9_.-]+)+/?", path):
        raise ProvisionError(
            f"PHOTOSKY_PARAMETERS is {path!r}: set it to a path such as /photosky/production/, or to nothing."
        )
    return path


def _database_hosts(env: Environment) -> tuple[str, ...]:
    """Return the host in DATABASE_URL, where the stage says it and not a parameter."""
    host = urlsplit(env.secret("DATABASE_URL")).hostname
    return (host,) if host else ()


def _email(env: Environment) -> str:
    email = env.text("PHOTOSKY_ALARM_EMAIL")
    if email and not EMAIL.fullmatch(email):
        raise ProvisionError(
            f"PHOTOSKY_ALARM_EMAIL is {email!r}: set it to an e-mail address, or to nothing."
        )
    return email


def _concurrency(env: Environment) -> int:
    value = env.integer("PHOTOSKY_WORKER_CONCURRENCY", 5)
    if value not in CONCURRENCY:
        raise ProvisionError(
            f"PHOTOSKY_WORKER_CONCURRENCY is {value}: Lambda takes {CONCURRENCY[0]} to {CONCURRENCY[-1]}."
        )
    return value


def _distribution(env: Environment) -> str:
    arn = env.text("PHOTOSKY_CDN_DISTRIBUTION_ARN")
    if arn and not re.fullmatch(r"arn:aws[a-z-]*:cloudfront::\d{12}:distribution/[A-Z0-9]+", arn):
        raise ProvisionError(
            f"PHOTOSKY_CDN_DISTRIBUTION_ARN is {arn!r}: set it to arn:aws:cloudfront::ACCOUNT:distribution/ID, or to nothing."
        )
    return arn
