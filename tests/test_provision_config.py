"""What is to be provisioned is read from Zappa's settings and the environment; what is wrong is named with its remedy."""

import json
from pathlib import Path
from typing import Any

import pytest
from slugify import slugify

from photosky.provision.config import read_config
from photosky.provision.errors import ProvisionError

STAGES: dict[str, Any] = {
    "base": {
        "project_name": "photosky",
        "aws_region": "eu-central-1",
        "aws_environment_variables": {"PHOTOSKY_BUCKET": "photosky-photos-alice"},
    },
    "production": {"extends": "base", "timeout_seconds": 29},
    "production_worker": {"extends": "base", "timeout_seconds": 300},
}


def written(folder: Path, **changed: Any) -> Path:
    path = folder / "zappa_settings.json"
    path.write_text(json.dumps({**STAGES, **changed}), encoding="utf-8")
    return path


def base(**changed: Any) -> dict[str, Any]:
    return {**STAGES["base"], **changed}


def variables(**changed: str) -> dict[str, Any]:
    return base(aws_environment_variables={"PHOTOSKY_BUCKET": "photosky-photos-alice", **changed})


def test_functions_and_roles_are_named_as_zappa_names_them(tmp_path: Path) -> None:
    config = read_config("production", settings_file=written(tmp_path), environment={})
    assert [function.name for function in config.functions] == [
        "photosky-production",
        "photosky-production-worker",
    ]
    assert config.worker.role_name == "photosky-production-worker-ZappaLambdaExecutionRole"
    assert (config.web.timeout_s, config.worker.timeout_s) == (29, 300)


def test_what_the_stage_says_wins_over_the_environment(tmp_path: Path) -> None:
    environment = {"PHOTOSKY_BUCKET": "photosky-photos-bob", "PHOTOSKY_BUDGET_USD": "3"}
    config = read_config("production", settings_file=written(tmp_path), environment=environment)
    assert (config.bucket, config.budget_usd) == ("photosky-photos-alice", 3)


def test_the_origin_of_the_site_is_its_address_without_a_path(tmp_path: Path) -> None:
    site = variables(PHOTOSKY_SITE_URL="https://abc.execute-api.eu-central-1.amazonaws.com/production/")
    config = read_config("production", settings_file=written(tmp_path, base=site), environment={})
    assert config.origins == ("https://abc.execute-api.eu-central-1.amazonaws.com",)


def test_the_bucket_of_a_gallery_on_this_computer_is_not_taken_for_one_on_aws(tmp_path: Path) -> None:
    environment = {"PHOTOSKY_BUCKET": "photosky", "PHOTOSKY_S3_ENDPOINT": "http://127.0.0.1:8333"}
    path = written(tmp_path, base=base(aws_environment_variables={}))
    with pytest.raises(ProvisionError, match="PHOTOSKY_BUCKET is ''"):
        read_config("production", settings_file=path, environment=environment)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"production_worker": None}, "has no stage 'production_worker'"),
        ({"base": {"extends": "production"}}, "extends itself"),
        ({"base": base(project_name="")}, "has no project_name"),
        ({"base": base(aws_region="")}, "set aws_region"),
        ({"base": base(s3_bucket="photosky-photos-alice")}, "need separate buckets"),
        ({"base": variables(PHOTOSKY_BUCKET="CHANGE-ME")}, "PHOTOSKY_BUCKET is 'CHANGE-ME'"),
        ({"base": variables(PHOTOSKY_BUCKET="photos.example.com")}, "lower-case letters, digits and hyphens"),
        ({"base": variables(PHOTOSKY_S3_REGION="us-east-1")}, "Set both to the same region"),
        ({"base": variables(PHOTOSKY_SITE_URL="photos.example.com")}, "PHOTOSKY_SITE_URL is"),
        ({"base": variables(PHOTOSKY_ALARM_EMAIL="alice")}, "PHOTOSKY_ALARM_EMAIL is 'alice'"),
        ({"base": variables(PHOTOSKY_BUDGET_USD="ten")}, "PHOTOSKY_BUDGET_USD is 'ten'"),
        ({"base": variables(PHOTOSKY_LOG_DAYS="31")}, "PHOTOSKY_LOG_DAYS is '31'"),
        ({"base": variables(PHOTOSKY_WORKER_CONCURRENCY="1")}, "Lambda takes 2 to 1000"),
        ({"base": variables(PHOTOSKY_CDN_DISTRIBUTION_ARN="E1")}, "PHOTOSKY_CDN_DISTRIBUTION_ARN is 'E1'"),
        ({"base": variables(PHOTOSKY_PARAMETERS="photosky")}, "PHOTOSKY_PARAMETERS is 'photosky'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ProvisionError, match=said):
        read_config("production", settings_file=written(tmp_path, **changed), environment={})


def test_a_settings_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProvisionError, match=r"none\.json cannot be read.*project's folder"):
        read_config("production", settings_file=tmp_path / "none.json", environment={})


def test_a_settings_file_that_is_not_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "zappa_settings.json"
    path.write_text("production:", encoding="utf-8")
    with pytest.raises(ProvisionError, match="is not JSON"):
        read_config("production", settings_file=path, environment={})


@pytest.mark.parametrize("project", ["photosky", "My.Photos", "photo_sky--2"])
def test_a_functions_name_is_the_one_that_zappas_own_slug_gives(tmp_path: Path, project: str) -> None:
    config = read_config(
        "production", settings_file=written(tmp_path, base=base(project_name=project)), environment={}
    )
    assert config.worker.name == slugify(f"{project}-production_worker")
