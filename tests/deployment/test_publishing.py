"""Static files for a CDN: put beside the photos at each deployment, under names that never change their content."""

import json
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Final, cast

import pytest
from moto import mock_aws

from photosky.deployment import statics
from photosky.deployment.stages import Deployment
from photosky.provision.account import Account

BUCKET = "photos-of-the-family"
REGION: Final = "eu-central-1"


def deployment(static_url: str) -> Deployment:
    web = SimpleNamespace(variables={"PHOTOSKY_STATIC_URL": static_url} if static_url else {})
    return cast(Deployment, SimpleNamespace(web=web, photo_bucket=BUCKET))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a package that holds two hashed files and one that is not in the manifest."""
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as archive:
        paths = {"css/base.css": "css/base.1a2b.css", "js/app.js": "js/app.3c4d.js"}
        archive.writestr("staticfiles/staticfiles.json", json.dumps({"paths": paths}))
        for name in (*paths.values(), "css/base.css"):
            archive.writestr(f"staticfiles/{name}", name)
    return path


def test_static_files_go_to_the_bucket_once_under_hashed_names(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        account = Account(REGION, read_only=False)
        account.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

        assert statics.publish(account, deployment(""), package) == 0
        assert statics.publish(account, deployment("https://static.example.com"), package) == 2
        assert statics.publish(account, deployment("https://static.example.com"), package) == 0

        kept = account.s3.list_objects_v2(Bucket=BUCKET)["Contents"]
        assert [item["Key"] for item in kept] == ["static/css/base.1a2b.css", "static/js/app.3c4d.js"]
        script = account.s3.get_object(Bucket=BUCKET, Key="static/js/app.3c4d.js")
        assert script["ContentType"] == "text/javascript; charset=utf-8"
        assert "immutable" in script["CacheControl"]
