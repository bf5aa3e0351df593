"""`rebuild_renditions` and `work`: what they did is said, and one bad photo stops neither."""

import io

import pytest
from django.core.management import CommandError, call_command

from gallery import objectstore, renditions, uploads
from gallery.models import Image, User
from tests.make import announced, photo_bytes, upload_photo

pytestmark = pytest.mark.usefixtures("s3")


def photo_of(owner: User) -> Image:
    image = upload_photo(owner).image
    assert image is not None
    return image


def test_renditions_are_rebuilt_where_they_are_missing(alice: User) -> None:
    image, other = photo_of(alice), photo_of(alice)
    objectstore.delete(renditions.keys(image)[:1])
    out = io.StringIO()

    call_command("rebuild_renditions", verbosity=0, stdout=out)

    assert out.getvalue().startswith("1 rebuilt, 0 failed")
    assert all(objectstore.head(key) for key in renditions.keys(image) + renditions.keys(other))


def test_chosen_photo_is_rebuilt_and_an_unknown_one_is_named(alice: User) -> None:
    image = photo_of(alice)
    out = io.StringIO()
    call_command("rebuild_renditions", "--image", str(image.pk), verbosity=0, stdout=out)
    assert out.getvalue().startswith("1 rebuilt")

    with pytest.raises(CommandError, match="There is no photo"):
        call_command("rebuild_renditions", "--image", str(alice.pk), verbosity=0)


def test_photo_that_cannot_be_rebuilt_fails_the_command_and_not_the_others(alice: User) -> None:
    lost, sound = photo_of(alice), photo_of(alice)
    objectstore.delete([lost.original_key])
    out, err = io.StringIO(), io.StringIO()

    with pytest.raises(CommandError):
        call_command("rebuild_renditions", "--all", verbosity=0, stdout=out, stderr=err)

    assert out.getvalue().startswith("1 rebuilt, 1 failed")
    assert str(lost.pk) in err.getvalue()
    assert str(sound.pk) not in err.getvalue()


def test_worker_command_does_what_waits_once(alice: User) -> None:
    data = photo_bytes()
    upload = uploads.start(alice, [announced(data)])[0].upload
    assert upload is not None
    objectstore.put(upload.key, data, content_type="image/jpeg", if_absent=True)
    uploads.finish(upload)
    out = io.StringIO()

    call_command("work", "--once", stdout=out)

    assert out.getvalue().startswith("1 uploads processed")
