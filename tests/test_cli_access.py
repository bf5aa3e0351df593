"""Which gallery and which token `photosky upload` takes, and how it refuses wrong ones."""

import stat
from pathlib import Path

import pytest

from photosky_cli.main import main
from tests.live_gallery import FaultProxy, LiveGallery
from tests.plugins.cli import FINISH, Run


def test_token_without_the_scope_is_refused_with_the_reason(
    gallery: LiveGallery, upload: Run, folder: Path
) -> None:
    status, out, err = upload(folder, token=gallery.tokens["read"])

    assert status == 1
    assert "3 not dealt with" in out
    assert "scopes are: read" in err


@pytest.mark.parametrize(("token", "words"), [("photosky_wrong", "not known"), ("expired", "expired on")])
def test_token_that_opens_nothing_ends_the_command_before_it_begins(
    gallery: LiveGallery, upload: Run, folder: Path, token: str, words: str
) -> None:
    status, out, err = upload(folder, token=gallery.tokens.get(token, token))

    assert (status, out) == (2, "")
    assert words in err


def test_token_that_is_revoked_meanwhile_ends_the_run(upload: Run, folder: Path, api: FaultProxy) -> None:
    api.plan(FINISH, 401, body=b'{"code": "token_unknown", "detail": "This token was revoked."}')

    status, out, err = upload(folder)

    assert status == 1
    assert "3 not dealt with" in out
    assert "This token was revoked." in err


def test_token_is_never_shown_to_the_store(
    gallery: LiveGallery, upload: Run, folder: Path, store_proxy: FaultProxy
) -> None:
    store_proxy.headers_seen.clear()

    upload(folder)

    shown = [*store_proxy.seen, *store_proxy.headers_seen]
    assert len(shown) >= 6
    assert not any(gallery.tokens["upload"] in text for text in shown)


def test_address_where_nothing_answers_is_named(upload: Run, folder: Path) -> None:
    status, _, err = upload(folder, url="http://127.0.0.1:9")

    assert status == 2
    assert "Nothing answers at 127.0.0.1:9" in err


def test_server_that_is_no_gallery_is_told_from_one(
    upload: Run, folder: Path, store_proxy: FaultProxy
) -> None:
    status, _, err = upload(folder, url=store_proxy.url)

    assert status == 2
    assert "not a PhotoSky gallery" in err


def test_address_that_leads_elsewhere_is_told(upload: Run, folder: Path, api: FaultProxy) -> None:
    api.plan("GET /api/", 301, headers={"Location": "https://photos.example.com/api/"})

    status, _, err = upload(folder)

    assert status == 2
    assert "https://photos.example.com/api/" in err


def test_server_that_speaks_no_tls_is_told(upload: Run, folder: Path, api: FaultProxy) -> None:
    status, _, err = upload(folder, url=api.url.replace("http:", "https:"))

    assert status == 2
    assert "does not speak TLS" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--url", "photos.example.com", "--token", "x"], "write it like https://"),
        (["--url", "http://photos.example.com", "--token", "x"], "in clear"),
        (["--url", "https://photos.example.com/?a=b", "--token", "x"], "too much in it"),
        (["--url", "https://photos.example.com", "--token", "x y"], "copy it again"),
        (["--token", "x"], "Which gallery?"),
        (["--url", "https://photos.example.com"], "A token is missing"),
    ],
)
def test_wrong_arguments_end_with_the_remedy(
    upload: Run, folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(["upload", str(folder), *arguments]) == 2
    assert words in capsys.readouterr().err


def test_path_that_is_not_there_ends_the_command_before_it_begins(upload: Run, folder: Path) -> None:
    status, _, err = upload(folder, folder / "missing")

    assert status == 2
    assert "missing does not exist" in err


def test_configuration_file_names_gallery_and_token(
    gallery: LiveGallery, upload: Run, folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "config" / "photosky" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(f'url = "{gallery.url}"\ntoken = "{gallery.tokens["upload"]}"\n')
    file.chmod(stat.S_IRUSR | stat.S_IWUSR)

    assert main(["upload", str(folder)]) == 0


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ('url = "https://x.example"\ntoken = "t"\n', 0o644, "chmod 600"),
        ("url = https://x.example\n", 0o600, "cannot be understood"),
        ('adress = "https://x.example"\n', 0o600, "adress is unknown"),
    ],
)
def test_configuration_file_that_is_wrong_is_named(
    upload: Run,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    mode: int,
    words: str,
) -> None:
    file = tmp_path / "config" / "photosky" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    file.chmod(mode)

    assert main(["upload", str(folder)]) == 2
    assert words in capsys.readouterr().err
