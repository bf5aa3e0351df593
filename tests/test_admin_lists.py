"""Every list and page of the administration: at constant cost, without files, and without what opens something."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import FileField
from django.forms import FileField as FormFileField
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from gallery.models import (
    Album,
    ApiToken,
    AuditEntry,
    Inspection,
    Invitation,
    Job,
    Removal,
    ShareLink,
    SmartAlbum,
    Tag,
    Upload,
    User,
    Webhook,
    WebhookDelivery,
    new_id,
)
from photosky import admin_urls
from tests.make import make_image

pytestmark = pytest.mark.usefixtures("signing")
LISTS = sorted(model._meta.label_lower for model in admin.site._registry)
assert admin_urls.urlpatterns


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss")


@pytest.fixture
def keeper(boss: User) -> Client:
    """Return a browser in which the keeper of the site is signed in."""
    client = Client()
    client.force_login(boss)
    return client


def _owners() -> Iterator[User]:
    """Yield one person a row, so that a list that looks owners up one by one is found out."""
    while True:
        yield User(username=uuid.uuid4().hex, password="!")


def _rows(label: str, owners: list[User]) -> list[Any]:
    soon = timezone.now() + timedelta(days=1)
    make: dict[str, Callable[[User], Any]] = {
        "account.emailaddress": lambda u: EmailAddress(user=u, email=f"{u.username}@example.com"),
        "auth.group": lambda u: Group(name=u.username),
        "gallery.album": lambda u: Album(owner=u, title="A"),
        "gallery.apitoken": lambda u: ApiToken(user=u, name="t", token_sha256=u.username * 2, prefix="photosky_x"),
        "gallery.auditentry": lambda u: AuditEntry(
            actor=u, owner=u, actor_name=u.username, action="photo.binned", subject_type="image", subject_id=new_id()
        ),
        "gallery.image": lambda u: make_image(u, save=False),
        "gallery.inspection": lambda _: Inspection(report={"counts": {"missing": {"found": 1}}}),
        "gallery.invitation": lambda u: Invitation(invited_by=u, token_sha256=u.username * 2, expires_at=soon),
        "gallery.job": lambda u: Job(owner=u, kind="chosen", payload={"act": "move"}, total=9),
        "gallery.removal": lambda u: Removal(key=u.username, reason="purged"),
        "gallery.sharelink": lambda u: ShareLink(owner=u, token_sha256=u.username * 2, prefix="abcd"),
        "gallery.smartalbum": lambda u: SmartAlbum(owner=u, title="S", query="fog"),
        "gallery.tag": lambda u: Tag(owner=u, name="t", slug="t"),
        "gallery.upload": lambda u: Upload(
            owner=u, filename="x", content_type="image/jpeg", bytes=1, key=u.username, state="rejected"
        ),
        "gallery.webhook": lambda u: Webhook(owner=u, url="https://x.example", events="a", cursor_id=new_id()),
        "mfa.authenticator": lambda u: Authenticator(user=u, type="totp", data={"secret": "s3cr3t"}),
        "usersessions.usersession": lambda u: UserSession(
            user=u, ip="192.0.2.1", session_key=f"key-{u.username}"[:40], user_agent="x", last_seen_at=soon
        ),
    }  # fmt: skip
    if label == "gallery.user":
        return []
    if label == "gallery.webhookdelivery":
        hooks = Webhook.objects.bulk_create(_rows("gallery.webhook", owners))
        return [WebhookDelivery(webhook=hook, event="photo.added", body="{}") for hook in hooks]
    return [make[label](owner) for owner in owners]


def make_rows(label: str, count: int) -> Any:
    """Make rows of the kind, each of another owner; return one of them."""
    owners = User.objects.bulk_create(user for user, _ in zip(_owners(), range(count), strict=False))
    rows = _rows(label, owners)
    if not rows:
        return owners[0]
    type(rows[0])._default_manager.bulk_create(rows)
    return rows[0]


def queries_of(client: Client, url: str) -> tuple[int, str]:
    # What is asked for once in the life of a process is asked for here.
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
    assert answer.status_code == 200, url
    return len(queries), answer.content.decode()


@pytest.mark.parametrize("label", LISTS)
def test_lists_and_pages_of_rows_cost_the_same_at_10_and_at_1000_rows(keeper: Client, label: str) -> None:
    name = label.replace(".", "_")
    lists, pages = [], []
    for count in (10, 990):
        row = make_rows(label, count)
        cost, page = queries_of(keeper, reverse(f"admin:{name}_changelist"))
        assert page.count("<tr") >= 10
        lists.append(cost)
        pages.append(queries_of(keeper, reverse(f"admin:{name}_change", args=[row.pk]))[0])
    assert lists[0] == lists[1]
    assert pages[0] == pages[1]
    assert max(lists + pages) < 30


@pytest.mark.parametrize("label", LISTS)
def test_no_form_takes_a_file(boss: User, keeper: Client, label: str) -> None:
    """Bytes go straight to the store: neither a field nor a form of the administration takes them."""
    model_admin = next(a for m, a in admin.site._registry.items() if m._meta.label_lower == label)
    assert not [field for field in model_admin.model._meta.get_fields() if isinstance(field, FileField)]
    request = RequestFactory().get("/")
    request.user = boss
    row = make_rows(label, 1)
    form = model_admin.get_form(request, obj=row, change=True)
    assert not [field for field in form.base_fields.values() if isinstance(field, FormFileField)]
    page = keeper.get(reverse(f"admin:{label.replace('.', '_')}_change", args=[row.pk])).content.decode()
    assert "multipart/form-data" not in page
    assert 'type="file"' not in page


def test_no_list_and_no_page_shows_what_opens_something(keeper: Client) -> None:
    for label, secret in (
        ("mfa.authenticator", "s3cr3t"), ("usersessions.usersession", "key-"), ("gallery.invitation", "token_sha256"),
        ("gallery.apitoken", "token_sha256"), ("gallery.webhook", "secret"),
    ):  # fmt: skip
        row, name = make_rows(label, 1), label.replace(".", "_")
        for url in (reverse(f"admin:{name}_changelist"), reverse(f"admin:{name}_change", args=[row.pk])):
            page = keeper.get(url).content.decode()
            assert secret not in page, url
            assert getattr(row, "token_sha256", "?" * 64) not in page
