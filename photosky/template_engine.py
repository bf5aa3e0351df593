"""Django's templates, whose tag libraries are imported when a template loads them and not all at the first page."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from django.apps import apps
from django.template.backends.django import DjangoTemplates
from django.template.library import Library, import_library


class LazyLibraries(dict[str, Library]):
    """Tag libraries by name, each imported at its first use."""

    def __init__(self, paths: dict[str, str]) -> None:
        super().__init__()
        self.paths = paths

    def __missing__(self, name: str) -> Library:
        """Import the library. Raises KeyError for a name that no application has."""
        library = self[name] = import_library(self.paths[name])
        return library


class Templates(DjangoTemplates):
    """Finds libraries by the names of their files.

    Django imports every library of every application to build its first template. Those of the API's framework bring
    the whole framework with them, which a cold start would pay for on a page that has no use for it.
    """

    def __init__(self, params: dict[str, Any]) -> None:
        super().__init__(params)
        self.engine.template_libraries = LazyLibraries(_library_paths())

    def get_templatetag_libraries(self, custom_libraries: dict[str, str]) -> dict[str, str]:  # noqa: ARG002
        """Give the engine none to import at its start."""
        return {}


def _library_paths() -> dict[str, str]:
    """Return the module of every library by its name, later applications first, as Django resolves them."""
    paths = {}
    for package in ("django.templatetags", *(f"{app.name}.templatetags" for app in apps.get_app_configs())):
        try:
            folder = import_module(package).__path__
        except ModuleNotFoundError:
            continue
        paths.update({module.name: f"{package}.{module.name}" for module in iter_modules(folder)})
    return paths
