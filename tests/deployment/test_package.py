"""What the package is: bytecode that is valid on Lambda, nothing that does not belong, every fault named."""

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from photosky import settings
from photosky.deployment import archive, dependencies, inspection
from photosky.deployment.errors import PackageError
from photosky.deployment.package import REQUIREMENTS, host_architecture
from photosky.deployment.runtime_api import unpack

ELF = {"x86_64": 62, "arm64": 183}
PROGRAM = {
    "manage.py": "",
    "zappa_settings.py": "DEBUG = False\n",
    "photosky/__init__.py": "",
    "photosky/lambda_web.py": "ANSWER = 1\n",
    "photosky/lambda_worker.py": "",
    "gallery/__init__.py": "",
}


def elf(architecture: str) -> bytes:
    return b"\x7fELF" + b"\0" * 14 + ELF[architecture].to_bytes(2, "little") + b"\0" * 40


def make_zip(path: Path, **more: str | bytes) -> Path:
    """Write a zip as Zappa leaves it; names in `more` have __ for / and _dot_ for a dot."""
    named = {name.replace("__", "/").replace("_dot_", "."): text for name, text in more.items()}
    with zipfile.ZipFile(path, "w") as zipped:
        for name, text in {**PROGRAM, **named}.items():
            zipped.writestr(zipfile.ZipInfo(name, archive.EPOCH), text)
    return path


@pytest.fixture
def fit(tmp_path: Path) -> Path:
    """Return a package that is fit."""
    path = make_zip(tmp_path / "fit.zip", lib_dot_so=elf("x86_64"))
    archive.finish(path)
    return path


def add(path: Path, name: str, data: bytes) -> None:
    with zipfile.ZipFile(path, "a") as zipped:
        zipped.writestr(name, data)


def test_a_finished_package_is_fit(fit: Path) -> None:
    assert inspection.inspect(fit, "x86_64", {}).libraries == 1


def test_bytecode_is_taken_though_the_sources_time_is_another(fit: Path, tmp_path: Path) -> None:
    root = unpack(fit, tmp_path / "task")
    (root / "photosky" / "lambda_web.py").write_text("ANSWER = 2\n", encoding="utf-8")
    command = [sys.executable, "-c", "from photosky.lambda_web import ANSWER; print(ANSWER)"]

    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]}
    )

    assert done.stdout == "1\n"


def test_finishing_the_same_program_twice_gives_the_same_bytes(fit: Path, tmp_path: Path) -> None:
    again = make_zip(tmp_path / "again.zip", lib_dot_so=elf("x86_64"))

    archive.finish(again)

    assert again.read_bytes() == fit.read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "handler.py",
        "package_info.json",
        "photosky/deployment/package.py",
        "allauth/tests/test_login.py",
        "django/conf/locale/fr/formats.py",
        "gallery/locale/de/LC_MESSAGES/django.po",
        "botocore/data/ec2/2016-11-15/service-2.json.gz",
        "django/contrib/admin/static/admin/css/base.css",
        "troposphere/s3.py",
        ".git/config",
        "gallery/.env",
        "gallery/static/vendor/leaflet/leaflet.js",
    ],
)
def test_what_never_runs_on_lambda_is_left_out(tmp_path: Path, name: str) -> None:
    path = make_zip(tmp_path / "package.zip")
    add(path, name, b"")

    archive.finish(path)

    assert name not in zipfile.ZipFile(path).namelist()


@pytest.mark.parametrize(
    "name",
    [
        "botocore/data/s3/2006-03-01/service-2.json.gz",
        "botocore/data/endpoints.json",
        "django/conf/locale/en_GB/formats.py",
        "gallery/locale/de/LC_MESSAGES/django.mo",
        "allauth/locale/de/LC_MESSAGES/django.mo",
        "django/conf/locale/__init__.py",
        "staticfiles/staticfiles.json",
        "gallery/static/gallery/icons.svg",
        "gallery/static/gallery/js/service-worker.js",
        "rest_framework/test.py",
    ],
)
def test_what_runs_is_kept(tmp_path: Path, name: str) -> None:
    path = make_zip(tmp_path / "package.zip")
    add(path, name, b"")

    archive.finish(path)

    assert name in zipfile.ZipFile(path).namelist()


@pytest.mark.parametrize(
    ("name", "data", "fault"),
    [
        ("tests/test_it.py", b"", "does not belong"),
        ("gallery/local.json", b"{}", "does not belong"),
        ("photos.sqlite3", b"", "does not belong"),
        ("other.so", elf("arm64"), "another processor than x86_64"),
        ("broken.so.1", b"MZ", "no ELF library"),
        ("gallery/late.py", b"", "has no bytecode"),
        ("gallery/keys.txt", b"AKIAIOSFODNN7EXAMPLE", "holds a secret"),
        ("gallery/tls.txt", b"-----BEGIN RSA PRIVATE KEY-----", "holds a secret"),
        ("templates/x.html", b"the-secret-of-this-computer", "holds a secret"),
    ],
)
def test_a_fault_is_named_with_its_file(fit: Path, name: str, data: bytes, fault: str) -> None:
    add(fit, name, data)

    with pytest.raises(PackageError, match=fault) as refused:
        inspection.inspect(fit, "x86_64", {"PHOTOSKY_SECRET_KEY": "the-secret-of-this-computer"})

    assert name in str(refused.value)


def test_bytecode_that_lambda_would_not_take_is_a_fault(fit: Path, tmp_path: Path) -> None:
    import importlib.util
    import py_compile

    source = tmp_path / "late.py"
    source.write_text("", encoding="utf-8")
    compiled = py_compile.compile(str(source), invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
    assert compiled
    add(fit, importlib.util.cache_from_source("gallery/late.py"), Path(compiled).read_bytes())

    with pytest.raises(PackageError, match="stale on Lambda"):
        inspection.inspect(fit, "x86_64", {})


def test_a_missing_handler_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "empty.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        zipped.writestr("manage.py", "")

    with pytest.raises(PackageError, match=r"photosky/lambda_web\.py is missing"):
        inspection.inspect(path, "x86_64", {})


def test_a_package_that_unpacks_to_too_much_is_refused(fit: Path) -> None:
    add(fit, "large.bin", b"\0" * (inspection.MAX_UNZIPPED + 1))

    with pytest.raises(PackageError, match="unpacks to"):
        inspection.inspect(fit, "x86_64", {})


def test_the_program_must_compile(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "package.zip", gallery__broken_dot_py="def :")

    with pytest.raises(PackageError, match=r"gallery/broken\.py does not compile"):
        archive.finish(path)


def test_the_package_that_was_built_is_within_lambdas_limits(package: Path) -> None:
    with zipfile.ZipFile(package) as zipped:
        unzipped = sum(entry.file_size for entry in zipped.infolist())

    assert unzipped <= 160 * 1024**2
    assert package.stat().st_size <= 50 * 1024**2


def test_the_settings_in_the_package_show_no_traceback_to_anybody(package: Path) -> None:
    text = zipfile.ZipFile(package).read("zappa_settings.py").decode()
    settings: dict[str, object] = {}
    exec(text, settings)  # the module that Zappa has written

    assert settings["DEBUG"] is False
    assert settings["LOG_LEVEL"] == "INFO"
    assert settings["ENVIRONMENT_VARIABLES"] == {"AWS_REGION": "us-east-1"}


def test_dependencies_for_the_other_processor_are_of_that_processor(package: Path, tmp_path: Path) -> None:
    other = "arm64" if host_architecture() == "x86_64" else "x86_64"

    site_packages = dependencies.install(tmp_path, REQUIREMENTS, other, "3.13")
    libraries = [path for path in site_packages.rglob("*") if ".so" in path.suffixes]

    assert len(libraries) > 40
    for library in libraries:
        header = io.FileIO(library).read(20)
        assert int.from_bytes(header[18:20], "little") == ELF[other], library


def test_the_languages_of_the_package_are_those_of_the_settings() -> None:
    codes = {code for code, _ in settings.LANGUAGES}

    assert {"en"} | codes == archive.LANGUAGES
