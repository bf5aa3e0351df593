"""A language that shows what was not translated: every message in brackets, and what of a page stands outside of them."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.util import find_spec
from math import ceil
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tests import catalog

# Spoken by no page of ours.
LANGUAGE = "eo"
OPEN, CLOSE = "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}", "\N{MATHEMATICAL RIGHT WHITE SQUARE BRACKET}"
READ = ("aria-label", "title", "placeholder", "alt")
# A word, or what must stay as it is: places, elements, entities.
WORD = re.compile(r"%\(\w+\)\w|%\w|\{\w+\}|<[^>]*>|&\w+;|([A-Za-z]{2,})")
UNREAD = ("script", "style")
# The packages whose words pages show as well.
OTHERS = ("django", "django.contrib.auth", "allauth", "django_countries")


def write(folder: Path, longer: float = 0) -> None:
    """Write the catalog of the language into a folder for LOCALE_PATHS; `longer` makes every word so much longer."""
    made = Catalog(locale=LANGUAGE, fuzzy=False, charset="utf-8")
    for source in (*_of_others(), catalog.extracted()):
        for message in source:
            if message.id and made.get(message.id, message.context) is None:
                ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
                texts = tuple(f"{OPEN}{_stretched(text, longer)}{CLOSE}" for text in ids)
                made.add(message.id, texts if len(texts) > 1 else texts[0], context=message.context)
    target = folder / LANGUAGE / "LC_MESSAGES"
    target.mkdir(parents=True)
    (target / "django.mo").write_bytes(catalog.compiled(made))


def _stretched(text: str, longer: float) -> str:
    return WORD.sub(lambda word: word[0] + "o" * ceil(len(word[1] or "") * longer), text)


def bare(html: str) -> set[str]:
    """Return what a person would read of the page and stands in no brackets."""
    reader = _Texts()
    reader.feed(html)
    return {text for text in map(_outside, reader.texts) if re.search(r"[A-Za-z]{2}", text)}


def _of_others() -> Iterator[Catalog]:
    """Yield the messages of the packages, by the German catalogs that they bring."""
    for name in OTHERS:
        spec = find_spec(name)
        assert spec
        assert spec.origin
        for folder in ("conf/locale", "locale"):
            path = Path(spec.origin).parent / folder / "de/LC_MESSAGES/django.po"
            if path.exists():
                with path.open("rb") as file:
                    yield read_po(file)


def _outside(text: str) -> str:
    inside = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
    while inside.search(text):
        text = inside.sub("", text)
    return " ".join(text.split()).strip("· ")


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unread += tag in UNREAD
        self.texts += [value for name, value in attrs if name in READ and value]

    def handle_endtag(self, tag: str) -> None:
        self.unread -= tag in UNREAD

    def handle_data(self, data: str) -> None:
        if not self.unread:
            self.texts.append(data)
