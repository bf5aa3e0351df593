"""Settings from the environment, typed and loud: a malformed value stops the program and names its remedy."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True)
class S3Settings:
    """Where the photographs are kept, and how browsers reach that place.

    `endpoint` is empty for AWS. `public_endpoint` is the address that browsers use when it differs from the one
    that the program uses. Empty keys mean boto3's own credential chain (the role, on Lambda).
    """

    bucket: str
    region: str = "us-east-1"
    endpoint: str = ""
    public_endpoint: str = ""
    access_key: str = ""
    secret_key: str = ""
    session_token: str = ""
    addressing: str = "auto"
    media_window_s: int = 21600
    media_base_url: str = ""


class Environment:
    """Reads variables by kind. docs/settings.md describes each of them, which a test holds true."""

    def __init__(self, source: Mapping[str, str]) -> None:
        self.source = source

    def text(self, name: str, default: str = "") -> str:
        """Return the variable without surrounding white space, or the default where it is unset or empty."""
        return self.source.get(name, "").strip() or default

    def secret(self, name: str) -> str:
        """Return NAME, or what the file named by NAME_FILE holds; empty where neither is set."""
        value, path = self.text(name), self.text(f"{name}_FILE")
        if value and path:
            raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: unset one of them.")
        if not path:
            return value
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE cannot be read: {error}. Name a readable file."
            ) from error

    def boolean(self, name: str, *, default: bool = False) -> bool:
        """Return a switch; only true and false are understood, so that a typing error is not read as off."""
        value = self.text(name).lower()
        if value not in {"", "true", "false"}:
            raise ImproperlyConfigured(f"{name} is {value!r}: set it to true or false.")
        return default if not value else value == "true"

    def integer(self, name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
        """Return a whole number that is at least `least`, and at most `most` where that is given."""
        value = self.text(name)
        if not value:
            return default
        if not value.isdecimal() or int(value) < least:
            raise ImproperlyConfigured(f"{name} is {value!r}: set it to a whole number of at least {least}.")
        if most is not None and int(value) > most:
            raise ImproperlyConfigured(f"{name} is {value!r}: set it to a whole number of at most {most}.")
        return int(value)

    def choice(self, name: str, default: str, options: tuple[str, ...]) -> str:
        """Return one of the options."""
        value = self.text(name, default)
        if value not in options:
            raise ImproperlyConfigured(f"{name} is {value!r}: set it to one of {', '.join(options)}.")
        return value

    def words(self, name: str) -> list[str]:
        """Return a comma-separated list without empty items."""
        return [word for part in self.text(name).split(",") if (word := part.strip())]

    def address(self, name: str) -> str:
        """Return an http(s) address without its trailing slash, or nothing."""
        value = self.text(name).rstrip("/")
        if value and (urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).netloc):
            raise ImproperlyConfigured(
                f"{name} is {value!r}: set it to an address such as https://photos.example.com."
            )
        return value


env = Environment(os.environ)
