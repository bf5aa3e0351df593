"""What guests of a share link see: its photos, nothing else, and nothing of what their owner keeps to themselves."""

import io
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.request import urlopen

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow

from gallery import bin as photo_bin
from gallery import sharing
from gallery.models import Album, Image, ShareLink, User, new_token
from tests.make import make_album, make_image, make_user, photo_bytes, upload_photo
from tests.pages import tags
from tests.sharing import PASSWORD, make_link, place


def everything_below(address: str, image: Image) -> list[str]:
    """Return every address that a link has."""
    job, at = uuid.UUID(int=7), place(address, image)
    return [
        f"{address}{rest}"
        for rest in (
            "", at, f"{at}download/", f"{at}picture/", f"zip/{job}/", f"zip/{job}/file/",
            "add/", f"add/{job}/", "preview/", "embed/", "feed/", "nothing/at/all", "unlock", "zip/",
        )
    ]  # fmt: skip


@pytest.fixture
def guest() -> Client:
    return Client()


@pytest.mark.usefixtures("signing")
def test_guest_sees_the_albums_photos_in_its_order_and_moves_between_them(alice: User, guest: Client) -> None:
    first, second, third = (make_image(alice, title=title) for title in ("One", "Two", "Three"))
    _, address = make_link(alice, second, first, third)

    page = guest.get(address)

    leads = [tag["href"] for tag in tags(page, "a") if "/p/" in tag["href"]]
    assert leads == [address + place(address, image) for image in (second, first, third)]
    middle = guest.get(leads[1])
    turns = {tag["rel"]: tag["href"] for tag in tags(middle, "a") if tag.get("rel") in {"prev", "next"}}
    assert turns == {"prev": leads[0], "next": leads[2]}
    assert "One" in middle.content.decode()


@pytest.mark.usefixtures("signing")
@pytest.mark.parametrize("sort", [None, *Album.Sort])
def test_pages_of_a_long_album_show_every_photo_once_and_in_order(
    alice: User, guest: Client, sort: str | None
) -> None:
    images = [make_image(alice) for _ in range(205)]
    album = make_album(alice, *images)
    Album.objects.filter(pk=album.pk).update(sort=sort)
    _, address = make_link(alice, album=album)
    seen: list[str] = []
    query = ""
    while True:
        page = guest.get(address + query)
        seen += [tag["href"] for tag in tags(page, "a") if "/p/" in tag["href"]]
        onward = [tag["href"] for tag in tags(page, "a") if tag.get("rel") == "next"]
        if not onward:
            break
        query = onward[0]

    expected = {None: images, "manual": images, "newest": images, "oldest": images[::-1]}[sort]
    assert seen == [address + place(address, image) for image in expected]
    by_turns = [seen[100]]
    for _ in range(3):
        page = guest.get(by_turns[-1])
        by_turns += [tag["href"] for tag in tags(page, "a") if tag.get("rel") == "next"]
    assert by_turns == seen[100:104]


@pytest.mark.usefixtures("signing")
def test_queries_do_not_grow_with_the_photos(
    alice: User, guest: Client, django_assert_max_num_queries: Any
) -> None:
    _, few = make_link(alice, make_image(alice))
    _, many = make_link(alice, *[make_image(alice) for _ in range(40)])
    for address in (few, many):
        with django_assert_max_num_queries(5):
            assert guest.get(address).status_code == 200


@pytest.mark.usefixtures("signing")
def test_unknown_expired_and_revoked_links_are_one_answer_at_every_address(
    alice: User, guest: Client
) -> None:
    image = make_image(alice)
    expired, revoked = (make_link(alice, image, allow_upload=True, upload_limit_bytes=9) for _ in range(2))
    _, off = make_link(make_user("gone"), password=PASSWORD)
    User.objects.filter(username="gone").update(is_active=False)
    ShareLink.objects.filter(pk=expired[0].pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    sharing.revoke(revoked[0])

    answers = {
        (response.status_code, response.content, tuple(sorted(response.headers.items())))
        for address in (expired[1], revoked[1], off, f"/s/{'x' * 22}/", "/s/x/", "/s/%00/")
        for at in everything_below(address, image)
        for response in (guest.get(at), guest.post(at), guest.head(at))
        if response.content
    }

    assert len(answers) == 1
    status, content, _ = answers.pop()
    assert status == 404
    assert b"This link does not work any more" in content
    assert guest.get("/s/").content == content


@pytest.mark.usefixtures("signing")
def test_address_without_its_last_slash_leads_to_the_link(alice: User, guest: Client) -> None:
    _, address = make_link(alice)
    assert guest.get(address.rstrip("/"))["Location"] == address


@pytest.mark.usefixtures("signing")
def test_link_never_opens_a_photo_outside_it(alice: User, guest: Client) -> None:
    inside, binned, held, outside = (make_image(alice) for _ in range(4))
    bobs = make_image(make_user("bobby"))
    _, address = make_link(alice, inside, binned, held)
    photo_bin.put(Image.objects.filter(pk=binned.pk))
    Image.objects.filter(pk=held.pk).update(held_at=timezone.now())
    gone = guest.get(f"/s/{'x' * 22}/").content

    assert guest.get(address + place(address, inside)).status_code == 200
    for image in (binned, held, outside, bobs):
        for rest in ("", "download/", "picture/"):
            answer = guest.get(address + place(address, image) + rest)
            assert (answer.status_code, answer.content) == (404, gone)
        assert guest.get(f"{address}preview/?photo={image.rendition_token}").status_code == 404
    for word in (str(inside.pk), inside.pk.hex, "0"):
        assert guest.get(f"{address}p/{word}/").status_code == 404


@pytest.mark.usefixtures("signing")
def test_photo_that_is_taken_out_is_gone_at_once(alice: User, guest: Client) -> None:
    image, other = make_image(alice), make_image(alice)
    album = make_album(alice, image, other)
    _, address = make_link(alice, album=album)
    assert image.rendition_token in guest.get(address).content.decode()

    album.images.remove(image)

    assert image.rendition_token not in guest.get(address).content.decode()
    assert guest.get(address + place(address, image)).status_code == 404


@pytest.mark.usefixtures("signing")
def test_selection_opens_what_was_chosen_in_that_order_and_no_more(alice: User, guest: Client) -> None:
    first, second, third = (make_image(alice) for _ in range(3))
    _, token = sharing.make(alice, images=[third.pk, first.pk])

    leads = [tag["href"] for tag in tags(guest.get(f"/s/{token}/"), "a") if "/p/" in tag["href"]]

    assert leads == [f"/s/{token}/{place(f'/s/{token}/', image)}" for image in (third, first)]
    assert guest.get(f"/s/{token}/{place(f'/s/{token}/', second)}").status_code == 404


@pytest.mark.usefixtures("signing")
def test_link_to_one_photo_shows_it_and_ends_with_it(alice: User, guest: Client) -> None:
    image = make_image(alice, title="The lake")
    _, token = sharing.make(alice, images=[image.pk])

    page = guest.get(f"/s/{token}/")
    assert "The lake" in page.content.decode()
    assert not [tag for tag in tags(page, "a") if tag.get("rel") in {"prev", "next"}]

    photo_bin.put(Image.objects.filter(pk=image.pk))
    assert guest.get(f"/s/{token}/").status_code == 404


@pytest.mark.parametrize("who", ["bob", "alice"])
def test_photos_of_others_cannot_be_shared(alice: User, bob: User, who: str) -> None:
    theirs, binned = make_image(bob), make_image(alice, binned_at=timezone.now())
    for image in (theirs, binned):
        with pytest.raises(sharing.InvalidLink):
            sharing.make(alice, images=[image.pk])
    with pytest.raises(sharing.InvalidLink):
        sharing.make(alice, album=make_album(bob))


@pytest.mark.usefixtures("signing")
def test_pages_tell_nothing_that_the_owner_keeps(alice: User, guest: Client) -> None:
    User.objects.filter(pk=alice.pk).update(first_name="Alicia", last_name="Smith")
    image = make_image(
        alice, filename="IMG_20260914_194211.jpg", latitude=43.2, longitude=-4.8, camera_make="Fujifilm",
        camera_model="X-T5", lens="XF 23", iso=400, place="Potes", taken_at=timezone.now() - timedelta(days=800),
    )  # fmt: skip
    _, address = make_link(alice, image)
    day = image.taken_local

    pages = "".join(
        guest.get(at).content.decode()
        for at in (address, address + place(address, image), f"{address}embed/", f"{address}feed/")
    )

    for secret in ("alice", "Alicia", "Smith", "example.com", "IMG_2026", "43.2", "Potes", "X-T5", "Fuji", "XF 23",
                   str(day.year), str(image.pk), image.pk.hex, str(alice.pk), alice.pk.hex):  # fmt: skip
        assert secret not in pages, secret


@pytest.mark.usefixtures("signing")
def test_facts_are_told_where_the_owner_says_so_but_never_those_of_other_peoples_photos(
    alice: User, bob: User, guest: Client
) -> None:
    facts: dict[str, Any] = {"latitude": 43.2, "longitude": -4.8, "camera_model": "X-T5", "place": "Potes"}
    own, bobs = make_image(alice, **facts), make_image(bob, **facts)
    _, address = make_link(alice, own, bobs, show_location=True, show_camera=True)

    told = guest.get(address + place(address, own)).content.decode()
    untold = guest.get(address + place(address, bobs)).content.decode()

    for fact in ("43.2", "X-T5", "Potes"):
        assert fact in told
        assert fact not in untold


@pytest.mark.usefixtures("signing")
def test_guests_get_the_info_alone_when_a_script_asks_for_it(alice: User, guest: Client) -> None:
    image = make_image(alice, title="The lake")
    _, address = make_link(alice, image)
    fragment = guest.get(
        address + place(address, image), headers={"X-Requested-Fragment": "1"}
    ).content.decode()
    assert "The lake" in fragment
    assert "<html" not in fragment


@pytest.mark.usefixtures("signing")
def test_every_answer_stays_out_of_referrers_search_engines_and_shared_caches(
    alice: User, guest: Client
) -> None:
    image = make_image(alice)
    _, plain = make_link(alice, image, allow_originals=True)
    _, locked = make_link(alice, image, password=PASSWORD)
    for address, caching in ((plain, "no-cache"), (locked, "no-store")):
        for at in everything_below(address, image):
            answer = guest.get(at)
            assert answer["Referrer-Policy"] == "no-referrer", at
            assert "noindex" in answer["X-Robots-Tag"]
            assert "private" in answer["Cache-Control"]
            assert "public" not in answer["Cache-Control"]
            if answer.status_code == 200:
                assert caching in answer["Cache-Control"], at


@pytest.mark.usefixtures("signing")
def test_visits_are_counted_once_each_and_not_the_owners(
    alice: User, guest: Client, signed_in: Callable[[User], Client]
) -> None:
    image = make_image(alice)
    link, address = make_link(alice, image)
    guest.get(address)
    guest.get(address + place(address, image))
    guest.head(address)
    Client().get(address)
    signed_in(alice).get(address)
    assert ShareLink.objects.get(pk=link.pk).views == 2


@pytest.mark.usefixtures("signing")
def test_changing_a_link_loses_no_view(alice: User, guest: Client) -> None:
    link, address = make_link(alice, make_image(alice))
    guest.get(address)
    sharing.change(link, title="Renamed", allow_download=False)
    stale = ShareLink.objects.get(pk=link.pk)
    Client().get(address)
    sharing.change(stale, title="Again")
    assert ShareLink.objects.get(pk=link.pk).views == 2


@pytest.mark.usefixtures("s3")
def test_what_guests_are_shown_carries_no_metadata(alice: User, guest: Client) -> None:
    data = photo_bytes(2000, 1500)
    image = upload_photo(alice, data).image
    assert image is not None
    _, address = make_link(alice, image)

    page = guest.get(address).content.decode() + guest.get(address + place(address, image)).content.decode()
    urls = {url.replace("&amp;", "&") for url in re.findall(r"http://127[^ ,\"]+", page)}
    urls.add(guest.get(f"{address}preview/")["Location"])
    pictures = [url for url in urls if "/renditions/" in url]
    assert len(pictures) >= 5
    for url in pictures:
        with urlopen(url) as answer:
            found = answer.read()
        opened = Pillow.open(io.BytesIO(found))
        assert not dict(opened.getexif())
        assert b"Exif" not in found
        assert b"Fujifilm" not in found


@pytest.mark.usefixtures("s3")
def test_download_is_a_whole_copy_without_what_the_file_tells(alice: User, guest: Client) -> None:
    data = photo_bytes(640, 480)
    image = upload_photo(alice, data, "IMG_20260914_194211.jpg").image
    assert image is not None
    link, address = make_link(alice, image)

    with urlopen(guest.get(f"{address}{place(address, image)}download/")["Location"]) as answer:
        copy, disposition = answer.read(), answer.headers["Content-Disposition"]

    assert disposition == 'attachment; filename="photo-001.jpg"'
    assert b"Fujifilm" not in copy
    assert not dict(Pillow.open(io.BytesIO(copy)).getexif())
    assert Pillow.open(io.BytesIO(copy)).tobytes() == Pillow.open(io.BytesIO(data)).tobytes()

    sharing.change(link, allow_originals=True)
    with urlopen(guest.get(f"{address}{place(address, image)}download/")["Location"]) as answer:
        assert answer.read() == data
        assert "IMG_20260914_194211.jpg" in answer.headers["Content-Disposition"]

    sharing.change(link, allow_download=False)
    assert guest.get(f"{address}{place(address, image)}download/").status_code == 404
    assert guest.post(f"{address}zip/").status_code == 404


@pytest.mark.usefixtures("s3")
def test_photo_that_another_brought_into_the_album_is_never_given_as_original(
    alice: User, bob: User, guest: Client
) -> None:
    bobs = upload_photo(bob, photo_bytes(640, 480)).image
    assert bobs is not None
    _, address = make_link(alice, bobs, allow_originals=True)
    with urlopen(guest.get(f"{address}{place(address, bobs)}download/")["Location"]) as answer:
        assert b"Fujifilm" not in answer.read()


def test_tokens_are_128_bits_and_only_their_hash_is_kept(alice: User) -> None:
    link, token = sharing.make(alice, album=make_album(alice))
    assert len(token) == 22
    kept = ShareLink.objects.filter(pk=link.pk).values()[0]
    assert token not in str(kept)
    assert kept["password"] == ""


@pytest.mark.usefixtures("signing")
def test_new_address_takes_the_place_of_the_old_one(alice: User, guest: Client) -> None:
    link, address = make_link(alice, make_image(alice))
    token = sharing.renew(link)
    assert guest.get(address).status_code == 404
    assert guest.get(f"/s/{token}/").status_code == 200
    sharing.revoke(link)
    with pytest.raises(sharing.InvalidLink):
        sharing.renew(link)


@pytest.mark.usefixtures("signing")
def test_address_of_a_photo_stays_when_it_is_turned_and_is_its_links_own(alice: User, guest: Client) -> None:
    image = make_image(alice)
    _, address = make_link(alice, image)
    _, other = make_link(alice, image)
    at = place(address, image)
    assert guest.get(address + at).status_code == 200

    Image.objects.update(rendition_token=new_token())

    assert guest.get(address + at).status_code == 200
    assert guest.get(other + at).status_code == 404
    assert image.pk.hex not in at.replace("-", "")
    for name in ("x", "x" * 21, "x" * 22, "x" * 200, "-", str(image.pk), image.rendition_token):
        assert guest.get(f"{address}p/{name}/").status_code == 404


@pytest.mark.usefixtures("signing")
def test_caches_keep_the_info_apart_from_the_page(alice: User, guest: Client) -> None:
    image = make_image(alice)
    _, address = make_link(alice, image)
    _, token = sharing.make(alice, images=[image.pk])

    for at in (address + place(address, image), f"/s/{token}/"):
        for headers in ({}, {"X-Requested-Fragment": "1"}):
            assert "X-Requested-Fragment" in guest.get(at, headers=headers)["Vary"]


@pytest.mark.usefixtures("signing")
def test_last_day_of_all_is_refused_in_words(alice: User, signed_in: Callable[[User], Client]) -> None:
    album = make_album(alice)
    client = signed_in(alice)

    answers = [
        client.post("/share/new/", {"album": str(album.pk), "lifetime": "date", "until": day})
        for day in ("9999-12-31", "9998-12-31")
    ]

    assert [answer.status_code for answer in answers] == [422, 302]
