"""`make deploy` and its sisters against moto: real Zappa commands, and the real package behind the functions they make."""

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest

from photosky.deployment.package import host_architecture
from photosky.deployment.stages import ROOT
from photosky.env import S3Settings
from tests.deployment import moto_aws
from tests.deployment.conftest import OWNER, PASSWORD
from tests.deployment.moto_aws import Aws

DEPLOY = "PHOTOSKY_DEPLOY_PYTHON"
WEB, WORKER = "photosky-production", "photosky-production-worker"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory, runtime: list[str]) -> Iterator[Aws]:
    with (
        pytest.MonkeyPatch.context() as patch,
        moto_aws.running(tmp_path_factory.mktemp("aws"), runtime, patch) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def database(database_url: str) -> str:
    """Return an empty database of its own."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE deployed")
    return database_url.rsplit("/", 1)[0] + "/deployed"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, s3_settings: S3Settings) -> Path:
    """Return a folder with zappa_settings.json as an owner would have filled it in, but for the bucket's endpoint."""
    folder = tmp_path_factory.mktemp("deployer")
    settings = json.loads((ROOT / "zappa_settings.json").read_text(encoding="utf-8"))
    settings["base"].update(
        aws_region=s3_settings.region, s3_bucket="packages-of-ada", architecture=host_architecture()
    )
    settings["base"]["aws_environment_variables"].update(
        PHOTOSKY_BUCKET=s3_settings.bucket,
        PHOTOSKY_S3_ENDPOINT=s3_settings.endpoint,
        PHOTOSKY_S3_ACCESS_KEY=s3_settings.access_key,
        PHOTOSKY_S3_SECRET_KEY=s3_settings.secret_key,
    )
    write(folder, settings)
    return folder


def write(folder: Path, settings: dict[str, Any]) -> None:
    (folder / "zappa_settings.json").write_text(json.dumps(settings), encoding="utf-8")


def read(folder: Path) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads((folder / "zappa_settings.json").read_text(encoding="utf-8"))
    return settings


@pytest.fixture(scope="module")
def run(aws: Aws, folder: Path) -> Run:
    """Return a function that runs a program as the deployer would, with the Python of `make deploy`."""
    python = os.environ.get(DEPLOY)
    if not python:
        pytest.skip(f"{DEPLOY} names no Python with Zappa: run these tests by `make package-test`")

    def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        variables = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT),
            **aws.environment(), **environment,
        }  # fmt: skip
        command = [str(Path(python).absolute()), *arguments]
        return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="module")
def act(run: Run, package: Path, folder: Path) -> Run:
    """Return a function that runs one of the deployment's acts with the package that was built."""

    def act(name: str, zip_path: Path = package, **environment: str) -> "subprocess.CompletedProcess[str]":
        return run(
            "-m", "photosky.deployment", name, "--zappa-settings", str(folder / "zappa_settings.json"),
            "--unclean", "--invoked", "--yes", "--package", str(zip_path), **environment,
        )  # fmt: skip

    return act


def client(aws: Aws, folder: Path, service: str) -> Any:
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=aws.endpoint,
        region_name=read(folder)["base"]["aws_region"],
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def code_of(aws: Aws, folder: Path, function: str) -> str:
    found = client(aws, folder, "lambda").get_function(FunctionName=function)
    return str(found["Configuration"]["CodeSha256"])


@pytest.fixture(scope="module")
def provisioned(run: Run, aws: Aws, folder: Path, database: str) -> None:
    """Make the account ready as docs/deploy.md says: provision, then the secrets."""
    done = provision(run)
    assert done.returncode == 0, done.stdout + done.stderr
    for name, value in {
        "DATABASE_URL": database,
        "PHOTOSKY_SECRET_KEY": "only-for-tests-" + "x" * 40,
    }.items():
        client(aws, folder, "ssm").put_parameter(
            Name=f"/photosky/production/{name}", Value=value, Type="SecureString"
        )


def provision(run: Run, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return run(
        str(ROOT / "manage.py"), "provision", "--stage", "production", *arguments,
        DJANGO_SETTINGS_MODULE="photosky.settings", PHOTOSKY_SECRET_KEY="x" * 50,
    )  # fmt: skip


def deploy(act: Run) -> "subprocess.CompletedProcess[str]":
    return act(
        "deploy",
        PHOTOSKY_FIRST_USER=OWNER,
        PHOTOSKY_FIRST_EMAIL="ada@example.org",
        PHOTOSKY_FIRST_PASSWORD=PASSWORD,
    )


@pytest.fixture
def deployed(act: Run, aws: Aws, folder: Path, provisioned: None) -> None:
    """See to it that the gallery is deployed; one deployment serves all tests that leave it as it was."""
    if not client(aws, folder, "lambda").list_functions()["Functions"]:
        done = deploy(act)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def changed(folder: Path, act: Run) -> Iterator[Callable[[str, str], None]]:
    """Return a function that sets a variable of both stages; settings and deployment are put back afterwards."""
    kept = read(folder)

    def change(name: str, value: str) -> None:
        settings = read(folder)
        settings["base"]["aws_environment_variables"][name] = value
        write(folder, settings)

    yield change
    write(folder, kept)
    # Zappa keeps variables that were set once: only a new function is without them.
    assert act("destroy").returncode == 0


def test_an_account_that_was_not_provisioned_is_left_alone(
    run: Run, aws: Aws, folder: Path, package: Path, tmp_path: Path
) -> None:
    settings = read(folder)
    settings["base"]["aws_environment_variables"]["PHOTOSKY_BUCKET"] = "photos-that-nobody-made"
    write(tmp_path, settings)

    done = run(
        "-m",
        "photosky.deployment",
        "deploy",
        "--zappa-settings",
        str(tmp_path / "zappa_settings.json"),
        "--unclean",
    )

    assert done.returncode == 1
    assert "make provision" in done.stderr


def test_without_credentials_nothing_is_begun(act: Run) -> None:
    done = act(
        "deploy", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="", AWS_ENDPOINT_URL="http://127.0.0.1:9"
    )

    assert done.returncode == 1
    assert "No AWS credentials" in done.stderr


def test_the_first_deployment_says_where_the_gallery_is(act: Run, provisioned: None) -> None:
    act("destroy")

    done = deploy(act)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "The gallery is at https://" in done.stdout
    assert ".execute-api.eu-central-1.amazonaws.com/production/" in done.stdout


def test_both_functions_have_the_settings_of_their_stage(deployed: None, aws: Aws, folder: Path) -> None:
    functions = client(aws, folder, "lambda")
    web = functions.get_function_configuration(FunctionName=WEB)
    worker = functions.get_function_configuration(FunctionName=WORKER)

    assert (web["Handler"], web["Timeout"], web["MemorySize"]) == ("photosky.lambda_web.handler", 29, 1024)
    assert (worker["Handler"], worker["Timeout"], worker["MemorySize"]) == (
        "photosky.lambda_worker.handler",
        300,
        2048,
    )
    assert web["Runtime"] == worker["Runtime"] == "python3.13"
    assert web["Role"] != worker["Role"]


def test_the_deployed_functions_may_do_nothing_on_everything(deployed: None, aws: Aws, folder: Path) -> None:
    iam = client(aws, folder, "iam")
    for function in (WEB, WORKER):
        role = (
            client(aws, folder, "lambda")
            .get_function_configuration(FunctionName=function)["Role"]
            .rsplit("/")[-1]
        )
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
        for name in names:
            for statement in iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"][
                "Statement"
            ]:
                actions = (
                    statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                )
                assert statement["Resource"] != "*", statement
                assert not [action for action in actions if action.endswith(":*")], statement


def test_the_owner_that_was_asked_for_can_sign_in(deployed: None, database: str) -> None:
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT username, is_superuser FROM gallery_user").fetchone()

    assert row == (OWNER, True)


def test_the_worker_ticks_by_schedule(deployed: None, aws: Aws, folder: Path) -> None:
    events = client(aws, folder, "events")
    rules = [rule for rule in events.list_rules()["Rules"] if rule["Name"].startswith(WORKER)]

    assert [rule["ScheduleExpression"] for rule in rules] == ["rate(15 minutes)"]


def test_provisioning_again_wires_the_queue_to_the_worker(
    deployed: None, run: Run, aws: Aws, folder: Path
) -> None:
    done = provision(run)
    mappings = client(aws, folder, "lambda").list_event_source_mappings(FunctionName=WORKER)[
        "EventSourceMappings"
    ]

    assert done.returncode == 0, done.stdout + done.stderr
    assert [mapping["FunctionResponseTypes"] for mapping in mappings] == [["ReportBatchItemFailures"]]


def test_zappa_knows_the_deployment(deployed: None, run: Run) -> None:
    done = run("-P", "-m", "zappa.cli", "status", "production", "--json")

    assert done.returncode == 0, done.stdout + done.stderr
    assert WEB in done.stdout


def test_zappa_can_run_a_management_command(deployed: None, run: Run) -> None:
    done = run("-P", "-m", "zappa.cli", "manage", "production_worker", "showmigrations gallery")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def newer(package: Path, tmp_path: Path) -> Path:
    """Return a package with other bytes."""
    copy = tmp_path / "newer.zip"
    shutil.copy(package, copy)
    with zipfile.ZipFile(copy, "a") as archive:
        archive.writestr("templates/newer.html", str(tmp_path))
    return copy


def test_an_update_goes_live_and_a_rollback_takes_it_back(
    deployed: None, act: Run, aws: Aws, folder: Path, newer: Path
) -> None:
    before = {name: code_of(aws, folder, name) for name in (WEB, WORKER)}

    updated = act("update", newer)
    between = {name: code_of(aws, folder, name) for name in (WEB, WORKER)}
    rolled_back = act("rollback")
    after = {name: code_of(aws, folder, name) for name in (WEB, WORKER)}

    assert updated.returncode == 0, updated.stdout + updated.stderr
    assert rolled_back.returncode == 0, rolled_back.stdout + rolled_back.stderr
    assert all(between[name] != before[name] for name in before)
    assert after == before


def test_the_site_may_be_told_the_gateways_own_address(
    deployed: None, act: Run, aws: Aws, folder: Path, changed: Callable[[str, str], None]
) -> None:
    found = client(aws, folder, "cloudformation").describe_stack_resource(
        StackName=WEB, LogicalResourceId="Api"
    )
    host = f"{found['StackResourceDetail']['PhysicalResourceId']}.execute-api.eu-central-1.amazonaws.com"
    changed("PHOTOSKY_SITE_URL", f"https://{host}")

    done = act("update")

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"The gallery is at https://{host}/production/" in done.stdout


def test_a_failed_smoke_test_puts_the_former_code_back_and_says_so(
    deployed: None,
    act: Run,
    aws: Aws,
    folder: Path,
    newer: Path,
    changed: Callable[[str, str], None],
) -> None:
    before = {name: code_of(aws, folder, name) for name in (WEB, WORKER)}
    changed("PHOTOSKY_ALLOWED_HOSTS", "elsewhere.example.org")

    done = act("update", newer)

    assert done.returncode == 1
    assert "does not work as it should: /healthz/ answered 400" in done.stderr
    assert "went back to the former version" in done.stderr
    assert {name: code_of(aws, folder, name) for name in (WEB, WORKER)} == before


def test_a_failed_migration_stops_before_the_web_function_is_touched(
    deployed: None,
    act: Run,
    aws: Aws,
    folder: Path,
    newer: Path,
    changed: Callable[[str, str], None],
) -> None:
    before = {name: code_of(aws, folder, name) for name in (WEB, WORKER)}
    versions = client(aws, folder, "lambda").list_versions_by_function(FunctionName=WEB)["Versions"]
    changed("DATABASE_URL", "postgresql://x:y@127.0.0.1:9/none")

    done = act("update", newer)

    assert done.returncode == 1
    assert "The migration failed" in done.stderr
    assert {name: code_of(aws, folder, name) for name in (WEB, WORKER)} == before
    assert client(aws, folder, "lambda").list_versions_by_function(FunctionName=WEB)["Versions"] == versions


def test_a_package_for_another_processor_is_refused_before_anything_is_sent(
    deployed: None, run: Run, aws: Aws, folder: Path, package: Path, tmp_path: Path
) -> None:
    settings = read(folder)
    other = {"x86_64": "arm64", "arm64": "x86_64"}[host_architecture()]
    settings["base"]["architecture"] = other
    write(tmp_path, settings)
    before = code_of(aws, folder, WEB)

    done = run(
        "-m", "photosky.deployment", "update", "--zappa-settings", str(tmp_path / "zappa_settings.json"),
        "--unclean", "--package", str(package),
    )  # fmt: skip

    assert done.returncode == 1
    assert f"is for another processor than {other}" in done.stderr
    assert code_of(aws, folder, WEB) == before


def test_destroying_leaves_the_photos(
    deployed: None, act: Run, aws: Aws, folder: Path, s3_settings: S3Settings
) -> None:
    done = act("destroy")

    assert done.returncode == 0, done.stdout + done.stderr
    assert client(aws, folder, "lambda").list_functions()["Functions"] == []
    assert s3_settings.bucket in [
        bucket["Name"] for bucket in client(aws, folder, "s3").list_buckets()["Buckets"]
    ]
