"""What is said of every response: which addresses its page may reach, who may keep a copy, what is left of a limit.

And which addresses are none, whatever they lead to.
"""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import patch_cache_control

from gallery import objectstore

# Pages show pictures from the store, scripts and forms send uploads to it; nothing else may.
STORE_DIRECTIVES = ("img-src", "media-src", "connect-src", "form-action")


class AllowObjectStore:
    """Adds the store's origins to the policy; its address is known to the settings of S3 only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request. Views may have added to the policy themselves (csp.decorators.csp_update)."""
        response = self.get_response(request)
        origins = objectstore.browser_origins()
        update = dict(getattr(response, "_csp_update", None) or {})
        for directive in STORE_DIRECTIVES:
            update[directive] = [*update.get(directive, []), *origins]
        response._csp_update = update  # type: ignore[attr-defined]  # as django-csp's decorators do
        return response


class PrivateByDefault:
    """Keeps a person's pages out of shared caches, where a view has not said otherwise."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request. A browser may keep the page, but asks before it shows it again."""
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_cache=True)
        return response


class HeadWithoutBody:
    """Answers HEAD as it answers GET, but for the body (RFC 9110, section 9.3.2).

    Not every server leaves it out, and on a connection that goes on a body is taken for the next answer.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request; the length that was said is that of the answer to GET."""
        response = self.get_response(request)
        if request.method == "HEAD":
            if isinstance(response, StreamingHttpResponse):
                response.streaming_content = []
            elif isinstance(response, HttpResponse):
                response.content = b""
        return response


class RateLimits:
    """Tells clients of the API how far they are from a limit (draft-ietf-httpapi-ratelimit-headers-10)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request. A throttle has left its policy and its state at the request, if one was asked."""
        response = self.get_response(request)
        policy, state = getattr(request, "rate_limit", ("", ""))
        if policy:
            response["RateLimit-Policy"], response["RateLimit"] = policy, state
        return response


class ForgetOnSignOut:
    """Has the browser drop the pages that it keeps for the way back once a person has signed out.

    Clear-Site-Data (W3C): "cache" empties the cache for going back as well, from which no script could take a page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        was_known = request.method == "POST" and request.user.is_authenticated
        response = self.get_response(request)
        if was_known and not request.user.is_authenticated:
            response["Clear-Site-Data"] = '"cache"'
        return response


class NoNullCharacters:
    """Turns away addresses that hold the character NUL: no text has it, and not every database can be asked for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; such an address leads nowhere, in the words of the part of the site that it names."""
        if "\0" not in request.path and "%00" not in request.META.get("QUERY_STRING", ""):
            return self.get_response(request)
        if request.path.startswith("/api/"):
            # Here, so that a page waits not for what the API needs.
            from gallery.api import problems

            return problems.not_found(request) if "\0" in request.path else problems.null_character(request)
        if request.path.startswith("/s/"):
            from gallery.views import share_doors

            return share_doors.gone(request)
        raise Http404("No address holds the character NUL.")
