"""`manage.py import_photos`: folders into a library, twice if need be, and nothing lost or hidden on the way."""

import hashlib
import os
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from gallery import bin as photo_bin
from gallery import objectstore
from gallery.models import Album, Image, Upload, User
from tests.make import make_user, photo_bytes

# The importer's threads have connections of their own, which see only what is committed.
pytestmark = [pytest.mark.usefixtures("s3"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def owner(transactional_db: None) -> User:
    return make_user("alice")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a tree of three photographs, one of them without its extension, beside files of other kinds."""
    (tmp_path / "2026" / "Picos").mkdir(parents=True)
    (tmp_path / "one.jpg").write_bytes(photo_bytes())
    (tmp_path / "2026" / "two.png").write_bytes(photo_bytes(kind="PNG"))
    (tmp_path / "2026" / "Picos" / "three").write_bytes(photo_bytes())
    (tmp_path / "2026" / "notes.txt").write_text("words")
    (tmp_path / ".hidden.jpg").write_bytes(photo_bytes())
    return tmp_path


def import_photos(*paths: Path, **options: object) -> str:
    out = StringIO()
    call_command("import_photos", *map(str, paths), stdout=out, stderr=StringIO(), verbosity=0, **options)
    return out.getvalue()


def test_photos_of_a_tree_become_images_with_their_exact_bytes(owner: User, folder: Path) -> None:
    assert "3 imported, 0 already there, 0 failed, 2 other files left alone" in import_photos(folder)

    kept = {image.filename: image for image in Image.objects.all()}
    assert set(kept) == {"one.jpg", "two.png", "three"}
    for name, path in {"one.jpg": folder / "one.jpg", "three": folder / "2026" / "Picos" / "three"}.items():
        assert objectstore.read(kept[name].original_key, max_bytes=10**7) == path.read_bytes()


def test_second_run_imports_nothing(owner: User, folder: Path) -> None:
    import_photos(folder)

    assert "0 imported, 3 already there, 0 failed" in import_photos(folder)
    assert Image.objects.count() == 3


def test_files_are_only_read(owner: User, folder: Path) -> None:
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")}

    import_photos(folder)

    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")} == before


def test_albums_follow_the_folders(owner: User, folder: Path) -> None:
    import_photos(folder, albums=True)
    import_photos(folder, albums=True)

    top = Album.objects.get(parent=None)
    year = Album.objects.get(parent=top)
    picos = Album.objects.get(parent=year)
    assert [top.title, year.title, picos.title] == [folder.name, "2026", "Picos"]
    assert [image.filename for image in picos.images.all()] == ["three"]
    assert [image.filename for image in top.images.all()] == ["one.jpg"]


def test_failures_are_listed_with_reasons_and_the_rest_is_imported(owner: User, folder: Path) -> None:
    (folder / "words.jpg").write_text("not a picture")
    (folder / "empty.jpg").touch()
    errors = StringIO()

    with pytest.raises(CommandError, match="2 files were not imported"):
        call_command("import_photos", str(folder), stdout=StringIO(), stderr=errors, verbosity=0)

    assert "words.jpg: " in errors.getvalue()
    assert "empty.jpg is empty" in errors.getvalue()
    assert Image.objects.count() == 3


def test_file_whose_photo_is_in_the_bin_fails_and_does_not_count_as_there(owner: User, folder: Path) -> None:
    import_photos(folder)
    photo_bin.put(Image.objects.filter(filename="one.jpg"))
    out, errors = StringIO(), StringIO()

    with pytest.raises(CommandError, match="1 files were not imported"):
        call_command("import_photos", str(folder), stdout=out, stderr=errors, verbosity=0)

    assert "0 imported, 2 already there, 1 failed" in out.getvalue()
    assert "one.jpg: This photo is in the bin: restore it" in errors.getvalue()
    assert Image.objects.binned().count() == 1


def test_folder_whose_name_is_not_utf_8_does_not_end_the_import(owner: User, tmp_path: Path) -> None:
    (tmp_path / "one.jpg").write_bytes(photo_bytes())
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9t\xe9"))
    odd.mkdir()
    (odd / "two.jpg").write_bytes(photo_bytes())
    (odd / os.fsdecode(b"\xe9.jpg")).write_bytes(photo_bytes())

    assert "3 imported, 0 already there, 0 failed" in import_photos(tmp_path, albums=True)

    assert Album.objects.exclude(parent=None).get().title == "\ufffdt\ufffd"


def test_date_of_a_photo_without_exif_is_the_file_s(owner: User, tmp_path: Path) -> None:
    path = tmp_path / "scan.jpg"
    path.write_bytes(photo_bytes(taken=""))
    os.utime(path, (1_000_000_000, 1_000_000_000))

    import_photos(path)

    image = Image.objects.get()
    assert image.taken_at.isoformat() == "2001-09-09T01:46:40+00:00"
    assert image.taken_source == Image.TakenSource.FILE


def test_import_that_was_stopped_after_storing_goes_on(owner: User, folder: Path) -> None:
    """The bytes stand in the store and the row waits: what a stop between the two steps leaves."""
    from gallery import uploads
    from tests.make import announced

    data = (folder / "one.jpg").read_bytes()
    upload = uploads.start(owner, [announced(data)])[0].upload
    assert upload is not None
    objectstore.put(
        upload.key, data, content_type="image/jpeg", if_absent=True, sha256=hashlib.sha256(data).hexdigest()
    )

    assert "3 imported" in import_photos(folder)
    assert Upload.objects.exclude(state=Upload.State.READY).count() == 0


def test_path_that_does_not_exist_is_named_before_anything_happens(owner: User, folder: Path) -> None:
    with pytest.raises(CommandError, match="nowhere does not exist"):
        import_photos(folder, Path("nowhere"))

    assert Image.objects.count() == 0


def test_unknown_user_is_answered_with_the_known_ones(owner: User, folder: Path) -> None:
    with pytest.raises(CommandError, match=r"no user carol\. Known: alice"):
        import_photos(folder, user="carol")


def test_with_several_users_one_must_be_named(owner: User, folder: Path) -> None:
    make_user("bob")

    with pytest.raises(CommandError, match="--user"):
        import_photos(folder)
    assert "3 imported" in import_photos(folder, user="bob")
