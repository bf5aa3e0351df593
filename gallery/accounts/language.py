"""In which language pages speak: as the person chose, else as the browser asks."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

YEAR_S = 365 * 24 * 3600


def known(code: str | None) -> str:
    """Return the code where pages are translated to it, else nothing."""
    return code if code in dict(settings.LANGUAGES) else ""


def remember(response: HttpResponseBase, code: str, *, secure: bool) -> None:
    """Let the browser know the choice, so that no page need ask the database; nothing follows the browser again."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code or "auto",
        max_age=YEAR_S,
        secure=secure,
        httponly=True,
        samesite="Lax",
    )


class Language:
    """Middleware: speaks the language of the cookie, else of the signed-in person, else of Accept-Language.

    The person is asked only where a browser has a session and no cookie yet; then the cookie is set.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request in its language."""
        cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        unasked = not cookie and settings.SESSION_COOKIE_NAME in request.COOKIES
        chosen = known(cookie) or (self._of_person(request) if unasked else "")
        with translation.override(chosen or _of_browser(request)):
            # For who speaks when this is over, as the page of our own errors does.
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
            if not response.has_header("Content-Language"):
                response["Content-Language"] = translation.get_language() or settings.LANGUAGE_CODE
        patch_vary_headers(response, ["Accept-Language"])
        if chosen and unasked and settings.LANGUAGE_COOKIE_NAME not in response.cookies:
            remember(response, chosen, secure=request.is_secure())
        return response

    def _of_person(self, request: HttpRequest) -> str:
        return known(getattr(request.user, "language", "") or "")


def _of_browser(request: HttpRequest) -> str:
    return translation.get_language_from_request(request)


def spoken(code: str | None, request: HttpRequest) -> translation.override:
    """Return the context in which to speak to a person who has just chosen the language."""
    return translation.override(known(code) or _of_browser(request))
