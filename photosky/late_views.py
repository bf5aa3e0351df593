"""Views whose code is imported when they are first asked for, and not at every cold start."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.module_loading import import_string

View = Callable[..., HttpResponseBase]


def late_view(name: str) -> View:
    """Return a view that does what the one with this dotted name does."""

    def view(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        found: View = import_string(name)
        return found(request, *args, **kwargs)

    view.__name__ = view.__qualname__ = name.rpartition(".")[2]
    return view
