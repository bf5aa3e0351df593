"""How a link looks elsewhere: preview cards, frames, oEmbed, feeds; and titles that do no harm in any of them."""

import pytest
from django.test import Client

from gallery.models import User
from tests.make import make_album, make_image
from tests.pages import tags
from tests.sharing import PASSWORD, make_link, place


@pytest.fixture
def guest() -> Client:
    return Client()


@pytest.mark.usefixtures("signing")
@pytest.mark.parametrize(
    "title",
    ["<script>alert(1)</script>", "0;url=https://evil.test", '"><img src=x onerror=alert(1)>', "a\nb\r\nSet-Cookie: x=1",
     "👨‍👩‍👧 عائلة", "x" * 200],
    ids=["script", "refresh", "attribute", "newline", "emoji", "long"],
)  # fmt: skip
def test_titles_do_no_harm_anywhere(alice: User, guest: Client, title: str) -> None:
    image = make_image(alice, title=title, description=title)
    album = make_album(alice, image, title=title)
    _, address = make_link(alice, album=album)

    for at in (address, address + place(address, image), f"{address}embed/"):
        page = guest.get(at)
        assert {tag.get("type") for tag in tags(page, "script")} <= {"module"}
        assert not [tag for tag in tags(page, "img") if "onerror" in tag]
        assert not [tag for tag in tags(page, "meta") if "http-equiv" in tag]
        assert len([tag for tag in tags(page, "meta") if "property" in tag]) in {0, 8}
    feed = guest.get(f"{address}feed/")
    from defusedxml.ElementTree import fromstring

    assert fromstring(feed.content).find("channel/title") is not None
    oembed = guest.get("/oembed/", {"url": f"http://testserver{address}"}).json()
    assert "<script" not in oembed["html"]
    assert oembed["html"].count("<") == 2


@pytest.mark.usefixtures("signing")
def test_preview_card_is_at_an_address_that_asks_for_no_cookie(alice: User) -> None:
    image = make_image(alice)
    _, address = make_link(alice, image)
    told = {
        tag["property"]: tag["content"] for tag in tags(Client().get(address), "meta") if "property" in tag
    }
    assert told["og:image"] == f"http://testserver{address}preview/"
    assert (told["og:image:width"], told["og:image:height"]) == ("1200", "630")
    answer = Client().get(f"{address}preview/")
    assert answer.status_code == 302
    assert f"/renditions/{image.rendition_token}/" in answer["Location"]
    assert "/og." in answer["Location"]


@pytest.mark.usefixtures("signing")
def test_link_with_a_password_shows_nothing_elsewhere(alice: User, guest: Client) -> None:
    image = make_image(alice, title="The lake")
    _, address = make_link(alice, image, password=PASSWORD)
    guest.post(f"{address}unlock/", {"password": PASSWORD})
    for rest in ("preview/", "embed/", "feed/", f"{place(address, image)}picture/"):
        assert guest.get(address + rest).status_code == 404
    assert guest.get("/oembed/", {"url": f"http://testserver{address}"}).status_code == 404
    page = guest.get(address)
    card = [tag["content"] for tag in tags(page, "meta") if tag.get("property") == "og:image"]
    assert card == ["http://testserver/static/gallery/share-card.png"]
    assert not [tag for tag in tags(page, "link") if tag.get("rel") == "alternate"]


@pytest.mark.usefixtures("signing")
def test_only_the_embedded_page_may_be_framed(alice: User, guest: Client) -> None:
    _, address = make_link(alice, make_image(alice))
    framed, page = guest.get(f"{address}embed/"), guest.get(address)
    assert "frame-ancestors *" in framed["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"


@pytest.mark.usefixtures("signing")
def test_oembed_tells_how_to_embed_a_link_of_this_site_and_of_no_other(alice: User, guest: Client) -> None:
    _, address = make_link(alice, make_image(alice), title="Summer")
    found = [
        tag["href"]
        for tag in tags(guest.get(address), "link")
        if tag.get("type") == "application/json+oembed"
    ]
    told = guest.get(found[0] + "&maxwidth=320").json()
    assert (told["type"], told["title"], told["width"]) == ("rich", "Summer", 320)
    assert f"http://testserver{address}embed/" in told["html"]
    for url in (
        f"http://evil.test{address}",
        "http://testserver/s/x/",
        "//[",
        "http://testserver/albums/",
        "",
    ):
        assert guest.get("/oembed/", {"url": url}).status_code == 404
    assert guest.get("/oembed/", {"url": f"http://testserver{address}", "format": "xml"}).status_code == 501


@pytest.mark.usefixtures("signing")
def test_feed_lists_the_latest_photos_with_pictures_that_can_be_fetched(alice: User, guest: Client) -> None:
    from defusedxml.ElementTree import fromstring

    first, second = make_image(alice, title="Old"), make_image(alice, title="New")
    _, address = make_link(alice, first, second)
    items = fromstring(guest.get(f"{address}feed/").content).findall("channel/item")
    assert [item.findtext("title") for item in items] == ["New", "Old"]
    enclosure = items[0].find("enclosure")
    assert enclosure is not None
    answer = guest.get(enclosure.attrib["url"].removeprefix("http://testserver"))
    assert f"/renditions/{second.rendition_token}/" in answer["Location"]
