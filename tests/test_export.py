"""An export holds all of a library, and an empty library that reads it back equals the first."""

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from gallery import albums, objectstore, tasks
from gallery import bin as photo_bin
from gallery.exporting import layout
from gallery.models import Album, AlbumImage, Image, ImageTag, Tag, User
from tests.make import make_image, make_user, photo_bytes, upload_photo

pytestmark = pytest.mark.usefixtures("s3")

DERIVED = {"id", "owner_id", "original_key", "rendition_token", "updated_at"}


def photo_of(owner: User, filename: str = "IMG_0001.jpg", **changes: Any) -> Image:
    image = upload_photo(owner, None, filename).image
    assert image is not None
    Image.objects.filter(pk=image.pk).update(**changes)
    image.refresh_from_db()
    return image


def fill(owner: User) -> None:
    """Make a library with everything that can be said of photos."""
    first = photo_of(owner, title="Sea & <sky>", description="Two\nlines", is_favorite=True)
    second = photo_of(owner, description="", latitude=42.5, longitude=-4.25, altitude_m=812.0)
    third = photo_of(owner, "été / 1.jpg", camera_model="", lens="XF 35")
    second.set_taken(datetime(2001, 12, 31, 23, 30, tzinfo=UTC), 330, Image.TakenSource.PERSON)
    second.save()
    photo_bin.put(Image.objects.filter(pk=third.pk))
    for name, images in (("Été", [first, second]), ("sea", [first])):
        tag = Tag.objects.create(owner=owner, name=name)
        for image in images:
            image.tags.add(tag)
    outer = albums.create(owner, "Travel", description="Every year")
    inner = albums.create(owner, "2026", outer)
    albums.create(owner, "Empty", outer)
    inner.add([second.pk, first.pk, third.pk])
    Album.objects.filter(pk=inner.pk).update(cover=second)


def said(owner: User) -> dict[str, Any]:
    """Return everything about a library except what must differ: ids and the names of objects."""
    images = {}
    for image in Image.objects.owned_by(owner):
        row = {name: value for name, value in vars(image).items() if name[0] != "_" and name not in DERIVED}
        # The days in the bin begin anew.
        row["binned_at"] = row["binned_at"] is not None
        data = objectstore.read(image.original_key, max_bytes=10**7)
        row["bytes_sha256"] = hashlib.sha256(data).hexdigest()
        row["tags"] = sorted(image.tags.values_list("name", flat=True))
        images[image.sha256] = row
    shelves = []
    for album in Album.objects.owned_by(owner).in_order():
        entries = AlbumImage.objects.filter(album=album).order_by("position", "id")
        shelves.append(
            {
                "title": album.title,
                "description": album.description,
                "position": album.position,
                "parent": album.parent.title if album.parent else None,
                "cover": album.cover.sha256 if album.cover else None,
                "created_at": album.created_at,
                "images": list(entries.values_list("image__sha256", "position", "added_at")),
            }
        )
    return {"images": images, "albums": shelves}


def export(folder: Path, user: str = "alice") -> str:
    out = io.StringIO()
    call_command("export_library", str(folder), user=user, verbosity=0, stdout=out)
    return out.getvalue()


def restore(folder: Path, user: str = "bob", **options: Any) -> str:
    out = io.StringIO()
    call_command("import_library", str(folder), user=user, verbosity=0, stdout=out, **options)
    return out.getvalue()


def test_empty_library_that_reads_an_export_equals_the_first(alice: User, bob: User, tmp_path: Path) -> None:
    fill(alice)

    assert export(tmp_path / "out").startswith("3 written, 0 there already, 0 failed")
    assert restore(tmp_path / "out").startswith("3 restored, 0 there already, 3 albums, 0 failed")

    assert said(bob) == said(alice)
    bob.refresh_from_db()
    alice.refresh_from_db()
    assert bob.used_bytes == alice.used_bytes


def test_originals_lie_byte_for_byte_under_readable_names(alice: User, tmp_path: Path) -> None:
    data = photo_bytes()
    image = upload_photo(alice, data, "IMG_0001.jpg").image
    assert image is not None

    export(tmp_path)

    path = tmp_path / "photos" / "2026" / "2026-09-14" / "IMG_0001.jpg"
    assert path.read_bytes() == data
    assert path.stat().st_mtime == image.taken_at.timestamp()


def test_photos_of_one_name_and_day_get_numbers_that_ignore_case(alice: User, tmp_path: Path) -> None:
    for name in ("a.jpg", "A.JPG", "a.jpg"):
        photo_of(alice, name)

    export(tmp_path)

    names = sorted(path.name for path in tmp_path.rglob("*") if path.suffix.lower() == ".jpg")
    assert names == ["A-2.JPG", "a-3.jpg", "a.jpg"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a/b:c?.jpg", "a_b_c_.jpg"),
        (".trashed-1690000000-a.jpg", "_.trashed-1690000000-a.jpg"),
        ("photo.json", "photo.json.jpg"),
        ("a.jpg.XMP", "a.jpg.XMP.jpg"),
        ("a.part", "a.part.jpg"),
        ("x" * 300 + ".json", "x" * 175 + ".json.jpg"),
        ("CON.jpg", "_CON.jpg"),
        ("e\u0301.jpg", "\u00e9.jpg"),
        ("...", "_"),
        ("a." + "x" * 300, "a." + "x" * 178),
        ("x" * 300 + ".jpeg", "x" * 175 + ".jpeg"),
        ("\u00e9" * 200 + ".jpg", "\u00e9" * 88 + ".jpg"),
    ],
)
def test_names_are_made_safe_for_every_file_system(name: str, safe: str) -> None:
    assert layout.safe_name(name, ".jpg") == safe


@pytest.mark.parametrize(
    "names",
    [
        (".trashed-1690000000-a.jpg", "a.jpg"),
        ("b.jpg", "b.jpg.xmp"),
        ("b.jpg.xmp", "b.jpg"),
        ("b.jpg.json", "b.jpg", "B.JPG.json"),
        ("photo.json", "library.json"),
    ],
)
def test_no_file_name_costs_an_original(
    alice: User, bob: User, tmp_path: Path, names: tuple[str, ...]
) -> None:
    for name in names:
        Image.objects.filter(pk=photo_of(alice).pk).update(filename=name)

    export(tmp_path)
    assert export(tmp_path).startswith(f"0 written, {len(names)} there already")

    assert restore(tmp_path).startswith(f"{len(names)} restored")
    assert said(bob) == said(alice)


def test_export_from_which_a_side_car_is_missing_is_not_restored_silently(
    alice: User, bob: User, tmp_path: Path
) -> None:
    photo_of(alice)
    photo_of(alice)
    export(tmp_path)
    layout.side_cars(tmp_path)[0].unlink()
    err = io.StringIO()

    with pytest.raises(CommandError, match="1 photos were not restored"):
        call_command("import_library", str(tmp_path), user="bob", verbosity=0, stderr=err)

    assert "library.json tells of 2 photos, the folder holds 1" in err.getvalue()
    assert Image.objects.owned_by(bob).count() == 1


def test_exported_file_whose_bytes_have_changed_is_fetched_again(alice: User, tmp_path: Path) -> None:
    image = photo_of(alice)
    export(tmp_path)
    path = layout.side_cars(tmp_path)[0].with_suffix("")
    path.write_bytes(bytes(image.bytes))

    assert export(tmp_path).startswith("1 written, 0 there already, 0 failed")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == image.sha256


def test_second_export_fetches_nothing_and_follows_changes_in_words(alice: User, tmp_path: Path) -> None:
    image = photo_of(alice)
    export(tmp_path)
    Image.objects.filter(pk=image.pk).update(title="Now with a title")
    photo_of(alice)

    assert export(tmp_path).startswith("1 written, 1 there already, 0 failed")

    words = [json.loads(path.read_text())["title"] for path in layout.side_cars(tmp_path)]
    assert sorted(words) == ["", "Now with a title"]


def test_broken_off_export_is_taken_up(alice: User, tmp_path: Path) -> None:
    for _ in range(3):
        photo_of(alice)
    export(tmp_path)
    first, second, _ = (path.with_suffix("") for path in layout.side_cars(tmp_path))
    first.unlink()
    second.write_bytes(b"half")

    assert export(tmp_path).startswith("2 written, 1 there already, 0 failed")
    for path in layout.side_cars(tmp_path):
        wanted = json.loads(path.read_text())["sha256"]
        assert hashlib.sha256(path.with_suffix("").read_bytes()).hexdigest() == wanted


def test_other_programs_read_the_side_car(alice: User, tmp_path: Path) -> None:
    from gallery.imaging import xmp

    image = photo_of(alice, title="Sea & <sky>", description="Two \x0bwords", is_favorite=True)
    image.tags.add(Tag.objects.create(owner=alice, name="Été"))

    export(tmp_path)

    packet = next(tmp_path.rglob("*.xmp")).read_bytes()
    read = xmp.read(packet)
    assert (read.title, read.description, read.keywords, read.rating) == (
        "Sea & <sky>",
        "Two words",
        ("Été",),
        5,
    )
    created = ElementTree.fromstring(packet).find(".//*[@{http://ns.adobe.com/photoshop/1.0/}DateCreated]")
    assert created is not None
    assert created.get("{http://ns.adobe.com/photoshop/1.0/}DateCreated") == "2026-09-14T19:42:11+02:00"


def test_original_that_changed_in_the_bucket_is_not_exported(alice: User, tmp_path: Path) -> None:
    image = photo_of(alice)
    objectstore.put(image.original_key, bytes(image.bytes), content_type="image/jpeg", if_absent=False)
    err = io.StringIO()

    with pytest.raises(CommandError, match="1 photos were not exported"):
        call_command("export_library", str(tmp_path), user="alice", verbosity=0, stderr=err)

    assert "not those that were uploaded" in err.getvalue()
    assert not list(tmp_path.rglob("*.jpg*"))


def test_restoring_twice_changes_nothing(alice: User, bob: User, tmp_path: Path) -> None:
    fill(alice)
    export(tmp_path)
    restore(tmp_path)
    before = said(bob)

    assert restore(tmp_path).startswith("0 restored, 3 there already, 3 albums, 0 failed")

    assert said(bob) == before
    assert ImageTag.objects.filter(image__owner=bob).count() == 3


def test_photo_of_the_exported_bin_gets_its_days_anew(
    alice: User, bob: User, tmp_path: Path, settings: Any
) -> None:
    """An export may be older than the bin's days: nothing that it brings is to be deleted the next moment."""
    photo_of(alice, binned_at=timezone.now() - timedelta(days=settings.BIN_DAYS + 5))
    export(tmp_path)
    before = timezone.now()

    restore(tmp_path)
    tasks.tick()

    binned_at = Image.objects.owned_by(bob).get().binned_at
    assert binned_at is not None
    assert binned_at >= before


def test_merge_takes_out_of_the_bin_and_puts_nothing_that_is_live_into_it(
    alice: User, tmp_path: Path
) -> None:
    """The export says one thing of each photo, the library by now the other: what keeps the photo counts."""
    restored, binned = photo_of(alice), photo_of(alice)
    photo_bin.put(Image.objects.filter(pk=restored.pk))
    export(tmp_path)
    photo_bin.restore(Image.objects.all())
    photo_bin.put(Image.objects.filter(pk=binned.pk))

    assert restore(tmp_path, "alice", merge=True).startswith("0 restored, 2 there already")

    assert Image.objects.live().count() == 2


def test_file_that_was_changed_in_the_export_is_refused_and_the_rest_restored(
    alice: User, bob: User, tmp_path: Path
) -> None:
    photo_of(alice)
    photo_of(alice)
    export(tmp_path)
    layout.side_cars(tmp_path)[0].with_suffix("").write_bytes(photo_bytes())
    err = io.StringIO()

    with pytest.raises(CommandError, match="1 photos were not restored"):
        call_command("import_library", str(tmp_path), user="bob", verbosity=0, stderr=err)

    assert "its bytes have changed" in err.getvalue()
    assert Image.objects.owned_by(bob).count() == 1


def test_library_with_other_photos_is_only_restored_into_when_told(
    alice: User, bob: User, tmp_path: Path
) -> None:
    photo_of(alice)
    make_image(bob)
    export(tmp_path)

    with pytest.raises(CommandError, match="--merge"):
        restore(tmp_path)
    assert restore(tmp_path, merge=True).startswith("1 restored")


def test_only_the_named_users_photos_are_exported(alice: User, bob: User, tmp_path: Path) -> None:
    photo_of(alice)
    photo_of(bob)

    assert export(tmp_path, "bob").startswith("1 written")


def test_folder_with_other_files_is_refused(alice: User, tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("!")

    with pytest.raises(CommandError, match="other files"):
        export(tmp_path)


def test_folder_that_is_no_export_is_refused(tmp_path: Path, alice: User) -> None:
    with pytest.raises(CommandError, match="finished export"):
        restore(tmp_path, "alice")


def test_photos_that_the_library_holds_no_more_stay_in_the_folder(alice: User, tmp_path: Path) -> None:
    image = photo_of(alice)
    export(tmp_path)
    Image.objects.filter(pk=image.pk).delete()
    make_user("carol")

    assert "1 in the folder that the library holds no more" in export(tmp_path)
    assert len(list(tmp_path.rglob("*.jpg"))) == 1


def test_moments_survive_to_the_microsecond(alice: User, bob: User, tmp_path: Path) -> None:
    exact = datetime(1969, 7, 20, 20, 17, 40, 123456, tzinfo=UTC)
    photo_of(alice, taken_at=exact, created_at=exact + timedelta(days=1))

    export(tmp_path)
    restore(tmp_path)

    image = Image.objects.owned_by(bob).get()
    assert (image.taken_at, image.created_at) == (exact, exact + timedelta(days=1))
