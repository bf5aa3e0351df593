"""Templates find every tag library that Django would, and import none before it is used."""

import pytest
from django.template import TemplateSyntaxError, engines
from django.template.backends.django import DjangoTemplates, get_installed_libraries

from photosky.template_engine import Templates


def fresh_engine() -> Templates:
    params = dict(engines.templates["django"])
    params.pop("BACKEND", None)
    return Templates({**params, "OPTIONS": dict(params["OPTIONS"])})


def test_every_library_that_django_finds_is_found_under_the_same_module() -> None:
    libraries = fresh_engine().engine.template_libraries

    for name, module in get_installed_libraries().items():
        assert libraries.paths[name] == module  # type: ignore[attr-defined]  # ours is such a mapping


def test_a_library_is_imported_by_the_template_that_loads_it() -> None:
    engine = fresh_engine()
    assert dict(engine.engine.template_libraries) == {}

    page = engine.from_string("{% load static %}{% static 'x.css' %}")

    assert page.render().endswith("x.css")
    assert set(engine.engine.template_libraries) == {"static"}


def test_a_library_that_nobody_has_is_named() -> None:
    with pytest.raises(TemplateSyntaxError, match="no_such_library"):
        fresh_engine().from_string("{% load no_such_library %}")


def test_the_engine_counts_as_django_s_own_for_its_checks() -> None:
    assert isinstance(engines["django"], DjangoTemplates)
