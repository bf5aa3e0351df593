"""Addresses of renditions: the same for hours, equal to botocore's, taken by a real server, cheap."""

import time
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import time_machine
from pytest_django import Settings

from gallery import objectstore
from gallery.objectstore.media import Credentials, signed_urls
from photosky.env import S3Settings

WINDOW_S = 21_600
START = 1_795_392_000  # a multiple of WINDOW_S, at midnight

SETTINGS = [
    S3Settings("photos", "us-east-1", access_key="AKID", secret_key="secret"),
    S3Settings("photos", "eu-west-1", access_key="AKID", secret_key="secret", session_token="to/k+en=="),
    S3Settings("my.photos", "eu-west-1", access_key="AKID", secret_key="secret"),
    S3Settings("photos", "cn-north-1", access_key="AKID", secret_key="secret"),
    S3Settings("photos", "eu-west-1", access_key="AKID", secret_key="secret", addressing="path"),
    S3Settings("photos", "eu-west-1", "http://127.0.0.1:8333", access_key="AKID", secret_key="secret"),
    S3Settings(
        "photos", "auto", "https://s3.example.com", access_key="AKID", secret_key="s", addressing="virtual"
    ),
]
KEYS = ["renditions/a.webp", "renditions/a b+c/été~ü#?&%20=.jpg", "x"]


@pytest.mark.parametrize(
    "s3", SETTINGS, ids=lambda s3: f"{s3.bucket}-{s3.region}-{s3.addressing}-{s3.endpoint}"
)
@time_machine.travel(START + 12_345, tick=False)
def test_addresses_equal_botocores_for_the_same_moment(s3: S3Settings, settings: Settings) -> None:
    settings.S3 = s3
    credentials = Credentials(s3.access_key, s3.secret_key, s3.session_token)
    theirs = [objectstore.presign_get(key, expires_s=43_200) for key in KEYS]

    ours = signed_urls(KEYS, at=int(time.time()), expires_s=43_200, credentials=credentials)

    assert ours == theirs
    assert objectstore.browser_origins() == [f"{urlsplit(theirs[0]).scheme}://{urlsplit(theirs[0]).netloc}"]


def test_an_address_stays_the_same_within_a_window_and_holds_for_another(settings: Settings) -> None:
    settings.S3 = SETTINGS[0]
    with time_machine.travel(START, tick=False):
        first = objectstore.media_url("renditions/a")
    with time_machine.travel(START + WINDOW_S - 1, tick=False):
        last = objectstore.media_url("renditions/a")
    with time_machine.travel(START + WINDOW_S, tick=False):
        after = objectstore.media_url("renditions/a")

    assert first == last != after
    query = parse_qs(urlsplit(first).query)
    assert (query["X-Amz-Date"], query["X-Amz-Expires"]) == (["20261123T000000Z"], [str(2 * WINDOW_S)])


def test_the_server_shows_what_the_address_names_and_nothing_else(s3: S3Settings) -> None:
    objectstore.put("renditions/été a.webp", b"picture", content_type="image/webp", if_absent=False)
    url = objectstore.media_url("renditions/été a.webp")

    answer = requests.get(url, timeout=10)

    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (
        200,
        b"picture",
        "image/webp",
    )
    assert requests.get(url.replace("a.webp", "b.webp"), timeout=10).status_code == 403
    assert requests.put(url, data=b"other", timeout=10).status_code == 403


def test_a_page_of_addresses_is_in_the_order_of_its_keys(settings: Settings) -> None:
    settings.S3 = SETTINGS[0]
    keys = [f"renditions/{number}" for number in range(500)]

    urls = objectstore.media_urls(keys)

    assert [urlsplit(url).path for url in urls] == [f"/{key}" for key in keys]
    assert urls[7] == objectstore.media_url(keys[7])


def test_behind_a_cdn_addresses_are_plain(settings: Settings) -> None:
    settings.S3 = replace(SETTINGS[0], media_base_url="https://media.example.com/m/")

    assert objectstore.media_url("renditions/a b") == "https://media.example.com/m/renditions/a%20b"
    assert objectstore.browser_origins() == [
        "https://photos.s3.us-east-1.amazonaws.com",
        "https://media.example.com",
    ]


def test_a_role_in_the_environment_signs_as_boto3_would(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAROLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "role-secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "role-token")
    settings.S3 = replace(SETTINGS[0], access_key="", secret_key="")

    with time_machine.travel(START, tick=False):
        assert objectstore.media_url("renditions/a") == objectstore.presign_get(
            "renditions/a", expires_s=2 * WINDOW_S
        )


def test_without_credentials_the_error_says_where_to_set_them(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    settings.S3 = replace(SETTINGS[0], access_key="", secret_key="")

    with pytest.raises(objectstore.AccessDenied, match="PHOTOSKY_S3_ACCESS_KEY"):
        objectstore.media_url("renditions/a")
