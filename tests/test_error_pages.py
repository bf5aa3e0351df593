"""What people read when an error is ours: in their language, without a database, and even without templates."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path
from pytest_django import Settings

from photosky import outages

handler500 = "photosky.outages.server_error"


def breaks(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken")


urlpatterns = [path("broken/", breaks)]


@pytest.fixture
def visitor(settings: Settings) -> Client:
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("asked", "cookie", "spoken"),
    [("de", "", "de"), ("fr", "", "en-gb"), ("en", "de", "de"), ("", "", "en-gb")],
)
def test_our_own_error_is_told_in_the_readers_language(
    visitor: Client, settings: Settings, asked: str, cookie: str, spoken: str
) -> None:
    visitor.cookies[settings.LANGUAGE_COOKIE_NAME] = cookie
    answer = visitor.get("/broken/", headers={"accept-language": asked})
    assert answer.status_code == 500
    page = answer.content.decode()
    assert f'<html lang="{spoken}"' in page
    assert ("Try again</a>" in page) is (spoken != "de")


def test_an_error_before_the_language_was_found_is_told_as_the_browser_asks() -> None:
    answer = outages.server_error(RequestFactory().get("/", headers={"accept-language": "de"}))
    assert answer.status_code == 500
    assert '<html lang="de"' in answer.content.decode()


def test_an_error_of_the_templates_themselves_is_told_all_the_same(settings: Settings) -> None:
    settings.TEMPLATES = []
    answer = outages.server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "Your photos are safe." in answer.content.decode()
