"""Every text that people read is translated: the catalogs are whole, and no page holds words that are in none."""

import inspect
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from gallery import reasons
from gallery.imaging import formats, refusals
from gallery.models import User
from gallery.views import words
from tests import catalog, pseudo
from tests.access_table import TABLE
from tests.access_world import World, make_world

LANGUAGES = catalog.languages()
PLACE = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}|</?[a-z]+")
STATIC = catalog.ROOT / "gallery" / "static" / "gallery"
# The names of people and things in make_world(), what nobody translates, and the fields that searches are written in.
UNTRANSLATED = re.compile(
    r"([ ·]+|PhotoSky|English|Deutsch|Esperanto|python manage\.py \w+|laptop|photosky_\w+…|read|Summer|Private|Ridges|ridge"
    r"|another|Potes|One|alice|contributor|editor|viewer|(, )|: |(\d+-a )?de 20\d\d|Esc|IMG_\d+\.jpg"
    r"|\d+ \W \d+ \([\d,]+ MP\)|\w{4}…|plage|https://(example\.com/hook)?|#|\"?[a-z: 0-9-]+\"?|OR|20\d\d)+"
)


def forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def words_of(read: Catalog) -> dict[object, tuple[str, ...]]:
    found: dict[object, tuple[str, ...]] = {}
    for message in read:
        # Babel reads contexts of compiled catalogs as bytes.
        context: str | bytes | None = message.context
        name = context.decode() if isinstance(context, bytes) else context
        if message.id:
            found[name, *forms(message.id)] = forms(message.string)
    return found


def is_faithful(message: Message) -> bool:
    """Tell whether every form has the places of one of the original's; the first of two may leave the number out."""
    wanted = [sorted(PLACE.findall(text)) for text in forms(message.id)]
    return all(sorted(PLACE.findall(text)) in wanted for text in forms(message.string))


@pytest.fixture(scope="module")
def pseudo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pseudo")
    pseudo.write(folder)
    return folder


@pytest.fixture
def bracketed(pseudo_folder: Path, settings: Settings) -> None:
    settings.LANGUAGES = [*settings.LANGUAGES, (pseudo.LANGUAGE, "Esperanto")]
    settings.LOCALE_PATHS = [str(pseudo_folder)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalog_holds_what_the_program_says_and_nothing_else(language: str) -> None:
    committed = (catalog.folder(language) / "django.po").read_bytes()

    assert catalog.text_of(catalog.updated(language)) == committed, "run `make messages`, then translate"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalog_is_compiled_as_it_is_written(language: str) -> None:
    with (catalog.folder(language) / "django.mo").open("rb") as file:
        compiled = words_of(read_mo(file))

    assert compiled == words_of(catalog.kept(language)), "run `make messages`"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated_with_all_its_places(language: str) -> None:
    messages = [message for message in catalog.kept(language) if message.id]

    assert len(messages) > 500
    assert [message.id for message in messages if not catalog.is_translated(message.string)] == []
    assert [message.id for message in messages if message.fuzzy] == []
    assert [message.id for message in messages if not is_faithful(message)] == []


@pytest.mark.usefixtures("s3", "bracketed")
def test_no_page_holds_words_that_are_in_no_catalog(alice: User) -> None:
    world = make_world(alice)
    client = Client(headers={"accept-language": pseudo.LANGUAGE})
    client.force_login(alice)
    pages = {url: read(client, url) for url in addresses(world)}

    assert sum(1 for page in pages.values() if pseudo.OPEN in page) > 60
    assert {url: found for url, page in pages.items() if (found := untranslated(page))} == {}


@pytest.mark.usefixtures("db", "bracketed")
def test_no_page_of_a_stranger_holds_words_that_are_in_no_catalog() -> None:
    client = Client(headers={"accept-language": pseudo.LANGUAGE})
    for url in (
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/menu/",
        "/s/unknown/",
        "/x/",
    ):
        page = read(client, url)
        assert pseudo.OPEN in page
        assert untranslated(page) == set()


def addresses(world: World) -> list[str]:
    """Return every address that is a page, with the things that it is tried with."""
    names = [
        (name, rule)
        for (name, method), rule in TABLE.items()
        if method == "get" and not name.startswith("api:")
    ]
    return sorted({world.url(name, thing) for name, rule in names for thing in rule.things})


def read(client: Client, url: str) -> str:
    """Return the page at the address; nothing where it leads elsewhere or is no page."""
    response = client.get(url)
    is_page = "html" in response.get("Content-Type", "") and response.status_code not in {302, 400}
    return response.content.decode() if is_page else ""


def untranslated(page: str) -> set[str]:
    return {text for text in pseudo.bare(page) if not UNTRANSLATED.fullmatch(text)}


def refused() -> list[str]:
    """Return what each refusal of a file says, with some figures."""
    figures = {"what": "a PDF document", "label": "videos", "width": 9000, "height": 9000, "limit": 5_000_000}
    makers = [
        maker
        for name, maker in inspect.getmembers(refusals, inspect.isfunction)
        if maker.__module__ == refusals.__name__
    ]
    assert len(makers) >= len(refusals.CODES) - 1
    return [
        maker(
            **{
                name: figures.get(name, 7)
                for name, place in inspect.signature(maker).parameters.items()
                if place.default is place.empty
            }
        ).message
        for maker in makers
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_against_a_file_is_told_in_the_language_of_the_page(language: str) -> None:
    with translation.override(language):
        told = {reason: reasons.said(reason) for reason in refused()}

    assert [reason for reason, text in told.items() if text == reason or "%(" in text] == []
    assert {reasons.said(reason) for reason in told} == set(told)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_file_is_instead_is_told_in_the_language_of_the_page(language: str) -> None:
    kinds = {what for _, what in formats._FOREIGN}
    assert kinds
    with translation.override(language):
        assert [
            kind for kind in kinds if kind in reasons.said(refusals.unsupported_format(kind).message)
        ] == []


def test_words_of_scripts_come_in_the_language_of_the_page_with_every_plural(db: None) -> None:
    german = Client(headers={"accept-language": "de"}).get("/upload/words/").json()
    english = Client().get("/upload/words/").json()

    assert german["pause"] == "Anhalten"
    assert german["in_library"]["one"] == "%(count)s Foto ist in deiner Bibliothek"
    assert german["in_library"]["other"] == "%(count)s Fotos sind in deiner Bibliothek"
    assert set(english) == set(german) == set(words.UPLOADER)


def test_scripts_say_only_words_that_are_handed_to_them() -> None:
    asked = set()
    for path in (STATIC / "upload").glob("*.js"):
        asked |= set(re.findall(r"say\('(\w+)'", path.read_text()))

    assert asked
    assert asked <= set(words.UPLOADER)


def test_no_script_holds_a_sentence() -> None:
    # Of the pages of the API, which are for programmers, English is the language.
    scripts = [path for path in STATIC.rglob("*.js") if path.name != "api.js"]
    sentence = re.compile(r"(['`])([A-Z][a-z]+[^'`\n]* [a-z]+[^'`\n]*)\1")
    found = {path.name: sentence.findall(without_comments(path.read_text())) for path in scripts}

    assert {name: texts for name, texts in found.items() if texts} == {}


def without_comments(script: str) -> str:
    return re.sub(r"^\s*//.*$|\s// .*$", "", script, flags=re.MULTILINE)


def test_anybody_chooses_the_language_before_signing_in(db: None) -> None:
    client = Client()
    client.post("/language/", {"language": "de", "next": "/menu/"})

    page = client.get("/accounts/login/")
    assert page["Content-Language"] == "de"
    assert '<html lang="de"' in page.content.decode()
    assert client.post("/language/", {"language": "tlh"}).status_code == 400


def test_who_is_signed_in_keeps_the_language_in_other_browsers(alice: User) -> None:
    client, elsewhere = Client(), Client()
    client.force_login(alice)
    client.post("/language/", {"language": "de"})
    elsewhere.force_login(alice)

    assert elsewhere.get("/menu/")["Content-Language"] == "de"


def test_numbers_and_dates_are_written_as_the_language_does(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(used_bytes=3_500_000_000, quota_bytes=5 * 1024**3)
    client = Client(headers={"accept-language": "de"})
    client.force_login(alice)

    assert "3,3 GB von 5,0 GB belegt" in client.get("/account/").content.decode().replace("\xa0", " ")
