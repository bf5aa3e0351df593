"""Invitations: how a person without an account gets one, and nobody else does."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.http import Http404
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from gallery import access, invitations
from gallery.models import Album, AlbumMember, Invitation, User
from tests.make import make_album, make_image, make_user

SignedIn = Callable[[User], Client]
NEW = {"username": "zoe", "email": "", "password": "a long phrase of mine"}
pytestmark = pytest.mark.usefixtures("signing")


@pytest.fixture
def keeper(db: None) -> User:
    return make_user("keeper", is_staff=True)


def shown_link(page: str) -> str:
    found = re.search(r"/join/[\w-]+/", page)
    assert found, page
    return found.group()


def test_staff_invites_by_a_page_and_the_person_makes_an_account(keeper: User, signed_in: SignedIn) -> None:
    page = signed_in(keeper).post("/account/invitations/", {"email": "", "album": "", "role": "viewer"})
    link = shown_link(page.content.decode())
    guest = Client()
    assert "keeper invites you" in guest.get(link).content.decode()

    answer = guest.post(link, NEW)

    assert answer.headers["Location"] == "/"
    assert guest.get("/").status_code == 200
    zoe = User.objects.get(username="zoe")
    assert zoe.check_password(NEW["password"])
    assert not zoe.is_staff
    assert Invitation.objects.get().accepted_by == zoe


def test_link_is_shown_once_and_kept_nowhere(keeper: User, signed_in: SignedIn) -> None:
    client = signed_in(keeper)
    page = client.post("/account/invitations/", {"email": "", "album": "", "role": "viewer"})
    token = shown_link(page.content.decode()).split("/")[2]

    assert "no-store" in page["Cache-Control"]
    assert token not in client.get("/account/invitations/").content.decode()
    assert not any(token in str(value) for value in Invitation.objects.values().get().values())


def test_owner_invites_to_an_album_and_the_new_person_sees_it(
    alice: User, signed_in: SignedIn, settings: Settings
) -> None:
    settings.MEMBERS_INVITE = True
    image = make_image(alice)
    album, other = make_album(alice, image), make_album(alice, title="Private")
    page = signed_in(alice).post("/account/invitations/", {"album": album.pk, "role": "contributor"})
    guest = Client()

    answer = guest.post(shown_link(page.content.decode()), NEW)

    assert answer.headers["Location"] == album.get_absolute_url()
    assert guest.get(album.get_absolute_url()).status_code == 200
    assert guest.get(other.get_absolute_url()).status_code == 404
    member = AlbumMember.objects.get(album=album)
    assert (member.user.username, member.role) == ("zoe", "contributor")


def test_invitation_by_an_owner_makes_no_account_unless_the_gallery_lets_it(alice: User, bob: User) -> None:
    album = make_album(alice)
    _, plain = invitations.invite(alice, "", album)
    address, guest = invitations.address(plain), Client()

    page, answer = guest.get(address), guest.post(address, NEW)

    assert f"/accounts/login/?next={address}" in page.content.decode()
    assert (page.status_code, answer.status_code) == (200, 403)
    assert not User.objects.filter(username="zoe").exists()
    guest.force_login(bob)
    assert guest.post(address).headers["Location"] == album.get_absolute_url()


@pytest.mark.parametrize("path", ["/account/invitations/", "/albums/{album}/members/"])
def test_invitation_by_an_owner_is_mailed_to_nobody_unless_the_gallery_lets_it(
    alice: User, bob: User, signed_in: SignedIn, settings: Settings, path: str
) -> None:
    settings.MAIL_WORKS, settings.SITE_URL = True, "https://photos.example.com"
    album = make_album(alice)
    client, sent = signed_in(alice), []
    for settings.MEMBERS_INVITE in (False, True):
        for email in ("zoe@example.com", bob.email):
            values = {"email": email, "who": email, "album": album.pk, "role": "viewer"}
            assert client.post(path.format(album=album.pk), values).status_code == 200
            sent.append(len(mail.outbox))

    assert sent == [0, 0, 1, 2]


@pytest.mark.parametrize(
    "path", ["/account/invitations/", "/albums/{album}/members/", "/api/albums/{album}/members/"]
)
def test_person_makes_so_many_invitations_a_day_and_no_more(
    alice: User, signed_in: SignedIn, settings: Settings, path: str
) -> None:
    settings.INVITATIONS_A_DAY = 2
    album = make_album(alice)
    address, email = path.format(album=album.pk), "zoe@example.com"
    values: dict[str, object] = {"email": email, "who": email, "album": album.pk, "role": "viewer"}
    client = signed_in(alice)
    if path.startswith("/api/"):
        answers = [client.post(address, {"email": email}, "application/json") for _ in range(3)]
    else:
        answers = [client.post(address, values) for _ in range(3)]

    assert Invitation.objects.count() == 2
    assert answers[2].status_code >= 400
    assert "2 invitations a day" in answers[2].content.decode()


def test_person_has_so_many_invitations_open_and_no_more(
    keeper: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "MOST_OPEN", 2)
    first, _ = invitations.invite(keeper, "")
    invitations.invite(keeper, "")
    with pytest.raises(invitations.TooManyInvitations):
        invitations.invite(keeper, "")

    invitations.revoke(keeper, first.pk)

    assert invitations.invite(keeper, "")


def test_person_with_an_account_joins_as_who_they_are(alice: User, bob: User, signed_in: SignedIn) -> None:
    album = make_album(alice)
    invitation, plain = invitations.invite(alice, "", album)
    client = signed_in(bob)

    assert "Join as bob" in client.get(invitations.address(plain)).content.decode()
    assert not AlbumMember.objects.exists()
    assert client.post(invitations.address(plain)).headers["Location"] == album.get_absolute_url()

    assert AlbumMember.objects.get(album=album).user == bob
    invitation.refresh_from_db()
    assert invitation.accepted_by == bob


def test_joining_again_gives_more_and_never_less(alice: User, bob: User, shared_album: Album) -> None:
    for role, then in (("editor", "editor"), ("viewer", "editor")):
        invitation, _ = invitations.invite(alice, "", shared_album, role)
        invitations.accept(invitation, lambda: bob)
        assert AlbumMember.objects.get(album=shared_album, user=bob).role == then


def test_used_expired_revoked_and_unknown_links_are_one_page(keeper: User) -> None:
    used, used_link = invitations.invite(keeper, "")
    invitations.accept(used, lambda: make_user("first"))
    old, old_link = invitations.invite(keeper, "")
    Invitation.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    ended, ended_link = invitations.invite(keeper, "")
    assert invitations.revoke(keeper, ended.pk)

    pages = [Client().get(invitations.address(link)) for link in (used_link, old_link, ended_link, "x" * 22)]
    posts = [Client().post(invitations.address(link), NEW) for link in (used_link, old_link, ended_link, "é")]

    assert {answer.status_code for answer in (*pages, *posts)} == {404}
    assert len({re.sub(r'value="[^"]*"', "", answer.content.decode()) for answer in pages}) == 1
    assert not User.objects.filter(username="zoe").exists()


def test_link_of_somebody_who_left_or_may_no_longer_invite_is_over(keeper: User, alice: User) -> None:
    _, by_keeper = invitations.invite(keeper, "")
    _, by_alice = invitations.invite(alice, "", make_album(alice))
    User.objects.filter(pk=keeper.pk).update(is_staff=False)
    User.objects.filter(pk=alice.pk).update(is_active=False)

    for plain in (by_keeper, by_alice):
        with pytest.raises(Http404):
            invitations.open_by(plain)


def test_two_people_with_one_link_make_one_account(keeper: User) -> None:
    invitation, _ = invitations.invite(keeper, "")
    invitations.accept(invitation, lambda: make_user("quick"))

    with pytest.raises(Http404):
        invitations.accept(invitation, lambda: make_user("slow"))

    assert not User.objects.filter(username="slow").exists()


@pytest.mark.parametrize(
    "values",
    [
        {"username": "KEEPER"},
        {"username": ""},
        {"username": "a b<script>"},
        {"email": "keeper@example.com"},
        {"email": "no address"},
        {"password": "short"},
        {"password": "password1"},
    ],
)
def test_what_makes_no_account_leaves_the_link_open(keeper: User, values: dict[str, str]) -> None:
    _, plain = invitations.invite(keeper, "")

    answer = Client().post(invitations.address(plain), {**NEW, **values})

    assert answer.status_code == 400
    assert "errorlist" in answer.content.decode()
    assert Client().get(invitations.address(plain)).status_code == 200
    assert User.objects.count() == 1


def test_who_may_invite_to_what(keeper: User, alice: User, bob: User, shared_album: Album) -> None:
    for by, album in ((bob, None), (alice, None), (bob, shared_album), (keeper, shared_album)):
        with pytest.raises(invitations.MayNotInvite):
            invitations.invite(by, "", album)


def test_person_without_albums_has_no_page_of_invitations(bob: User, signed_in: SignedIn) -> None:
    assert signed_in(bob).get("/account/invitations/").status_code == 404


def test_album_of_somebody_else_cannot_be_chosen(bob: User, shared_album: Album, signed_in: SignedIn) -> None:
    make_album(bob)

    answer = signed_in(bob).post("/account/invitations/", {"album": shared_album.pk, "role": "editor"})

    assert answer.status_code == 400
    assert not Invitation.objects.exists()


def test_invitations_are_taken_back_by_their_maker_and_by_staff_who_may_change_them(
    keeper: User, alice: User, bob: User, signed_in: SignedIn
) -> None:
    keeper.user_permissions.add(Permission.objects.get(codename="change_invitation"))
    made = [invitations.invite(alice, "", make_album(alice))[0] for _ in range(2)]
    make_album(bob)
    assert "Whoever has the link" not in signed_in(bob).get("/account/invitations/").content.decode()

    answers = [
        signed_in(user).post(f"/account/invitations/{invitation.pk}/revoke/").status_code
        for user, invitation in ((bob, made[0]), (alice, made[0]), (keeper, made[1]))
    ]

    assert answers == [404, 302, 302]
    assert not Invitation.objects.open_at(timezone.now()).exists()


def test_link_is_mailed_where_mail_works_and_begins_with_the_sites_name(
    keeper: User, signed_in: SignedIn, settings: Settings
) -> None:
    settings.MAIL_WORKS, settings.SITE_URL = True, "https://photos.example.com"

    page = signed_in(keeper).post(
        "/account/invitations/",
        {"email": "zoe@example.com", "role": "viewer"},
        headers={"host": "evil.example"},
    )

    assert "zoe@example.com" in page.content.decode()
    (sent,) = mail.outbox
    assert sent.to == ["zoe@example.com"]
    assert f"https://photos.example.com{shown_link(str(sent.body))}" in sent.body
    assert "evil.example" not in sent.body


def test_no_mail_is_sent_where_mail_does_not_work(keeper: User, signed_in: SignedIn) -> None:
    page = signed_in(keeper).post("/account/invitations/", {"email": "zoe@example.com", "role": "viewer"})

    assert not mail.outbox
    assert "Hand this link over" in page.content.decode()


def test_members_see_only_what_the_owner_shows(alice: User, bob: User) -> None:
    album = make_album(alice, make_image(alice))
    invitation, _ = invitations.invite(alice, "", album)

    invitations.accept(invitation, lambda: bob)

    assert access.visible_album(bob, album.pk) == album
