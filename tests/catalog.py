"""The catalogs of translations: what is to be translated, read from templates and Python, and the files that keep it.

`make messages` runs this: it brings every catalog up to date and compiles it. It needs no gettext on the machine.
"""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import django
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "gallery" / "locale"
# The source is English; every other language has a catalog.
SOURCE = "en-gb"
HEADER = "# What PhotoSky says. `make messages` brings this file up to date; docs/translating.md tells more."
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


def languages() -> list[str]:
    """Return the codes that have a catalog."""
    return [code for code, _ in settings.LANGUAGES if code != SOURCE]


def folder(language: str) -> Path:
    """Return where the catalog of a language lies."""
    return LOCALES / language / "LC_MESSAGES"


def extracted() -> Catalog:
    """Return everything that is to be translated, with the files that it is in."""
    found = Catalog(charset="utf-8", fuzzy=False)
    for path, source in _sources():
        for _line, messages, comments, context in extract(
            "python", BytesIO(source.encode()), keywords=KEYWORDS, comment_tags=["Translators:"]
        ):
            found.add(messages, locations=[(path, 0)], auto_comments=comments, context=context)
    return found


def kept(language: str) -> Catalog:
    """Return the catalog as it is committed."""
    path = folder(language) / "django.po"
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str) -> Catalog:
    """Return the committed catalog with what is new, untranslated, and without what is gone."""
    old, new = kept(language), extracted()
    made = Catalog(
        locale=language,
        project="PhotoSky",
        charset="utf-8",
        header_comment=HEADER,
        last_translator="",
        language_team="",
        msgid_bugs_address="",
        fuzzy=False,
    )
    made.creation_date = made.revision_date = old.creation_date
    for message in new:
        if not message.id:
            continue
        known = old.get(message.id, message.context)
        made.add(
            message.id,
            known.string if known else None,
            locations=message.locations,
            flags=message.flags,
            auto_comments=message.auto_comments,
            user_comments=known.user_comments if known else (),
            context=message.context,
        )
    return made


def text_of(catalog: Catalog) -> bytes:
    """Return the catalog as a .po file: sorted, without dates and line numbers, which would change with everything."""
    out = BytesIO()
    write_po(out, catalog, width=110, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return re.sub(
        rb'^"(POT-Creation-Date|PO-Revision-Date|Generated-By|Report-Msgid-Bugs-To|Last-Translator|Language-Team): .*\n',
        b"",
        out.getvalue(),
        flags=re.MULTILINE,
    )


def compiled(catalog: Catalog) -> bytes:
    """Return the catalog as a .mo file, which is the same whenever it is made."""
    out = BytesIO()
    catalog.creation_date = catalog.revision_date = LONG_AGO
    write_mo(out, catalog)
    return out.getvalue()


def write(language: str) -> int:
    """Write the catalog of a language anew; return how many of its messages are not translated."""
    catalog = updated(language)
    folder(language).mkdir(parents=True, exist_ok=True)
    (folder(language) / "django.po").write_bytes(text_of(catalog))
    (folder(language) / "django.mo").write_bytes(compiled(kept(language)))
    return sum(1 for message in catalog if message.id and not is_translated(message.string))


def is_translated(string: str | tuple[str, ...] | list[str] | None) -> bool:
    """Tell whether every form of a message is there."""
    return bool(string) and (isinstance(string, str) or all(string or ()))


def _sources() -> Iterator[tuple[str, str]]:
    for path in sorted([*(ROOT / "templates").rglob("*.*"), *(ROOT / "gallery").rglob("*.py")]):
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in {".html", ".txt"}:
            # Python of a kind, of one statement a line; indentation means nothing there.
            yield (
                name,
                re.sub(
                    r"^\s+", "", templatize(path.read_text(encoding="utf-8"), origin=name), flags=re.MULTILINE
                ),
            )
        elif path.suffix == ".py" and "migrations" not in path.parts:
            yield name, path.read_text(encoding="utf-8")


def main() -> int:
    """Bring every catalog up to date; 1 where something is left to translate."""
    django.setup()
    missing = {language: write(language) for language in languages()}
    for language, count in missing.items():
        print(f"{language}: {count} to translate in {folder(language).relative_to(ROOT)}/django.po")  # noqa: T201
    return 1 if any(missing.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
