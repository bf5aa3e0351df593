"""The admin: lists at constant cost, deletion that never destroys a photo, and the way to put things right."""

import hashlib
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery import objectstore
from gallery.models import Album, AlbumMember, ApiToken, Image, ShareLink, Tag, Upload, User
from photosky.env import S3Settings
from tests.make import PASSWORD, deleted_meanwhile, make_album, make_image, make_user, photo_bytes

pytestmark = pytest.mark.usefixtures("signing")
NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)
State = Upload.State


@pytest.fixture
def keeper(db: None, client: Client) -> Client:
    """Return a browser in which the keeper of the site is signed in."""
    client.force_login(User.objects.create_superuser("keeper"))
    return client


def make_upload(owner: User, **values: Any) -> Upload:
    key = f"originals/test/{uuid.uuid4().hex}.jpg"
    fields = {"filename": "IMG_1.jpg", "content_type": "image/jpeg", "bytes": 10, "key": key, **values}
    return Upload.objects.create(owner=owner, **fields)


def make_share_link(owner: User) -> ShareLink:
    return ShareLink.objects.create(
        owner=owner, album=make_album(owner), token_sha256=uuid.uuid4().hex * 2, password="pbkdf2$secret"
    )


def act(client: Client, name: str, action: str, *rows: Any) -> str:
    body = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    answer = client.post(f"/admin/gallery/{name}/", body, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def make_rows(name: str, count: int) -> None:
    for number in range(count):
        owner = make_user(f"{name}-{uuid.uuid4().hex[:12]}", quota_bytes=number)
        if name == "image":
            make_image(owner)
        elif name == "upload":
            make_upload(owner, state=State.REJECTED, code="truncated", image=make_image(owner))
        elif name == "album":
            Album.objects.create(owner=owner, title="Inner", parent=make_album(owner, make_image(owner)))
        elif name == "tag":
            Tag.objects.create(owner=owner, name="Fog")
        elif name == "sharelink":
            make_share_link(owner)


@pytest.mark.parametrize("name", ["image", "upload", "album", "user", "tag", "sharelink"])
def test_query_count_of_a_list_does_not_grow_with_rows(keeper: Client, name: str) -> None:
    counts = []
    for count in (10, 50):
        make_rows(name, count)
        # Content types are asked for once in the life of a process.
        keeper.get(f"/admin/gallery/{name}/")
        with CaptureQueriesContext(connection) as queries:
            page = keeper.get(f"/admin/gallery/{name}/").content.decode()
        assert page.count('name="_selected_action"') >= count or name in {"tag", "sharelink"}
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_query_count_of_an_album_does_not_grow_with_its_images(keeper: Client, alice: User) -> None:
    counts = []
    for count in (10, 60):
        album = make_album(alice, *(make_image(alice) for _ in range(count)))
        for _ in range(count // 10):
            AlbumMember.objects.create(album=album, user=make_user(uuid.uuid4().hex[:12]))
        url = f"/admin/gallery/album/{album.pk}/change/"
        # Content types are asked for once in the life of a process.
        keeper.get(url)
        with CaptureQueriesContext(connection) as queries:
            page = keeper.get(url).content.decode()
        assert page.count('class="thumbnail"') == count
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_album_page_shows_a_bounded_number_of_images(keeper: Client, alice: User) -> None:
    album = make_album(alice, *(make_image(alice) for _ in range(101)))
    page = keeper.get(f"/admin/gallery/album/{album.pk}/change/").content.decode()
    assert page.count('class="thumbnail"') == 100


def test_lists_do_not_count_whole_tables(keeper: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        keeper.get("/admin/gallery/image/")
    counting = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert counting
    assert all("LIMIT" in sql for sql in counting)


@pytest.mark.parametrize("name", ["image", "upload", "album", "user", "tag", "sharelink"])
def test_lists_can_be_searched_or_filtered(keeper: Client, name: str) -> None:
    make_rows(name, 1)
    assert keeper.get(f"/admin/gallery/{name}/?q=IMG").status_code == 200


def test_images_are_found_by_file_name_title_and_place(keeper: Client, alice: User) -> None:
    make_image(alice, filename="fog.jpg")
    make_image(alice, filename="sun.jpg", title="No fog", binned_at=NOON)
    assert keeper.get("/admin/gallery/image/?q=fog").content.decode().count('class="thumbnail"') == 2
    page = keeper.get("/admin/gallery/image/?place=bin").content.decode()
    assert ("sun.jpg" in page, "fog.jpg" in page) == (True, False)
    page = keeper.get("/admin/gallery/image/?place=library").content.decode()
    assert ("sun.jpg" in page, "fog.jpg" in page) == (False, True)


def test_image_page_shows_facts_and_renditions_but_changes_words_only(keeper: Client, alice: User) -> None:
    image = make_image(alice, camera_model="X-T5")
    url = f"/admin/gallery/image/{image.pk}/change/"
    page = keeper.get(url).content.decode()
    assert "X-T5" in page
    assert page.count(image.rendition_token) >= 5
    assert 'type="file"' not in page
    assert set(re.findall(r'name="(\w+)"', page)) & {f.name for f in Image._meta.fields} == {
        "title",
        "description",
    }
    keeper.post(
        url, {"title": "Above the fog", "description": "", "filename": "x.jpg", "owner": str(uuid.uuid4())}
    )
    image.refresh_from_db()
    assert (image.title, image.owner, image.filename != "x.jpg") == ("Above the fog", alice, True)


def test_saving_an_image_does_not_undo_a_simultaneous_change(keeper: Client, alice: User) -> None:
    image = make_image(alice)
    with CaptureQueriesContext(connection) as queries:
        keeper.post(f"/admin/gallery/image/{image.pk}/change/", {"title": "New", "description": ""})
    (written,) = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "gallery_image"')]
    assert "binned_at" not in written


def test_deleting_an_image_puts_it_into_the_bin(keeper: Client, alice: User) -> None:
    image = make_image(alice)
    url = f"/admin/gallery/image/{image.pk}/delete/"
    assert "goes to the bin" in keeper.get(url).content.decode()
    page = keeper.post(url, {"post": "yes"}, follow=True).content.decode()
    assert "is in the bin" in page
    assert "deleted successfully" not in page
    image.refresh_from_db()
    assert image.binned_at is not None


def test_images_go_to_the_bin_and_back_by_action(keeper: Client, alice: User) -> None:
    images = [make_image(alice) for _ in range(3)]
    assert "2 put into the bin" in act(keeper, "image", "put_into_bin", *images[:2])
    assert Image.objects.live().count() == 1
    assert "2 taken out of the bin" in act(keeper, "image", "take_out_of_bin", *images)
    assert Image.objects.live().count() == 3


def test_framework_deletion_is_not_offered_for_images(keeper: Client, alice: User) -> None:
    image = make_image(alice)
    assert "delete_selected" not in keeper.get("/admin/gallery/image/").content.decode()
    act(keeper, "image", "delete_selected", image)
    assert Image.objects.live().filter(pk=image.pk).exists()


@pytest.mark.parametrize("name", ["image", "upload", "sharelink"])
def test_rows_that_come_into_being_elsewhere_cannot_be_added(keeper: Client, name: str) -> None:
    assert keeper.get(f"/admin/gallery/{name}/add/").status_code == 403


def test_removing_an_album_leaves_its_images(keeper: Client, alice: User) -> None:
    images = [make_image(alice), make_image(alice)]
    outer = make_album(alice, *images)
    inner = Album.objects.create(owner=alice, title="Inner", parent=outer)
    other = make_album(alice)
    keeper.post(f"/admin/gallery/album/{outer.pk}/delete/", {"post": "yes"})
    assert list(Album.objects.all()) == [other]
    assert Image.objects.live().count() == 2
    assert not Album.objects.filter(pk=inner.pk).exists()


def test_several_albums_can_be_removed_even_one_inside_another(keeper: Client, alice: User) -> None:
    outer = make_album(alice, make_image(alice))
    inner = Album.objects.create(owner=alice, title="Inner", parent=outer)
    body = {"action": "delete_selected", "_selected_action": [str(outer.pk), str(inner.pk)], "post": "yes"}
    assert keeper.post("/admin/gallery/album/", body, follow=True).status_code == 200
    assert not Album.objects.exists()
    assert Image.objects.live().count() == 1


def save_album(client: Client, album: Album, **values: Any) -> Any:
    members = list(album.memberships.all())
    body = {
        "title": album.title, "description": "", "position": 0,
        "memberships-TOTAL_FORMS": len(members), "memberships-INITIAL_FORMS": len(members),
        "memberships-2-TOTAL_FORMS": 1, "memberships-2-INITIAL_FORMS": 0,
        "memberships-2-0-role": "viewer",
        "entries-TOTAL_FORMS": 0, "entries-INITIAL_FORMS": 0,
    }  # fmt: skip
    for place, member in enumerate(members):
        body |= {
            f"memberships-{place}-{name}": str(getattr(member, name)) for name in ("id", "role", "album_id")
        }
        body[f"memberships-{place}-album"] = str(album.pk)
    return client.post(f"/admin/gallery/album/{album.pk}/change/", body | values)


def test_people_are_invited_to_albums_in_the_admin(keeper: Client, alice: User, bob: User) -> None:
    album = make_album(alice)
    invited = {"memberships-2-0-user": bob.username, "memberships-2-0-role": "viewer"}
    assert save_album(keeper, album, **invited).status_code == 302
    assert list(album.members.all()) == [bob]
    again = save_album(keeper, album, **invited)
    assert again.status_code == 200
    assert "bob is invited already" in again.content.decode()
    assert save_album(keeper, album, **{"memberships-0-role": "editor"}).status_code == 302
    assert album.memberships.get().role == AlbumMember.Role.EDITOR
    assert save_album(keeper, album, **{"memberships-0-DELETE": "on"}).status_code == 302
    assert not album.members.exists()


def test_upload_cannot_be_changed_or_deleted_by_hand(keeper: Client, alice: User) -> None:
    upload = make_upload(alice, code="truncated")
    url = f"/admin/gallery/upload/{upload.pk}"
    assert "_save" not in keeper.get(f"{url}/change/").content.decode()
    assert keeper.post(f"{url}/change/", {"state": "ready"}).status_code == 403
    assert keeper.post(f"{url}/delete/", {"post": "yes"}).status_code == 403


def test_stuck_upload_is_given_back_to_the_workers(keeper: Client, alice: User) -> None:
    past = timezone.now() - timedelta(minutes=1)
    upload = make_upload(alice, state=State.PROCESSING, attempts=6, lease_until=past)
    assert "1 of 1 given" in act(keeper, "upload", "try_again", upload)
    upload.refresh_from_db()
    assert (upload.state, upload.attempts, upload.lease_until) == (State.PROCESSING, 0, None)


def test_upload_that_a_worker_holds_is_left_alone(keeper: Client, alice: User) -> None:
    soon, token = timezone.now() + timedelta(minutes=5), uuid.uuid4()
    upload = make_upload(alice, state=State.PROCESSING, attempts=1, lease_until=soon, lease_token=token)
    assert "0 of 1 given" in act(keeper, "upload", "try_again", upload)
    upload.refresh_from_db()
    assert (upload.attempts, upload.lease_until, upload.lease_token) == (1, soon, token)


def test_ready_upload_is_left_alone(keeper: Client, alice: User) -> None:
    upload = make_upload(alice, state=State.READY, image=make_image(alice))
    assert "0 of 1 given" in act(keeper, "upload", "try_again", upload)
    upload.refresh_from_db()
    assert upload.state == State.READY


def test_rejected_upload_is_looked_at_again_and_counted(keeper: Client, alice: User, s3: S3Settings) -> None:
    data = photo_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    upload = make_upload(alice, state=State.REJECTED, code="worker_failed", bytes=len(data), sha256=sha256)
    objectstore.put(upload.key, data, content_type="image/jpeg", if_absent=True, sha256=sha256)
    assert "1 of 1 given" in act(keeper, "upload", "try_again", upload)
    upload.refresh_from_db()
    alice.refresh_from_db()
    assert (upload.state, upload.code, alice.used_bytes) == (State.PROCESSING, "", len(data))


def test_rejected_upload_without_bytes_says_so(keeper: Client, alice: User, s3: S3Settings) -> None:
    page = act(keeper, "upload", "try_again", make_upload(alice, state=State.REJECTED, code="missing"))
    assert "has not arrived" in page
    assert "0 of 1 given" in page


def test_share_links_never_show_what_opens_them(keeper: Client, alice: User) -> None:
    link = make_share_link(alice)
    for path in ("", f"{link.pk}/change/"):
        page = keeper.get(f"/admin/gallery/sharelink/{path}").content.decode()
        assert link.token_sha256 not in page
        assert link.password not in page


def test_share_links_are_revoked_once(keeper: Client, alice: User) -> None:
    link = make_share_link(alice)
    assert "1 revoked" in act(keeper, "sharelink", "revoke", link)
    link.refresh_from_db()
    first = link.revoked_at
    assert "0 revoked" in act(keeper, "sharelink", "revoke", link)
    link.refresh_from_db()
    assert link.revoked_at == first is not None


def test_tokens_are_shown_without_what_opens_them_and_revoked_once(keeper: Client, alice: User) -> None:
    token, plain = ApiToken.issue(alice, "laptop", [ApiToken.Scope.READ])
    for path in ("", f"{token.pk}/change/"):
        page = keeper.get(f"/admin/gallery/apitoken/{path}").content.decode()
        assert ("laptop" in page, plain in page, token.token_sha256 in page) == (True, False, False)
    assert "1 revoked" in act(keeper, "apitoken", "revoke", token)
    token.refresh_from_db()
    first = token.revoked_at
    assert "0 revoked" in act(keeper, "apitoken", "revoke", token)
    token.refresh_from_db()
    assert token.revoked_at == first is not None


def test_token_is_neither_made_nor_changed_in_the_admin(keeper: Client, alice: User) -> None:
    token, _ = ApiToken.issue(alice, "laptop", [ApiToken.Scope.READ])
    url = f"/admin/gallery/apitoken/{token.pk}"
    assert keeper.get("/admin/gallery/apitoken/add/").status_code == 403
    keeper.post(f"{url}/change/", {"scopes": "upload", "name": "other"})
    token.refresh_from_db()
    assert (token.scopes, token.name) == ("read", "laptop")


def test_users_show_what_they_use_and_may_use(keeper: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(used_bytes=3 * 1024**3, quota_bytes=5 * 1024**3)
    page = keeper.get("/admin/gallery/user/").content.decode()
    assert "3.0\xa0GB" in page
    assert "5.0\xa0GB" in page


def test_user_with_photos_cannot_be_deleted(keeper: Client, alice: User) -> None:
    make_image(alice)
    keeper.post(f"/admin/gallery/user/{alice.pk}/delete/", {"post": "yes"})
    assert User.objects.filter(pk=alice.pk).exists()
    assert Image.objects.live().count() == 1


def test_user_without_photos_can_be_deleted_with_their_tokens(keeper: Client, alice: User) -> None:
    ApiToken.issue(alice, "laptop", [ApiToken.Scope.READ])
    keeper.post(f"/admin/gallery/user/{alice.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=alice.pk).exists()


@pytest.mark.parametrize(
    "name", ["", "gallery/image/", "gallery/album/add/", "gallery/user/add/", "gallery/upload/"]
)
def test_admin_obeys_the_security_policy_and_wears_our_colours(keeper: Client, name: str) -> None:
    answer = keeper.get(f"/admin/{name}")
    page = answer.content.decode()
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert not re.search(
        r"<style|<script(?![^>]*\s(src=|type=\"application/json))|\son\w+=|javascript:", page
    )
    assert "gallery/css/admin.css" in page


def test_admin_is_closed_to_people_who_do_not_run_the_site(client: Client, alice: User) -> None:
    client.force_login(alice)
    for path in ("", "gallery/image/", "gallery/upload/"):
        answer = client.get(f"/admin/{path}")
        assert (answer.status_code, "/admin/login/" in answer["Location"]) == (302, True)


def test_passwords_cannot_be_guessed_past_the_gallerys_own_sign_in(db: None) -> None:
    keeper = make_user("keeper", is_staff=True, is_superuser=True)
    client = Client()
    answer = client.post("/admin/login/", {"username": keeper.username, "password": PASSWORD})
    assert answer.headers["Location"].startswith("/accounts/login/?next=")
    assert "_auth_user_id" not in client.session


def test_image_that_is_deleted_for_good_while_it_is_changed_gets_404(keeper: Client, alice: User) -> None:
    image = make_image(alice)
    with deleted_meanwhile(image):
        answer = keeper.post(f"/admin/gallery/image/{image.pk}/change/", {"title": "Fog", "description": ""})
    assert answer.status_code == 404
