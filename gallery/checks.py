"""System checks: each message names what is wrong and what to do about it."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 (Django's name)
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

STARTUP = "startup"
# Django's own measure of a secret (django.core.checks.security.base, W009), here an error.
SECRET_LENGTH = 50


@register(STARTUP)
def secret_is_set(**kwargs: Any) -> Sequence[CheckMessage]:
    """Refuse to run without a secret, or publicly with one that can be guessed: sessions could be forged."""
    try:
        length = len(settings.SECRET_KEY)
    except ImproperlyConfigured:
        length = 0
    if length >= SECRET_LENGTH or (settings.LOCAL and length):
        return []
    return [
        Error(
            f"PHOTOSKY_SECRET_KEY has {length} characters." if length else "PHOTOSKY_SECRET_KEY is not set.",
            hint="Set it to at least 50 random characters, or PHOTOSKY_SECRET_KEY_FILE to a file that holds them. "
            "`make run` makes one for a gallery on this computer.",
            id="gallery.E001",
        )
    ]


@register(STARTUP)
def local_is_local(**kwargs: Any) -> Sequence[CheckMessage]:
    """Refuse the switch of one's own computer on Lambda: sessions would travel in clear."""
    if not (settings.LOCAL and settings.LAMBDA):
        return []
    return [
        Error(
            "PHOTOSKY_LOCAL is true on Lambda, which is no gallery on this computer.",
            hint="Remove PHOTOSKY_LOCAL from the function's variables and parameters.",
            id="gallery.E006",
        )
    ]


@register(STARTUP)
def errors_stay_inside(**kwargs: Any) -> Sequence[CheckMessage]:
    """Refuse debugging on a public site: its error pages show settings, code and data."""
    if not settings.DEBUG or (settings.LOCAL and not settings.LAMBDA):
        return []
    return [
        Error(
            "PHOTOSKY_DEBUG is true on a public site: errors would show its inside to visitors.",
            hint="Remove PHOTOSKY_DEBUG, or set PHOTOSKY_LOCAL=true for a gallery on this computer only.",
            id="gallery.E007",
        )
    ]


@register(STARTUP)
def database_survives(**kwargs: Any) -> Sequence[CheckMessage]:
    """Refuse SQLite on Lambda: every container would have its own, and lose it."""
    if not settings.LAMBDA or connections["default"].vendor != "sqlite":
        return []
    return [
        Error(
            "SQLite cannot be used on Lambda: what is written there is lost.",
            hint="Set DATABASE_URL to a PostgreSQL database, for example postgresql://USER:PASSWORD@HOST/NAME.",
            id="gallery.E002",
        )
    ]


@register(STARTUP)
def bucket_is_named(**kwargs: Any) -> Sequence[CheckMessage]:
    """Refuse to run without a bucket: there is nowhere to keep a photograph."""
    if settings.S3.bucket:
        return []
    return [
        Error(
            "PHOTOSKY_BUCKET is not set.",
            hint="Set it to the name of the S3 bucket that keeps the photographs. `make run` brings its own.",
            id="gallery.E003",
        )
    ]


@register()
def codecs_are_there(**kwargs: Any) -> Sequence[CheckMessage]:
    """Find a codec that is missing before a photograph does."""
    from gallery.imaging import codecs

    missing = [Error(f"{problem}.", hint=remedy, id="gallery.E004") for problem, remedy in codecs.problems()]
    return missing or [
        Warning(f"{problem}.", hint=remedy, id="gallery.W001") for problem, remedy in codecs.shortcomings()
    ]


@register(Tags.database)
def bucket_answers(databases: Sequence[str] | None = None, **kwargs: Any) -> Sequence[CheckMessage]:
    """Ask the bucket for an answer; like other checks that leave the process, only with `check --database default`."""
    from gallery import objectstore

    if not databases or not settings.S3.bucket:
        return []
    problem = objectstore.check()
    return (
        [Error(problem, hint="Check the PHOTOSKY_S3_ settings (docs/settings.md).", id="gallery.E005")]
        if problem
        else []
    )
