"""Static files behind a CDN: the collected ones are put beside the photos, under names that never change their content."""

import json
import mimetypes
import zipfile
from pathlib import Path

from photosky.deployment.stages import Deployment
from photosky.provision.account import Account
from photosky.provision.errors import explained

PREFIX = "static/"
COLLECTED = "staticfiles/"
FOREVER = "public, max-age=31536000, immutable"


def publish(account: Account, deployment: Deployment, package: Path) -> int:
    """Send the hashed files of a package to the photo bucket where PHOTOSKY_STATIC_URL is set; returns how many were new.

    Files of former deployments stay, so that a page that was open meanwhile still finds its own. Without the setting
    the package serves its own files and nothing is sent.
    """
    if not deployment.web.variables.get("PHOTOSKY_STATIC_URL"):
        return 0
    with zipfile.ZipFile(package) as archive, explained(f"sending static files to {deployment.photo_bucket}"):
        manifest = json.loads(archive.read(f"{COLLECTED}staticfiles.json"))
        there = _present(account, deployment.photo_bucket)
        missing = sorted(name for name in set(manifest["paths"].values()) if PREFIX + name not in there)
        for name in missing:
            account.s3.put_object(
                Bucket=deployment.photo_bucket,
                Key=PREFIX + name,
                Body=archive.read(COLLECTED + name),
                ContentType=_content_type(name),
                CacheControl=FOREVER,
                ExpectedBucketOwner=account.id,
            )
    return len(missing)


def _present(account: Account, bucket: str) -> set[str]:
    pages = account.s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=PREFIX, ExpectedBucketOwner=account.id
    )
    return {item["Key"] for page in pages for item in page.get("Contents", [])}


def _content_type(name: str) -> str:
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    # RFC 9239 for JavaScript; a browser refuses a module of any other type.
    guessed = "text/javascript" if name.endswith((".js", ".mjs")) else guessed
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed
