"""Static files as they are deployed: a module names others by what they hold, so that none that is stale is ever loaded."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

# What a module names of its own kind: './x.js' in an import statement or call.
IMPORTED = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.{1,2}/[^"']+)["']""")
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")


@pytest.fixture
def collected(tmp_path: Path, settings: Settings) -> Path:
    """Return the folder into which the static files were collected as for a deployment, but not compressed."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "photosky.staticfiles.HashedStaticFilesStorage"},
    }
    settings.WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (
        "js",
        "css",
        "json",
        "svg",
        "txt",
        "map",
        "html",
        "woff2",
        "png",
    )
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


def test_no_module_names_another_without_its_hash(collected: Path) -> None:
    files = [file for name in ("gallery", "vendor") for file in (collected / name).rglob("*.js")]
    named = [(file, name) for file in files for name in IMPORTED.findall(file.read_text())]
    assert named
    bare = [f"{file.relative_to(collected)}: {name}" for file, name in named if not HASHED.search(name)]
    assert not bare
    missing = [f"{file}: {name}" for file, name in named if not (file.parent / name).is_file()]
    assert not missing
