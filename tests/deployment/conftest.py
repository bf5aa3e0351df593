"""The package as Lambda runs it: unpacked, under the real runtime client, on PostgreSQL and a real S3 server."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from photosky.deployment.gateway import Format, FrontEnd
from photosky.deployment.runtime_api import LocalFunction, unpack
from photosky.env import S3Settings
from tests.deployment import postgres
from tests.deployment.visitor import Visitor

OWNER, PASSWORD = "ada", "a-long-enough-passphrase"
PACKAGE, RUNTIME = "PHOTOSKY_PACKAGE", "PHOTOSKY_LAMBDA_PYTHON"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the package's tests in one process: they share what takes long to start."""
    for item in items:
        if "tests/deployment" in str(item.path):
            item.add_marker(pytest.mark.xdist_group("deployment"))


@pytest.fixture(scope="session")
def package() -> Path:
    """Return the zip that `make package-test` has built."""
    path = os.environ.get(PACKAGE)
    if not path:
        pytest.skip(f"{PACKAGE} names no package: `make package-test` builds one and runs these tests")
    return Path(path).resolve()


@pytest.fixture(scope="session")
def runtime(package: Path) -> list[str]:
    """Return the command of a Python of the function's version that has AWS's runtime client and nothing else."""
    python = os.environ.get(RUNTIME)
    if not python:
        pytest.skip(f"{RUNTIME} names no Python with awslambdaric: run these tests by `make package-test`")
    return [str(Path(python).absolute())]


@pytest.fixture(scope="session")
def task_root(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the package."""
    return unpack(package, tmp_path_factory.mktemp("task"))


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """Run PostgreSQL."""
    if postgres.binaries() is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed (Debian: apt install postgresql)")
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    with postgres.running() as url:
        yield url


@pytest.fixture(scope="session")
def variables(database_url: str, s3_settings: S3Settings) -> dict[str, str]:
    """Return the configuration of a deployed function, except that its bucket is the embedded server's."""
    return {
        "DATABASE_URL": database_url,
        "PHOTOSKY_SECRET_KEY": "only-for-the-package-test-" + "x" * 40,
        "PHOTOSKY_BUCKET": s3_settings.bucket,
        "PHOTOSKY_S3_REGION": s3_settings.region,
        "PHOTOSKY_S3_ENDPOINT": s3_settings.endpoint,
        "PHOTOSKY_S3_ACCESS_KEY": s3_settings.access_key,
        "PHOTOSKY_S3_SECRET_KEY": s3_settings.secret_key,
        "PHOTOSKY_CORS_ORIGINS": "https://app.example.org",
        "MALLOC_ARENA_MAX": "1",
        "VIPS_CONCURRENCY": "1",
    }


@pytest.fixture(scope="session")
def start(
    task_root: Path, runtime: list[str], variables: dict[str, str]
) -> Iterator[Callable[..., LocalFunction]]:
    """Return a function that starts a handler of the package with the stage's variables, some of them other."""
    with ExitStack() as running:

        def begin(handler: str, timeout_s: int = 29, **other: str) -> LocalFunction:
            merged = {**variables, **other}
            function = LocalFunction(task_root, handler, runtime, merged, timeout_s=timeout_s)
            return running.enter_context(function)

        yield begin


@pytest.fixture(scope="session")
def worker(start: Callable[..., LocalFunction]) -> LocalFunction:
    """Return the worker function; as in a deployment it is it that migrates the database and makes the owner."""
    function = start("photosky.lambda_worker.handler", timeout_s=300)
    function.invoke({"manage": "migrate --noinput"})
    function.invoke(
        {
            "manage": f"createsuperuser --noinput --username {OWNER} --email ada@example.org",
            "variables": {"DJANGO_SUPERUSER_PASSWORD": PASSWORD},
        }
    )
    return function


@pytest.fixture(scope="session")
def web(start: Callable[..., LocalFunction], worker: LocalFunction) -> LocalFunction:
    """Return the web function, in front of a database that has been migrated."""
    return start("photosky.lambda_web.handler")


@pytest.fixture(params=list(Format), ids=lambda kind: kind.value)
def front(request: pytest.FixtureRequest) -> FrontEnd:
    """Return each way in which a function is reached, at the address that AWS gives."""
    return FrontEnd(request.param)


@pytest.fixture
def visitor(web: LocalFunction, front: FrontEnd) -> Visitor:
    """Return somebody who has not signed in."""
    return Visitor(web, front)


@pytest.fixture
def owner(web: LocalFunction, worker: LocalFunction) -> Visitor:
    """Return the owner, signed in through the REST API's address."""
    visitor = Visitor(web)
    assert visitor.sign_in(OWNER, PASSWORD).status == 302
    return visitor


@pytest.fixture(autouse=True)
def _shown_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Print what the web function logged during the test: shown where the test fails."""
    yield
    if "web" in request.fixturenames:
        print(request.getfixturevalue("web").log_text()[-6000:])  # noqa: T201
