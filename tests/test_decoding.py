"""From an upload to its end where the decoder dies, and renditions that are made anew: turned, or by another recipe."""

import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from gallery import imaging, importing, marker, objectstore, outdated, renditions, tasks
from gallery.errors import GalleryError
from gallery.models import Image, Removal, Upload, User
from tests.make import photo_bytes, upload_photo

pytestmark = pytest.mark.usefixtures("s3")


@pytest.fixture
def own_bucket(db: None, s3: object) -> None:
    """Let the session's bucket be this database's, so that the periodic work is done."""
    marker.adopt()


@pytest.fixture
def nasty_decoder(settings: Settings) -> None:
    """Decode by a process that crashes, hangs or eats memory where the picture asks for it."""
    settings.DECODER_MODULE = "tests.imaging.nasty_child"
    settings.DECODER_SECONDS = 1
    settings.DECODER_MEMORY_MB = 300


def nasty(what: str) -> bytes:
    return photo_bytes() + f"NASTY:decode:{what}".encode()


@pytest.mark.usefixtures("nasty_decoder")
@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("segv", "decoder_crashed"),
        ("killed", "decoder_memory"),
        ("malloc", "decoder_memory"),
        ("spin", "decoder_timeout"),
        ("sleep", "decoder_timeout"),
    ],
)
def test_a_file_that_ends_its_decoder_is_rejected_and_the_next_photo_is_made(
    alice: User, what: str, code: str
) -> None:
    data = nasty(what)

    rejected = upload_photo(alice, data)
    made = upload_photo(alice)

    assert (rejected.state, rejected.code) == (Upload.State.REJECTED, code)
    assert "photo" in rejected.reason
    assert objectstore.read(rejected.key, max_bytes=10**6) == data
    assert made.state == Upload.State.READY


@pytest.mark.usefixtures("nasty_decoder")
def test_import_goes_on_after_a_file_that_ends_its_decoder(alice: User) -> None:
    with pytest.raises(GalleryError, match="stops the program"):
        importing.bring_in(alice, nasty("segv"), "nasty.jpg")

    assert importing.bring_in(alice, photo_bytes(), "good.jpg")


@pytest.mark.usefixtures("nasty_decoder")
@pytest.mark.django_db(transaction=True)
def test_worker_lives_on_after_files_that_end_their_decoders(alice: User, settings: Settings) -> None:
    settings.DECODERS = 2
    uploads = [waiting(alice, data) for data in (nasty("segv"), photo_bytes(), nasty("abort"), photo_bytes())]
    stop = threading.Event()
    worker = threading.Thread(target=tasks.work, args=(stop,))
    worker.start()
    try:
        ended = timezone.now() + timedelta(seconds=60)
        while Upload.objects.filter(state=Upload.State.PROCESSING).exists() and timezone.now() < ended:
            stop.wait(0.1)
        assert worker.is_alive()
    finally:
        stop.set()
        worker.join()

    states = [Upload.objects.get(pk=upload.pk).state for upload in uploads]
    assert states == ["rejected", "ready", "rejected", "ready"]


def waiting(owner: User, data: bytes) -> Upload:
    """Bring a file to the point at which it waits for a worker."""
    from gallery import uploads
    from tests.make import announced

    upload = uploads.start(owner, [announced(data)])[0].upload
    assert upload is not None
    objectstore.put(upload.key, data, content_type=upload.content_type, if_absent=True, sha256=upload.sha256)
    return uploads.finish(upload)


@pytest.mark.usefixtures("nasty_decoder")
def test_a_decoder_that_cannot_start_rejects_nothing(alice: User, settings: Settings) -> None:
    upload = waiting(alice, photo_bytes())
    settings.DECODER_MODULE = "tests.imaging.no_such_child"

    tasks.process(upload.pk)

    upload.refresh_from_db()
    assert (upload.state, upload.attempts) == (Upload.State.PROCESSING, 1)
    assert upload.lease_until is not None
    settings.DECODER_MODULE = "gallery.imaging.child"
    Upload.objects.update(lease_until=None)
    tasks.process(upload.pk)
    upload.refresh_from_db()
    assert upload.state == Upload.State.READY


def sole_image() -> Image:
    return Image.objects.get()


def sizes(image: Image) -> set[tuple[int, int]]:
    found = set()
    for key in renditions.keys(image):
        data = objectstore.read(key, max_bytes=10**7)
        facts = imaging.inspect(data)
        found.add((facts.width, facts.height))
    return found


def test_turned_photo_has_other_sizes_and_other_names_and_stays_turned(alice: User) -> None:
    upload_photo(alice)
    before = sole_image()

    assert renditions.rebuild(before, turn=90)

    turned = sole_image()
    assert (turned.rotation, turned.width, turned.height) == (90, before.height, before.width)
    assert turned.rendition_token != before.rendition_token
    assert (120, 160) in sizes(turned)
    assert Removal.objects.filter(key__in=renditions.keys(before)).count() == len(imaging.LADDER)
    assert renditions.rebuild(turned)
    again = sole_image()
    assert (again.rotation, again.width, again.height) == (90, turned.width, turned.height)
    assert again.rendition_token == turned.rendition_token
    assert renditions.rebuild(again, turn=0)
    assert (sole_image().rotation, sole_image().width) == (None, before.width)


@pytest.mark.usefixtures("own_bucket")
def test_idle_time_makes_avif_of_webp_and_back(alice: User, settings: Settings) -> None:
    upload_photo(alice)
    settings.AVIF = True

    tasks.tick()

    image = sole_image()
    assert image.recipe == imaging.AVIF_RECIPE
    heads = [objectstore.head(key) for key in renditions.keys(image)]
    assert [head.content_type for head in heads if head] == ["image/avif"] * 4 + ["image/jpeg"]
    assert renditions.url(image, "h240").split("?")[0].endswith(f"/{imaging.AVIF_RECIPE}/h240.avif")
    settings.AVIF = False
    tasks.tick()
    assert sole_image().recipe == imaging.RECIPE


def test_arriving_photo_is_not_kept_waiting_for_avif(alice: User, settings: Settings) -> None:
    settings.AVIF = True

    upload_photo(alice)

    assert sole_image().recipe == imaging.RECIPE


@pytest.mark.usefixtures("own_bucket")
def test_former_recipe_is_replaced_by_the_tick_and_what_cannot_be_made_anew_holds_nobody_up(
    alice: User,
) -> None:
    upload_photo(alice)
    upload_photo(alice)
    Image.objects.update(recipe="r0")
    lost = Image.objects.earliest("id")
    objectstore.delete([lost.original_key])

    tasks.tick()

    assert Image.objects.get(pk=lost.pk).recipe == "r0"
    assert Image.objects.latest("id").recipe == imaging.RECIPE


def test_former_recipe_waits_while_an_upload_does(alice: User) -> None:
    upload_photo(alice)
    Image.objects.update(recipe="r0")

    assert outdated.renew(lambda: True) == 0
    assert outdated.renew(lambda: False) == 1


def test_command_follows_the_setting(alice: User, settings: Settings) -> None:
    upload_photo(alice)
    settings.AVIF = True

    call_command("rebuild_renditions", "--outdated", verbosity=0)

    assert sole_image().recipe == imaging.AVIF_RECIPE
