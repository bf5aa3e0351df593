"""A browser in front of a function: speaks through a gateway's format, keeps cookies, fills in forms."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from photosky.deployment.gateway import FrontEnd, Request, Response
from photosky.deployment.runtime_api import LocalFunction


@dataclass
class Visitor:
    """Somebody at one address of the site."""

    function: LocalFunction
    front: FrontEnd = field(default_factory=FrontEnd)
    cookies: dict[str, str] = field(default_factory=dict)

    def send(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send a request and keep the cookies of the answer. `path` is the site's, or an address the site gave out."""
        base = f"https://{self.front.host}{self.front.prefix}"
        if path.startswith("https://") or (self.front.prefix and path.startswith(f"{self.front.prefix}/")):
            path = urljoin(f"https://{self.front.host}", path).removeprefix(base)
        sent = {"Accept": "text/html", "Accept-Encoding": "identity", **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.function.invoke(self.front.event(Request(method, path, sent, body)))
        response = self.front.response(answer)
        for line in response.all("Set-Cookie"):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return response

    def get(self, path: str, **headers: str) -> Response:
        """GET; headers by their name with underscores."""
        return self.send(
            "GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    def post(
        self, path: str, fields: Mapping[str, str], *, multipart: bool = False, page: str = ""
    ) -> Response:
        """Fill in the form that a page shows (its own address where `page` is empty) and send it."""
        token = csrf_token(self.get(page or path).text)
        values = {**fields, "csrfmiddlewaretoken": token}
        body, kind = (
            _multipart(values)
            if multipart
            else (urlencode(values).encode(), "application/x-www-form-urlencoded")
        )
        origin = f"https://{self.front.host}"
        return self.send(
            "POST", path, body, {"Content-Type": kind, "Origin": origin, "Referer": f"{origin}/"}
        )

    def api(self, method: str, path: str, data: Any = None, *, token: str = "") -> Response:
        """Send JSON to the API, as the pages' scripts do."""
        headers = {"Accept": "application/json", "Content-Type": "application/json", "X-CSRFToken": token}
        headers["Origin"] = headers["Referer"] = f"https://{self.front.host}"
        return self.send(method, path, json.dumps(data).encode() if data is not None else b"", headers)

    def sign_in(self, username: str, password: str) -> Response:
        """Sign in by the form, sent as multipart."""
        return self.post("/accounts/login/", {"login": username, "password": password}, multipart=True)


def csrf_token(html: str) -> str:
    """Return the token that a page's form carries."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)
    assert found, html[:2000]
    return found[1]


def asset_paths(html: str) -> list[str]:
    """Return the paths of the stylesheets and scripts of a page."""
    found = re.findall(r'<(?:link|script)[^>]*(?:href|src)="([^"]+\.(?:css|js))"', html)
    return [urlsplit(path).path for path in found]


def _multipart(fields: Mapping[str, str]) -> tuple[bytes, str]:
    boundary = "photosky-boundary"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return ("".join(parts) + f"--{boundary}--\r\n").encode(), f"multipart/form-data; boundary={boundary}"
