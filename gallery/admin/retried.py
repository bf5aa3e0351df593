"""Forms of the administration that are sent again by themselves when their transaction lost a race."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from photosky.database import atomic_retry


class RetriedMixin:
    """Begins Django's transaction about a form anew, as those of all other writes are."""

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Add a row; Django begins a transaction here for people, and below for all others."""
        return _begun(super().add_view, request, *args, **kwargs)  # type: ignore[misc]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Add or change a row."""
        return _begun(super().changeform_view, request, *args, **kwargs)  # type: ignore[misc]

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Delete a row."""
        return _begun(super().delete_view, request, *args, **kwargs)  # type: ignore[misc]


def _begun(view: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    answer: HttpResponse = (atomic_retry(view) if request.method == "POST" else view)(
        request, *args, **kwargs
    )
    return answer
