"""What the command line asks of a gallery: its API, and the answers as it needs them."""

import functools
import ssl
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urljoin

import httpx

from photosky_cli.config import Config
from photosky_cli.errors import Failed, Stopped, UsageError
from photosky_cli.line import Line, Unreachable
from photosky_cli.photos import Photo

P = ParamSpec("P")
R = TypeVar("R")

# As many as a gallery takes in one request; checksums are long, and go into the address.
BATCH = 100
CHECKSUMS = 50
# Signed at a time for one large photo: 160 MB at the usual size of parts, well sent before they expire.
PARTS = 20
# A gallery that is just waking up may be at fault for a moment.
FIRST_PATIENCE_S = 10.0
UNEXPECTED = "The gallery's answer cannot be understood: is this command line as new as the gallery?"


@dataclass(frozen=True, slots=True)
class Request:
    """A signed request to the store, to be sent as it is; the body alone is missing."""

    method: str
    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """What a gallery tells of one photo.

    `state` is the upload's (pending, processing, ready, rejected), or exists or refused for one that was announced.
    Where bytes are to be sent, there is a `request`, or `part_bytes` for a photo that goes in parts.
    """

    state: str
    upload: str = ""
    page: str = ""
    code: str = ""
    reason: str = ""
    request: Request | None = None
    part_bytes: int = 0


def understood(ask: Callable[P, R]) -> Callable[P, R]:
    """Raise Stopped where the answer is not of the shape that it should have."""

    @functools.wraps(ask)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return ask(*args, **kwargs)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Stopped(UNEXPECTED) from error

    return run


class Gallery:
    """One gallery, asked with one person's token. Every request may be repeated without harm."""

    def __init__(
        self, config: Config, *, stop: threading.Event, patience_s: float, tls: ssl.SSLContext
    ) -> None:
        self.url = config.url
        self._line = Line(stop=stop, patience_s=patience_s, tls=tls, jobs=8, token=config.token)

    def greet(self) -> None:
        """Make sure that a gallery is there and takes the token. Raises UsageError."""
        try:
            answer = self._line.send(
                lambda client: client.build_request("GET", f"{self.url}/api/"), FIRST_PATIENCE_S, first=True
            )
        except Unreachable as error:
            raise UsageError(f"{error} Is {self.url} the gallery's address?") from error
        if answer.is_redirect:
            raise UsageError(f"{self.url} leads on to {answer.headers.get('location')}: give that address.")
        body = _json(answer)
        if answer.status_code in {401, 403} and "code" in body:
            raise UsageError(f"The token was refused: {body.get('detail')}")
        if not answer.is_success or not {"images", "uploads", "albums"} <= body.keys():
            raise UsageError(
                f"What answers at {self.url} is not a PhotoSky gallery ({answer.status_code} for {answer.url.path}). "
                "Give the address of its first page, with the stage where it has one, like https://host/production."
            )

    @understood
    def album(self, name: str, *, make: bool) -> str | None:
        """Return the id of one's own album of that title or id; None where it is missing and not to be made."""
        for last in (False, False, True):
            found = [album for album in self._albums() if name in {album["title"], album["id"]}]
            if len(found) > 1:
                ids = ", ".join(album["id"] for album in found)
                raise UsageError(
                    f"You have {len(found)} albums named {name}: give the id of the one meant: {ids}."
                )
            if found:
                return str(found[0]["id"])
            if _is_id(name):
                raise UsageError(f"You have no album with the id {name}.")
            if not make:
                return None
            try:
                # Not repeated blindly: an album that was made although its answer was lost is found the next time.
                return str(self._ask("POST", "albums/", {"title": name}, patience_s=0)["id"])
            except Unreachable:
                if last:
                    raise
        raise AssertionError("unreachable")

    @understood
    def announce(self, photos: Sequence[Photo], album: str | None) -> list[Told]:
        """Ask for leave to send up to BATCH photos; one answer for each, in order. Raises Failed for all of them."""
        files = [
            {
                "client_ref": str(place),
                "filename": photo.name,
                "bytes": photo.size,
                "sha256": photo.sha256,
                "modified_at": photo.modified_at,
            }
            for place, photo in enumerate(photos)
        ]
        results = self._ask("POST", "uploads/", {"files": files, "album": album})["results"]
        return [self._announced(result) for result, _ in zip(results, photos, strict=True)]

    @understood
    def finish(self, uploads: Sequence[str]) -> list[Told]:
        """Say that the bytes of up to BATCH uploads were sent; one answer for each, in order."""
        results = self._ask("POST", "uploads/finish/", {"uploads": list(uploads)})["results"]
        return [self._told(result) for result, _ in zip(results, uploads, strict=True)]

    @understood
    def states(self, uploads: Sequence[str]) -> list[Told]:
        """Return where up to BATCH uploads stand; those that are no more are left out."""
        found = self._ask("GET", "uploads/", query={"ids": ",".join(uploads), "limit": str(BATCH)})
        return [self._told(result) for result in found["results"]]

    @understood
    def known(self, sha256s: Sequence[str], *, in_bin: bool = False) -> set[str]:
        """Return which of the checksums are those of photos that the gallery has in its library, or in its bin.

        Changes nothing.
        """
        known: set[str] = set()
        for start in range(0, len(sha256s), CHECKSUMS):
            query = {
                "sha256": ",".join(sha256s[start : start + CHECKSUMS]),
                "limit": str(BATCH),
                "in_bin": str(in_bin).lower(),
            }
            found = self._ask("GET", "uploads/", query=query)["results"]
            known.update(upload["sha256"] for upload in found if upload["image"])
        return known

    @understood
    def arrived_parts(self, upload: str) -> set[int] | None:
        """Return the numbers of the parts that stand in the store already; None where the whole photo does."""
        found = self._ask("GET", f"uploads/{upload}/parts/")
        return None if found["whole"] else {int(part["number"]) for part in found["parts"]}

    @understood
    def sign_parts(self, upload: str, sha256s: Mapping[int, str]) -> dict[int, Request]:
        """Return the requests that send these parts, by number."""
        parts = [{"number": number, "sha256": sha256} for number, sha256 in sha256s.items()]
        signed = self._ask("POST", f"uploads/{upload}/parts/", {"parts": parts})["parts"]
        return {int(part["number"]): Request(**part["request"]) for part in signed}

    def _announced(self, result: Mapping[str, Any]) -> Told:
        upload, request = result["upload"] or {}, result["request"]
        return Told(
            "pending" if result["status"] == "upload" else result["status"],
            upload.get("id", ""),
            self._page(result["image"]),
            result["code"],
            result["detail"],
            Request(**request) if request else None,
            upload.get("part_bytes") or 0,
        )

    def _told(self, result: Mapping[str, Any]) -> Told:
        page = self._page(result["image"])
        return Told(result["state"] or "", result["id"], page, result["code"], result["reason"])

    def _page(self, image: Mapping[str, str] | None) -> str:
        return urljoin(self.url, image["url"]) if image else ""

    def _albums(self) -> Iterator[dict[str, Any]]:
        query = {"own": "true", "limit": "500"}
        while True:
            page = self._ask("GET", "albums/", query=query)
            yield from page["results"]
            if not page["next"]:
                return
            query["cursor"] = httpx.URL(page["next"]).params["cursor"]

    def _ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        patience_s: float | None = None,
    ) -> dict[str, Any]:
        """Return the body of a successful answer. Raises Failed, Stopped, or Unreachable where no patience is given."""
        try:
            answer = self._line.send(
                lambda client: client.build_request(
                    method, f"{self.url}/api/{path}", json=body, params=query
                ),
                patience_s,
            )
        except Unreachable as error:
            if patience_s is not None:
                raise
            raise Failed("gallery_away", f"The gallery was away for too long. {error}") from error
        found = _json(answer)
        if answer.is_success:
            return found
        detail = found.get("detail") or f"{answer.status_code} {answer.reason_phrase}"
        if answer.status_code in {401, 403}:
            raise Stopped(f"The gallery refused the token: {detail}")
        raise Failed(str(found.get("code", "gallery_refused")), f"The gallery refused the request: {detail}")


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
