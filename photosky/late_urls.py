"""Parts of the site whose code is imported when one of their addresses is asked for, and not at every cold start."""

from typing import Any

from django.urls import URLResolver
from django.urls.resolvers import RoutePattern


def late(route: str, module: str, namespace: str) -> URLResolver:
    """Return what `path(route, include(module))` does, without importing the module yet."""
    return _LateResolver(RoutePattern(route), module, app_name=namespace, namespace=namespace)


class _LateResolver(URLResolver):
    """Django's resolver of a namespace; it looks into its module only when the module is needed.

    To look up any name Django populates every resolver of the site, but of one with a namespace it then takes the
    namespace alone (django/urls/resolvers.py, URLResolver._populate).
    """

    def _populate(self) -> None:
        if "urlconf_module" in self.__dict__:
            super()._populate()

    def _loaded(self) -> "_LateResolver":
        _ = self.urlconf_module
        return self

    @property
    def reverse_dict(self) -> Any:
        return super(_LateResolver, self._loaded()).reverse_dict

    @property
    def namespace_dict(self) -> dict[str, tuple[str, Any]]:
        return super(_LateResolver, self._loaded()).namespace_dict

    @property
    def app_dict(self) -> dict[str, list[str]]:
        return super(_LateResolver, self._loaded()).app_dict
