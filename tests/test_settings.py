"""Settings: typed, loud, closed where they are not set, and all of them documented."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from photosky.env import Environment

ROOT = Path(__file__).resolve().parent.parent
PUBLIC = {
    "PHOTOSKY_SECRET_KEY": "a-long-secret-for-this-test-" + "kT7zQ2mX9" * 4,
    "PHOTOSKY_SITE_URL": "https://photos.example.com",
    "PHOTOSKY_BUCKET": "photos-of-the-family",
    "DATABASE_URL": "postgresql://u:p@db.example.com/photos",
}


def manage(*arguments: str, tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a management command with these variables and no others of ours."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**inherited, "PHOTOSKY_DATA_DIR": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def variables_read() -> set[str]:
    """Return every name that the program's source asks the environment for."""
    kinds = {"text", "secret", "boolean", "integer", "choice", "words", "address"}
    calls = (
        node
        for folder in ("photosky", "gallery")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in kinds
        and node.args
    )
    names = (call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant))
    return {name for name in names if isinstance(name, str) and re.fullmatch(r"[A-Z][A-Z0-9_]+", name)}


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    documented = set(re.findall(r"^\| `([A-Z0-9_]+)`", (ROOT / "docs/settings.md").read_text(), re.MULTILINE))

    assert documented == variables_read()


def test_deployment_check_is_clean_for_a_public_site(tmp_path: Path) -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", tmp_path=tmp_path, **PUBLIC)

    assert done.returncode == 0, done.stderr


def test_missing_secret_is_named_with_its_remedy(tmp_path: Path) -> None:
    done = manage("check", tmp_path=tmp_path, **{**PUBLIC, "PHOTOSKY_SECRET_KEY": ""})

    assert done.returncode != 0
    assert "PHOTOSKY_SECRET_KEY is not set" in done.stderr
    assert "50 random characters" in done.stderr


def test_missing_bucket_is_named_with_its_remedy(tmp_path: Path) -> None:
    done = manage("check", tmp_path=tmp_path, **{**PUBLIC, "PHOTOSKY_BUCKET": ""})

    assert done.returncode != 0
    assert "PHOTOSKY_BUCKET is not set" in done.stderr


def test_sqlite_is_refused_on_lambda(tmp_path: Path) -> None:
    done = manage(
        "check",
        tmp_path=tmp_path,
        **{**PUBLIC, "DATABASE_URL": "", "AWS_LAMBDA_FUNCTION_NAME": "photosky-production"},
    )

    assert done.returncode != 0
    assert "SQLite cannot be used on Lambda" in done.stderr
    assert "postgresql://" in done.stderr


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"PHOTOSKY_LOCAL": "true", "AWS_LAMBDA_FUNCTION_NAME": "photosky"},
            "PHOTOSKY_LOCAL is true on Lambda",
        ),
        ({"PHOTOSKY_DEBUG": "true"}, "PHOTOSKY_DEBUG is true on a public site"),
        (
            {"PHOTOSKY_DEBUG": "true", "PHOTOSKY_LOCAL": "true", "AWS_LAMBDA_FUNCTION_NAME": "photosky"},
            "PHOTOSKY_DEBUG is true on a public site",
        ),
        ({"PHOTOSKY_SECRET_KEY": "x" * 49}, "PHOTOSKY_SECRET_KEY has 49 characters"),
    ],
)
def test_public_site_does_not_start_open(tmp_path: Path, variables: dict[str, str], said: str) -> None:
    done = manage("check", "--tag", "startup", tmp_path=tmp_path, **{**PUBLIC, **variables})

    assert done.returncode != 0
    assert said in done.stderr
    assert "HINT: " in done.stderr


def test_gallery_on_this_computer_starts_with_debugging_and_any_secret(tmp_path: Path) -> None:
    own = {"PHOTOSKY_LOCAL": "true", "PHOTOSKY_DEBUG": "true", "PHOTOSKY_SECRET_KEY": "short"}

    assert manage("check", "--tag", "startup", tmp_path=tmp_path, **{**PUBLIC, **own}).returncode == 0


def test_gallery_on_this_computer_collects_static_files_where_it_is_told(tmp_path: Path) -> None:
    own = {**PUBLIC, "PHOTOSKY_LOCAL": "true", "PHOTOSKY_STATIC_ROOT": str(tmp_path / "static")}

    collected = manage("collectstatic", "--no-input", tmp_path=tmp_path, **own)

    assert collected.returncode == 0, collected.stderr
    # By content and compressed, so that browsers keep them.
    assert list((tmp_path / "static" / "gallery" / "js").glob("app.*.js.gz"))


def test_unreachable_bucket_is_found_when_the_check_may_leave_the_process(tmp_path: Path) -> None:
    done = manage(
        "check", "--database", "default", tmp_path=tmp_path,
        **{**PUBLIC, "DATABASE_URL": "", "PHOTOSKY_S3_ENDPOINT": "http://127.0.0.1:9", "PHOTOSKY_S3_ACCESS_KEY": "a",
           "PHOTOSKY_S3_SECRET_KEY": "b"},
    )  # fmt: skip

    assert done.returncode != 0
    assert "127.0.0.1:9" in done.stderr


def test_application_does_not_start_without_a_secret(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import photosky.wsgi"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PHOTOSKY_DATA_DIR": str(tmp_path), "PHOTOSKY_BUCKET": "x"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert "PHOTOSKY_SECRET_KEY" in done.stderr


def test_what_a_public_site_counts_outlives_the_process(tmp_path: Path) -> None:
    public = {**PUBLIC, "DATABASE_URL": ""}
    count = "from django.core.cache import cache; print('counted', cache.get_or_set('guesses', 0), cache.incr('guesses'))"
    assert manage("migrate", "--skip-checks", tmp_path=tmp_path, **public).returncode == 0

    first, second = (
        manage("shell", "--no-imports", "-c", count, tmp_path=tmp_path, **public) for _ in range(2)
    )

    assert ("counted 0 1" in first.stdout, "counted 1 2" in second.stdout) == (True, True), second.stderr


def test_public_site_over_http_is_refused(tmp_path: Path) -> None:
    done = manage("check", tmp_path=tmp_path, **{**PUBLIC, "PHOTOSKY_SITE_URL": "http://photos.example.com"})

    assert done.returncode != 0
    assert "https" in done.stderr


def test_password_of_a_bad_database_address_is_not_repeated(tmp_path: Path) -> None:
    done = manage("check", tmp_path=tmp_path, **{**PUBLIC, "DATABASE_URL": "oracleish://u:hunter2@h/n"})

    assert done.returncode != 0
    assert "DATABASE_URL" in done.stderr
    assert "hunter2" not in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("value", ["yes", "1", "ture", "on"])
def test_switch_that_is_neither_true_nor_false_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="PHOTOSKY_DEBUG"):
        Environment({"PHOTOSKY_DEBUG": value}).boolean("PHOTOSKY_DEBUG")


@pytest.mark.parametrize("value", ["12k", "-1", "1.5"])
def test_number_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="whole number"):
        Environment({"N": value}).integer("N", 1)


def test_number_over_its_bound_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="at most 9"):
        Environment({"N": "10"}).integer("N", 1, most=9)
    assert Environment({"N": "9"}).integer("N", 1, most=9) == 9


def test_bin_cannot_be_kept_longer_than_the_calendar_reaches(tmp_path: Path) -> None:
    done = manage("check", "--tag", "startup", tmp_path=tmp_path, **PUBLIC, PHOTOSKY_BIN_DAYS="1000000")

    assert done.returncode != 0
    assert "PHOTOSKY_BIN_DAYS" in done.stderr
    assert "at most 36500" in done.stderr


def test_secret_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file\n")

    assert Environment({"S_FILE": str(tmp_path / "secret")}).secret("S") == "from the file"


def test_secret_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="both set"):
        Environment({"S": "a", "S_FILE": str(tmp_path)}).secret("S")


def test_secret_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="S_FILE"):
        Environment({"S_FILE": str(tmp_path / "absent")}).secret("S")
