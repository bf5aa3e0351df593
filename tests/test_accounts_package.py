"""The package for Lambda: what single sign-on needs is in it, and out of the way of everything else."""

from pathlib import Path, PurePosixPath

import pytest

from photosky.deployment import archive


@pytest.mark.parametrize(
    ("name", "unwanted"),
    [
        ("allauth/socialaccount/providers/openid_connect/views.py", False),
        ("allauth/socialaccount/providers/oauth2/client.py", False),
        ("allauth/socialaccount/providers/__init__.py", False),
        ("allauth/socialaccount/providers/facebook/views.py", True),
        ("allauth/socialaccount/models.py", False),
        ("requests/api.py", False),
        ("requests-2.34.2.dist-info/METADATA", True),
    ],
)
def test_package_holds_the_one_door_of_allauth_that_is_used(name: str, unwanted: bool) -> None:
    assert archive.is_unwanted(PurePosixPath(name)) is unwanted


def test_what_single_sign_on_alone_needs_is_set_apart(tmp_path: Path) -> None:
    for name in ("requests", "certifi", "urllib3", "gallery"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()

    archive.set_apart(tmp_path)

    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["gallery", "set_apart", "urllib3"]
    assert (tmp_path / "set_apart" / "requests" / "__init__.py").exists()
