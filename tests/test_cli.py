"""`photosky upload` against a whole gallery in processes of its own: what it brings in, and what it says."""

import hashlib
import json
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from photosky_cli.main import main
from tests.live_gallery import FaultProxy, LiveGallery, running
from tests.make import photo_bytes

Run = Callable[..., tuple[int, str, str]]
PUT = "PUT /photosky/originals/.*"
START, FINISH = "POST /api/uploads/", "POST /api/uploads/finish/"


@pytest.fixture(scope="module")
def store_proxy() -> Iterator[FaultProxy]:
    """Return the way to the object store that signed addresses name."""
    proxy = FaultProxy()
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory, store_proxy: FaultProxy) -> Iterator[LiveGallery]:
    """Return a gallery that the tests of this module share: each brings photos that no other has."""
    live = LiveGallery(tmp_path_factory.mktemp("gallery"), PHOTOSKY_S3_PUBLIC_ENDPOINT=store_proxy.url)
    with running(live):
        store_proxy.target = live.store
        yield live


@pytest.fixture
def api(gallery: LiveGallery, store_proxy: FaultProxy) -> Iterator[FaultProxy]:
    """Return the way to the gallery's API; faults of earlier tests are gone from it and from the store's."""
    proxy = FaultProxy()
    proxy.target = gallery.url
    store_proxy.clear()
    yield proxy
    proxy.close()


@pytest.fixture
def upload(
    gallery: LiveGallery,
    api: FaultProxy,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Run:
    """Return a function that runs `photosky upload` and gives its status, output and errors."""
    for name in ("PHOTOSKY_URL", "PHOTOSKY_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def run(*arguments: str | Path, token: str | None = None, url: str | None = None) -> tuple[int, str, str]:
        token = gallery.tokens["upload"] if token is None else token
        given = ["--url", api.url if url is None else url, "--token", token]
        status = main(["upload", *map(str, arguments), *given])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with three photos, one of them in a folder of its own, and a file that is none."""
    root = tmp_path / "photos"
    (root / "Picos").mkdir(parents=True)
    for name in ("a.jpg", "b.JPEG", "Picos/c.png"):
        write(root / name)
    (root / "notes.txt").write_text("no photo")
    return root


def write(path: Path, size: int = 0) -> str:
    """Write a photo that nobody has uploaded yet, with other bytes after its end up to a size; return its checksum."""
    data = photo_bytes(kind="PNG" if path.suffix == ".png" else "JPEG") + os.urandom(16)
    data += os.urandom(max(0, size - len(data)))
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def sha256s(root: Path) -> set[str]:
    found = (
        hashlib.sha256(path.read_bytes()).hexdigest() for path in root.rglob("*.*") if path.suffix != ".txt"
    )
    return set(found)


def lines(out: str) -> dict[str, dict[str, Any]]:
    """Return the lines of --json by file name; the sums are under ""."""
    read = [json.loads(line) for line in out.splitlines()]
    return {Path(line["path"]).name if line["type"] == "photo" else "": line for line in read}


def test_photos_of_a_folder_are_in_the_library_byte_for_byte(
    gallery: LiveGallery, upload: Run, folder: Path
) -> None:
    status, out, err = upload(folder)

    assert (status, err) == (0, "")
    assert out == "3 uploaded, 0 failed, 1 other files left alone\n"
    images = {image["sha256"]: image for image in gallery.images() if image["sha256"] in sha256s(folder)}
    assert set(images) == sha256s(folder)
    assert {image["filename"] for image in images.values()} == {"a.jpg", "b.JPEG", "c.png"}
    assert all(gallery.original_sha256(image["id"]) == sha256 for sha256, image in images.items())


def test_second_run_sends_nothing(upload: Run, folder: Path, store_proxy: FaultProxy) -> None:
    upload(folder)
    sent = store_proxy.count(PUT)

    status, out, _ = upload(folder)

    assert (status, out) == (0, "3 already there, 0 failed, 1 other files left alone\n")
    assert sent == store_proxy.count(PUT) == 3


def test_run_that_was_broken_off_sends_only_the_rest(
    upload: Run, folder: Path, store_proxy: FaultProxy
) -> None:
    upload(folder / "a.jpg")
    store_proxy.clear()

    status, out, _ = upload(folder, "--json")

    assert status == 0
    assert (lines(out)[""]["uploaded"], lines(out)[""]["exists"]) == (2, 1)
    assert store_proxy.count(PUT) == 2


def test_same_bytes_under_two_names_are_sent_once(upload: Run, folder: Path, store_proxy: FaultProxy) -> None:
    (folder / "copy of a.jpg").write_bytes((folder / "a.jpg").read_bytes())

    status, out, _ = upload(folder, "--json")

    assert status == 0
    assert (lines(out)[""]["uploaded"], lines(out)[""]["exists"]) == (3, 1)
    assert store_proxy.count(PUT) == 3


def test_json_tells_of_every_photo_and_the_sums(gallery: LiveGallery, upload: Run, folder: Path) -> None:
    sha256 = hashlib.sha256((folder / "a.jpg").read_bytes()).hexdigest()

    _, out, _ = upload(folder, "--json")

    told = lines(out)
    assert set(told) == {"a.jpg", "b.JPEG", "c.png", ""}
    assert told["a.jpg"] | {"page": ""} == {
        "type": "photo", "path": str(folder / "a.jpg"), "status": "uploaded", "bytes": (folder / "a.jpg").stat().st_size,
        "sha256": sha256, "page": "", "code": "", "reason": "",
    }  # fmt: skip
    assert re.fullmatch(r"http://127.0.0.1:\d+/p/[0-9a-f-]+/", told["a.jpg"]["page"])
    sums = {
        "uploaded": 3,
        "stored": 0,
        "exists": 0,
        "failed": 0,
        "would_upload": 0,
        "left": 0,
        "ignored": 1,
        "error": "",
    }
    assert told[""].items() >= sums.items()


def test_quiet_says_nothing_where_all_is_well(upload: Run, folder: Path) -> None:
    assert upload(folder, "--quiet") == (0, "", "")


def test_refused_file_is_listed_with_its_reason_and_the_rest_goes_on(upload: Run, folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff no more " + os.urandom(16))
    (folder / "empty.jpg").write_bytes(b"")

    status, out, err = upload(folder, folder / "notes.txt")

    assert status == 1
    assert out.startswith("3 uploaded, 3 failed")
    reasons = dict(line.strip().split(": ", 1) for line in err.splitlines())
    assert set(reasons) == {str(folder / name) for name in ("broken.jpg", "empty.jpg", "notes.txt")}
    assert "is empty" in reasons[str(folder / "empty.jpg")]
    assert "not a kind of photo" in reasons[str(folder / "notes.txt")]


def test_photo_in_the_bin_does_not_count_as_there(gallery: LiveGallery, upload: Run, folder: Path) -> None:
    sha256 = write(folder / "a.jpg")
    upload(folder / "a.jpg")
    gallery.shell(
        "from django.utils import timezone; from gallery.models import Image; "
        f"Image.objects.filter(sha256='{sha256}').update(binned_at=timezone.now())"
    )

    status, _, err = upload(folder / "a.jpg")

    assert status == 1
    assert "in the bin" in err


def test_dry_run_tells_and_changes_nothing(
    gallery: LiveGallery, upload: Run, folder: Path, api: FaultProxy
) -> None:
    upload(folder / "a.jpg")
    uploads = len(gallery.get("uploads/", limit="500")["results"])
    api.clear()

    status, out, _ = upload(folder, "--dry-run", "--album", "Never made")

    assert (status, out) == (0, "2 to upload, 1 already there, 0 failed, 1 other files left alone\n")
    assert api.count("POST .*") == 0
    assert len(gallery.get("uploads/", limit="500")["results"]) == uploads
    assert "Never made" not in [album["title"] for album in gallery.get("albums/")["results"]]


def test_album_is_made_once_and_holds_new_photos_and_those_already_there(
    gallery: LiveGallery, upload: Run, folder: Path
) -> None:
    upload(folder / "a.jpg")

    upload(folder, "--album", "Picos 2026")
    upload(folder, "--album", "Picos 2026")

    albums = [album for album in gallery.get("albums/")["results"] if album["title"] == "Picos 2026"]
    assert len(albums) == 1
    inside = gallery.get("images/", album=albums[0]["id"])["results"]
    assert {image["sha256"] for image in inside} == sha256s(folder)


def test_album_whose_answer_was_lost_is_not_made_twice(
    gallery: LiveGallery, upload: Run, folder: Path, api: FaultProxy
) -> None:
    api.plan("POST /api/albums/", 0, takes_effect=True)

    status, _, _ = upload(folder, "--album", "Lost answer")

    assert status == 0
    assert [album["title"] for album in gallery.get("albums/")["results"]].count("Lost answer") == 1


def test_two_albums_of_one_name_ask_for_the_id(gallery: LiveGallery, upload: Run, folder: Path) -> None:
    code = "from gallery.models import Album, User; [Album.objects.create(owner=User.objects.get(), title='Twice') for _ in '12']"
    gallery.shell(code)
    ids = [album["id"] for album in gallery.get("albums/")["results"] if album["title"] == "Twice"]

    status, _, err = upload(folder, "--album", "Twice")

    assert status == 2
    assert all(album in err for album in ids)
    assert upload(folder, "--album", ids[0])[0] == 0


def test_no_wait_ends_when_the_store_has_everything(upload: Run, folder: Path, api: FaultProxy) -> None:
    status, out, _ = upload(folder, "--no-wait")

    assert (status, out) == (0, "3 stored and waiting to be processed, 0 failed, 1 other files left alone\n")
    assert api.count("GET /api/uploads/.*") == 0


def test_hundreds_of_photos_take_few_signing_requests(upload: Run, tmp_path: Path, api: FaultProxy) -> None:
    for number in range(130):
        (tmp_path / f"{number}.jpg").write_bytes(os.urandom(200))

    upload(tmp_path, "--no-wait")

    assert api.count(START) == 3


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 0])
@pytest.mark.parametrize("requests", [START, FINISH])
def test_gallery_that_fails_twice_is_asked_again(
    upload: Run, folder: Path, api: FaultProxy, requests: str, status: int
) -> None:
    api.plan(requests, status, times=2, headers={"Retry-After": "0"})

    assert upload(folder, "--no-wait")[0] == 0
    assert not api.faults


@pytest.mark.parametrize("status", [429, 500, 503, 0])
def test_store_that_fails_twice_is_sent_the_photo_again(
    gallery: LiveGallery, upload: Run, folder: Path, store_proxy: FaultProxy, status: int
) -> None:
    store_proxy.plan(PUT, status, times=2, headers={"Retry-After": "0"})

    exit_status, out, _ = upload(folder, "--json")

    assert exit_status == 0
    assert lines(out)[""]["uploaded"] == 3
    assert store_proxy.count(PUT) == 5


def test_pause_that_the_gallery_asks_for_is_made(upload: Run, folder: Path, api: FaultProxy) -> None:
    api.plan("GET /api/", 503, headers={"Retry-After": "1"})
    began = time.monotonic()

    assert upload(folder, "--dry-run")[0] == 0
    # By itself the first pause is half a second at most.
    assert time.monotonic() - began >= 1


def test_photo_whose_answer_was_lost_is_taken_as_sent(
    upload: Run, folder: Path, store_proxy: FaultProxy
) -> None:
    store_proxy.plan(PUT, 0, times=3, takes_effect=True)

    status, out, _ = upload(folder, "--json")

    assert status == 0
    assert lines(out)[""]["uploaded"] == 3


def test_refusal_that_repeating_cannot_mend_is_not_repeated(
    upload: Run, folder: Path, store_proxy: FaultProxy
) -> None:
    body = b"<Error><Code>EntityTooLarge</Code><Message>Too large</Message></Error>"
    store_proxy.plan(PUT, 400, body=body)

    status, _, err = upload(folder)

    assert status == 1
    assert "EntityTooLarge: Too large" in err
    assert store_proxy.count(PUT) == 3


def test_expired_signature_is_replaced_once(
    upload: Run, folder: Path, store_proxy: FaultProxy, api: FaultProxy
) -> None:
    store_proxy.plan(PUT, 403, times=1)

    status, out, _ = upload(folder, "--json")

    assert status == 0
    assert lines(out)[""]["uploaded"] == 3
    assert api.count(START) == 2


def test_signature_that_is_never_taken_is_given_up_after_the_second(
    upload: Run, folder: Path, store_proxy: FaultProxy
) -> None:
    store_proxy.plan(PUT, 403, times=2, body=b"<Error><Code>SignatureDoesNotMatch</Code></Error>")

    status, _, err = upload(folder / "a.jpg")

    assert status == 1
    assert "SignatureDoesNotMatch" in err
    assert store_proxy.count(PUT) == 2


def test_photo_that_the_store_lost_before_it_was_finished_is_sent_again(
    upload: Run, folder: Path, store_proxy: FaultProxy
) -> None:
    store_proxy.plan(PUT, 200)

    status, out, _ = upload(folder / "a.jpg", "--json")

    assert status == 0
    assert lines(out)["a.jpg"]["status"] == "uploaded"
    assert store_proxy.count(PUT) == 2


def test_photo_that_vanishes_is_named_and_the_rest_goes_on(
    upload: Run, folder: Path, api: FaultProxy
) -> None:
    api.plan("GET /api/", 503, headers={"Retry-After": "0"}, meanwhile=(folder / "a.jpg").unlink)

    status, out, err = upload(folder)

    assert status == 1
    assert out.startswith("2 uploaded, 1 failed")
    assert "a.jpg vanished" in err


@pytest.mark.parametrize("size", [50, 50_000], ids=["truncated", "grown"])
def test_photo_that_changes_between_hashing_and_sending_is_not_brought_in(
    gallery: LiveGallery, upload: Run, folder: Path, api: FaultProxy, size: int
) -> None:
    sha256 = hashlib.sha256((folder / "a.jpg").read_bytes()).hexdigest()
    api.plan(START, 503, headers={"Retry-After": "0"}, meanwhile=lambda: os.truncate(folder / "a.jpg", size))

    status, _, err = upload(folder)

    assert status == 1
    assert "a.jpg was changed while it was read" in err
    assert sha256 not in {image["sha256"] for image in gallery.images()}


def test_photo_that_changes_without_a_trace_is_refused_by_the_store(
    gallery: LiveGallery, upload: Run, folder: Path, api: FaultProxy
) -> None:
    file = folder / "a.jpg"
    before = file.stat()
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()

    def change() -> None:
        file.write_bytes(b"\0" * before.st_size)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    api.plan(START, 503, headers={"Retry-After": "0"}, meanwhile=change)

    status, _, err = upload(folder)

    assert status == 1
    assert "a.jpg" in err
    assert sha256 not in {image["sha256"] for image in gallery.images()}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_photo_that_may_not_be_read_is_named(upload: Run, folder: Path) -> None:
    (folder / "a.jpg").chmod(0)

    status, _, err = upload(folder)

    assert status == 1
    assert "a.jpg cannot be read" in err


def test_hidden_files_and_folders_of_programs_are_left_alone(upload: Run, folder: Path) -> None:
    for name in (".thumbs", "@eaDir"):
        (folder / name).mkdir()
        write(folder / name / "small.jpg")
    write(folder / "._a.jpg")

    status, out, _ = upload(folder)

    assert (status, out) == (0, "3 uploaded, 0 failed, 2 other files left alone\n")


def test_name_in_an_unknown_encoding_is_brought_in(upload: Run, tmp_path: Path) -> None:
    write(Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg")))

    assert upload(tmp_path, "--json")[0] == 0


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


@pytest.mark.parametrize("body", [b"{}", b"[]", b"<html>", b'{"results": []}', b'{"results": [{}, {}, {}]}'])
def test_answer_that_cannot_be_understood_ends_the_run_in_words(
    upload: Run, folder: Path, api: FaultProxy, body: bytes
) -> None:
    api.plan(START, 200, body=body)

    status, _, err = upload(folder)

    assert status == 1
    assert "cannot be understood" in err


def test_server_that_speaks_no_tls_is_told(upload: Run, folder: Path, api: FaultProxy) -> None:
    status, _, err = upload(folder, url=api.url.replace("http:", "https:"))

    assert status == 2
    assert "does not speak TLS" in err


def test_gallery_that_stays_away_is_given_up_with_reasons(upload: Run, folder: Path, api: FaultProxy) -> None:
    api.plan(START, 503, times=50, headers={"Retry-After": "0"})

    status, _, err = upload(folder, "--patience", "1")

    assert status == 1
    assert err.count("was away for too long") == 3


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


def test_large_photo_goes_in_parts_and_is_taken_up_where_it_broke_off(
    gallery: LiveGallery, upload: Run, tmp_path: Path, store_proxy: FaultProxy
) -> None:
    sha256 = write(tmp_path / "large.jpg", 26 * 1024**2 + 1000)
    store_proxy.plan(f"{PUT}partNumber=3.*", 400)

    broken_off = upload(tmp_path)
    sent = store_proxy.count(PUT)
    again = upload(tmp_path)

    assert (broken_off[0], again[0]) == (1, 0)
    # Four parts: two arrived, the third was refused; then the third and the fourth.
    assert (sent, store_proxy.count(PUT)) == (3, 5)
    (image,) = (image for image in gallery.images() if image["sha256"] == sha256)
    assert gallery.original_sha256(image["id"]) == sha256


@pytest.mark.parametrize("status", [503, 0, 403])
def test_part_that_fails_is_sent_again(
    upload: Run, tmp_path: Path, store_proxy: FaultProxy, status: int
) -> None:
    write(tmp_path / "large.jpg", 26 * 1024**2 + 1000)
    store_proxy.plan(f"{PUT}partNumber=2.*", status, headers={"Retry-After": "0"})

    assert upload(tmp_path)[0] == 0
    assert store_proxy.count(PUT) == 5
