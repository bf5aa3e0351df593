"""Passwords of links: tried a few times, good for one link, and over when they change."""

import pytest
from django.test import Client

from gallery import sharing
from gallery.models import User
from tests.make import make_image
from tests.sharing import PASSWORD, make_link, place


@pytest.fixture
def guest() -> Client:
    return Client()


@pytest.mark.usefixtures("signing")
def test_password_opens_its_own_link_alone_until_it_is_changed(alice: User, guest: Client) -> None:
    image = make_image(alice, title="The lake")
    one, first = make_link(alice, image, password=PASSWORD)
    _, second = make_link(alice, image, password=PASSWORD)
    assert "The lake" not in guest.get(first).content.decode()
    assert guest.get(first + place(first, image)).status_code == 302

    wrong = guest.post(f"{first}unlock/", {"password": "close sesame"})
    assert wrong.status_code == 422
    assert "close sesame" not in wrong.content.decode()
    right = guest.post(f"{first}unlock/", {"password": PASSWORD})
    assert right.status_code == 302
    cookie = right.cookies[sharing.COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (first, True, "Lax")

    assert guest.get(first + place(first, image)).status_code == 200
    assert guest.get(second + place(second, image)).status_code == 302
    assert "The lake" not in guest.get(second).content.decode()
    # Also where somebody carries the cookie over by hand.
    stolen = Client()
    stolen.cookies[sharing.COOKIE] = cookie.value
    assert stolen.get(second + place(second, image)).status_code == 302

    sharing.change(one, password="another one")
    assert guest.get(first + place(first, image)).status_code == 302
    guest.post(f"{first}unlock/", {"password": "another one"})
    assert guest.get(first + place(first, image)).status_code == 200
    sharing.revoke(one)
    assert guest.get(first + place(first, image)).status_code == 404


@pytest.mark.usefixtures("signing")
def test_sixth_wrong_password_within_a_minute_is_refused_even_when_right(alice: User, guest: Client) -> None:
    _, address = make_link(alice, password=PASSWORD)
    _, other = make_link(alice, password=PASSWORD)
    for _ in range(5):
        assert guest.post(f"{address}unlock/", {"password": "no"}).status_code == 422
    answer = guest.post(f"{address}unlock/", {"password": PASSWORD})
    assert answer.status_code == 429
    assert answer["Retry-After"] == "60"
    # Neither somebody else nor another link is held up.
    assert (
        Client(REMOTE_ADDR="203.0.113.9").post(f"{address}unlock/", {"password": PASSWORD}).status_code == 302
    )
    assert guest.post(f"{other}unlock/", {"password": PASSWORD}).status_code == 302


@pytest.mark.usefixtures("signing")
def test_right_passwords_use_up_no_tries(alice: User, guest: Client) -> None:
    _, address = make_link(alice, password=PASSWORD)
    for _ in range(8):
        assert guest.post(f"{address}unlock/", {"password": PASSWORD}).status_code == 302


@pytest.mark.usefixtures("signing")
def test_addresses_of_one_ipv6_household_are_one_client(alice: User) -> None:
    _, address = make_link(alice, password=PASSWORD)
    statuses = [
        Client(REMOTE_ADDR=f"2001:db8::{number:x}").post(f"{address}unlock/", {"password": "no"}).status_code
        for number in range(6)
    ]
    assert statuses == [422] * 5 + [429]


@pytest.mark.usefixtures("signing")
def test_password_is_taken_from_the_form_and_never_from_the_address(alice: User, guest: Client) -> None:
    image = make_image(alice, title="The lake")
    _, address = make_link(alice, image, password=PASSWORD)
    assert "The lake" not in guest.get(address, {"password": PASSWORD}).content.decode()
    assert guest.get(f"{address}unlock/", {"password": PASSWORD}).status_code == 405
