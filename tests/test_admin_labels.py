"""Tags and share links in the administration: what is done there is done as owners do it, and told to their programs."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from gallery import jobs, tags
from gallery.models import AuditEntry, Image, Job, SearchEntry, ShareLink, Tag, User
from gallery.sharing import links
from tests.make import make_image, make_user

pytestmark = pytest.mark.usefixtures("signing")
LONG_AGO = timezone.now() - timedelta(days=9)


@pytest.fixture
def keeper(db: None) -> Client:
    """Return a browser in which the keeper of the site is signed in."""
    client = Client()
    client.force_login(make_user("keeper", is_staff=True, is_superuser=True))
    return client


def tagged(owner: User, name: str, count: int = 2) -> Tag:
    """Return a tag of some photos that were changed long ago."""
    images = [make_image(owner) for _ in range(count)]
    tags.add(owner, [image.pk for image in images], [name])
    Image.objects.update(updated_at=LONG_AGO)
    return Tag.objects.get(owner=owner, slug=name.casefold())


def changed_since() -> int:
    return Image.objects.filter(updated_at__gt=LONG_AGO).count()


def test_photos_of_a_renamed_tag_are_dated_and_found_by_its_new_name(keeper: Client, alice: User) -> None:
    tag = tagged(alice, "fog")

    answer = keeper.post(f"/admin/gallery/tag/{tag.pk}/change/", {"name": "  Sea \u200b mist "})

    assert answer.status_code == 302
    tag.refresh_from_db()
    assert (tag.name, tag.slug, changed_since()) == ("Sea mist", "sea mist", 2)
    assert SearchEntry.objects.filter(text__contains="mist").count() == 2
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["tag.renamed"]


@pytest.mark.parametrize(
    ("name", "words"), [("SEA", "There is a tag"), ("a, b", "no comma"), ("\u200b", "name")]
)
def test_name_that_no_tag_may_have_is_refused_in_words(
    keeper: Client, alice: User, bob: User, name: str, words: str
) -> None:
    tag = tagged(alice, "fog")
    tagged(alice, "sea")
    tagged(bob, "wind")

    for url, more in ((f"{tag.pk}/change/", {}), ("add/", {"owner": alice.username})):
        answer = keeper.post(f"/admin/gallery/tag/{url}", {"name": name, **more})
        assert answer.status_code == 200
        assert words in answer.content.decode()

    assert sorted(Tag.objects.values_list("slug", flat=True)) == ["fog", "sea", "wind"]
    assert changed_since() == 0


def test_owner_of_a_new_tag_is_named_and_nobody_else_is_taken(keeper: Client, alice: User) -> None:
    wrong = keeper.post("/admin/gallery/tag/add/", {"name": "Fog", "owner": "nobody"}).content.decode()
    right = keeper.post("/admin/gallery/tag/add/", {"name": "Fog", "owner": alice.username})
    assert "Nobody here is called so" in wrong
    assert right.status_code == 302
    assert Tag.objects.get().owner == alice


def test_photos_of_a_deleted_tag_stay_and_are_dated(keeper: Client, alice: User) -> None:
    tag = tagged(alice, "fog")

    assert "taken off its photos" in keeper.get(f"/admin/gallery/tag/{tag.pk}/delete/").content.decode()
    keeper.post(f"/admin/gallery/tag/{tag.pk}/delete/", {"post": "yes"})

    assert not Tag.objects.exists()
    assert (Image.objects.count(), changed_since()) == (2, 2)
    assert not SearchEntry.objects.filter(text__contains="fog").exists()
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["tag.deleted"]


def test_tags_of_many_photos_go_by_a_job_that_the_log_ascribes_to_who_asked(
    keeper: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gallery.admin.labels.AT_ONCE", 1)
    rows = [tagged(alice, "fog"), tagged(alice, "sea", 1)]
    body = {"action": "delete_selected", "_selected_action": [str(tag.pk) for tag in rows], "post": "yes"}

    keeper.post("/admin/gallery/tag/", body)

    assert list(Tag.objects.all()) == rows[:1]
    assert jobs.work(Job.objects.get().pk)
    assert not Tag.objects.exists()
    assert changed_since() == 3
    told = AuditEntry.objects.filter(actor_name="keeper").values_list("action", flat=True)
    assert sorted(told) == ["row.deleted", "tag.deleted"]


def test_share_links_are_not_deleted_but_revoked(keeper: Client, alice: User) -> None:
    link, _ = links.make(alice, images=[make_image(alice).pk])
    body = {"action": "delete_selected", "_selected_action": [str(link.pk)], "post": "yes"}

    assert keeper.post(f"/admin/gallery/sharelink/{link.pk}/delete/", {"post": "yes"}).status_code == 403
    keeper.post("/admin/gallery/sharelink/", body)

    assert ShareLink.objects.filter(pk=link.pk).exists()


def test_tags_are_deleted_by_those_alone_who_may(client: Client, alice: User) -> None:
    tag = tagged(alice, "fog")
    helper = make_user("helper", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename="change_tag"))
    client.force_login(helper)

    assert client.post(f"/admin/gallery/tag/{tag.pk}/delete/", {"post": "yes"}).status_code == 403

    assert Tag.objects.exists()
