"""Where the gallery is and which token opens it: from the command line, the environment, or a file."""

import os
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from photosky_cli.errors import UsageError

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Config:
    """The gallery's address without a slash at its end, and the token."""

    url: str
    token: str


def path() -> Path:
    """Return the file that may hold `url` and `token` (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "photosky" / "config.toml"


def load(url: str | None, token: str | None) -> Config:
    """Return what was given, else PHOTOSKY_URL and PHOTOSKY_TOKEN, else the file's. Raises UsageError."""
    kept = {} if url and token else _from_file()
    url = url or os.environ.get("PHOTOSKY_URL") or kept.get("url")
    token = token or os.environ.get("PHOTOSKY_TOKEN") or kept.get("token")
    if not url:
        raise UsageError(
            f"Which gallery? Give --url https://..., set PHOTOSKY_URL, or write url to {path()}."
        )
    if not token:
        raise UsageError(
            f"A token is missing: set PHOTOSKY_TOKEN, write token to {path()}, or give --token. "
            "`manage.py create_token USER --scope upload` makes one."
        )
    token = token.strip()
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise UsageError("The token holds characters that no token has: copy it again.")
    return Config(_checked(url.strip()), token)


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"}:
        raise UsageError(f"{url} is no address of a gallery: write it like https://photos.example.com.")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise UsageError(f"{url} is not encrypted: the token would travel in clear. Use https://{host}.")
    if parts.query or parts.fragment or parts.username:
        raise UsageError(f"{url} has too much in it: write only the gallery's address, like https://{host}.")
    return url.rstrip("/").removesuffix("/api")


def _from_file() -> dict[str, str]:
    file = path()
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        mode = file.stat().st_mode
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f'{file} cannot be understood: {error}. It takes lines like url = "https://...".'
        ) from error
    for name, value in data.items():
        if name not in {"url", "token"} or not isinstance(value, str):
            raise UsageError(
                f"{file}: {name} is unknown here; it takes url and token, each in quotation marks."
            )
    if "token" in data and os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError(f"{file} holds a token that others on this computer can read: chmod 600 {file}.")
    return data
