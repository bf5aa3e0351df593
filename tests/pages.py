"""What tests of pages share: a store that nobody can reach, and reading HTML."""

from html.parser import HTMLParser
from typing import Protocol

from photosky.env import S3Settings

# Nothing listens on port 9, so that a page which asks the store anything fails.
UNREACHABLE = S3Settings(
    bucket="photos",
    region="eu-central-1",
    endpoint="http://127.0.0.1:9",
    access_key="AKIAIOSFODNN7EXAMPLE",
    secret_key="wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00",
)


class Answer(Protocol):
    """What the test client returns."""

    @property
    def content(self) -> bytes: ...


class _Tags(HTMLParser):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.found: list[dict[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == self.name:
            self.found.append({name: value or "" for name, value in attrs})


def tags(response: Answer, name: str) -> list[dict[str, str]]:
    """Return the attributes of every element of this name, in order."""
    parser = _Tags(name)
    parser.feed(response.content.decode())
    return parser.found


def links(response: Answer, start: str = "") -> list[str]:
    """Return where the page's links lead, of those that begin so."""
    return [tag["href"] for tag in tags(response, "a") if tag.get("href", "").startswith(start)]


def link(response: Answer, rel: str) -> str:
    """Return where the first link of this relation leads, or nothing."""
    return next((tag["href"] for tag in tags(response, "a") if tag.get("rel") == rel), "")


def actions(response: Answer) -> set[str]:
    """Return where the page's forms lead."""
    return {tag.get("action", "") for tag in tags(response, "form")}
