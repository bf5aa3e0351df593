"""The names of countries, by their ISO 3166-1 codes, in the language of whoever reads."""

from django.conf import settings
from django.utils.translation import override
from django_countries.data import COUNTRIES


def name(code: str | None) -> str:
    """Return the country's name in the language of the moment; the code itself where no such country is known."""
    return str(COUNTRIES.get(code, code)) if code else ""


def spoken(code: str | None) -> list[str]:
    """Return the country's name in each language of the site, and its code: whatever people may search for."""
    if not code:
        return []
    names = []
    for language, _ in settings.LANGUAGES:
        with override(language):
            names.append(name(code))
    return list(dict.fromkeys([*names, code]))
