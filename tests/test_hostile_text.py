"""Text that people and files bring is text everywhere: markup, quotes, emoji, right-to-left and ten thousand letters."""

from html.parser import HTMLParser

import pytest

from gallery.models import Album, Image, ShareLink, SmartAlbum, Tag, User, Webhook
from gallery.search import index
from tests.access_table import TABLE
from tests.access_world import World, make_world

pytestmark = pytest.mark.usefixtures("s3")

MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
TEXTS = {
    "markup": MARKUP,
    "refresh": '0;url=https://evil.test" http-equiv="refresh',
    "right to left": "\u202e\u05e9\u05dc\u05d5\u05dd\u202c \u0645\u0631\u062d",
    "emoji": "👩‍👩‍👧‍👦🏔️",
    "template": "{{ settings.SECRET_KEY }}{% now 'Y' %}",
    "long": "ridge " * 1700,
}
PAGES = sorted(
    (name, thing)
    for (name, method), rule in TABLE.items()
    if method == "get"
    for thing in rule.things
    if "owner" in rule.who(thing)
)


class Active(HTMLParser):
    """Collects what a browser would act on and that only the text could have brought."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        handlers = [name for name in values if name.startswith("on")]
        refreshes = "http-equiv" in values and "evil" in (values.get("content") or "")
        inline = tag == "script" and not {"src", "type"} & set(values)
        if handlers or refreshes or inline or values.get("src") == "x":
            self.found.append(str(self.get_starttag_text()))


def spread(owner: User, text: str) -> World:
    """Make the world of the access matrix, and put the text wherever text can stand."""
    world = make_world(owner)
    word = text.strip()
    Image.objects.update(
        title=word[:200], description=word, filename=word[:200].replace("/", "") + ".jpg", lens=word[:120],
        camera_make=word[:80], camera_model=word[:80], place=word[:120], metadata={"keywords": [word[:300]]},
    )  # fmt: skip
    Album.objects.update(title=word[:200], description=word)
    Tag.objects.filter(name="ridge").update(name=word[:60])
    SmartAlbum.objects.update(title=word[:200])
    ShareLink.objects.update(title=word[:200])
    Webhook.objects.update(name=word[:100])
    User.objects.update(first_name=word[:150], last_name=word[:150])
    index.refresh(list(Image.objects.values_list("pk", flat=True)))
    return world


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_no_page_takes_text_for_anything_else(text: str, alice: User) -> None:
    world = spread(alice, text)
    harmed = []
    for name, thing in PAGES:
        url = world.url(name, thing)
        for role in ("owner", "anonymous") if thing == "link" else ("owner",):
            answer = world.client(role).get(url)
            content = b"" if answer.streaming else answer.content
            active = Active(content.decode()).found if "html" in answer.get("Content-Type", "") else []
            if answer.status_code >= 500 or active:
                harmed.append(f"{url}: {answer.status_code} {active[:2]}")

    assert not harmed


def test_ten_thousand_letters_of_a_query_are_answered(alice: User) -> None:
    world = make_world(alice)

    answer = world.client("owner").get("/search/", {"q": "ridge " * 1700})

    assert answer.status_code < 500
