"""The things and the people of the access matrix: an owner's library, an album that is shared, and who was invited."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from gallery import archives
from gallery.models import (
    Album,
    AlbumMember,
    ApiToken,
    Image,
    Invitation,
    Job,
    ShareLink,
    SmartAlbum,
    Tag,
    Upload,
    User,
)
from gallery.sharing import names
from gallery.webhooks import hooks
from tests.access_table import ROLES
from tests.make import make_album, make_image, make_user


@dataclass(slots=True)
class World:
    """Who is there, and which values stand for the parts of an address."""

    people: dict[str, User]
    parts: dict[str, dict[str, object]]
    named: dict[str, str]
    clients: dict[str, Client] = field(default_factory=dict)

    def client(self, role: str) -> Client:
        """Return the browser of the person with this role."""
        if role not in self.clients:
            client = Client()
            if role in self.people:
                client.force_login(self.people[role])
            self.clients[role] = client
        return self.clients[role]

    def body(self, body: Mapping[str, object]) -> dict[str, object]:
        """Return what is sent, with the things that it names."""
        return {
            key: self.named.get(value, value) if isinstance(value, str) else value
            for key, value in body.items()
        }

    def url(self, name: str, thing: str) -> str:
        """Return the address of a thing, or of the page that names none."""
        values = self.parts.get(thing, {})
        space, _, own = name.rpartition(":")
        resolver = get_resolver()
        if space:
            resolver = resolver.namespace_dict[space][1]
        found: Any = resolver.reverse_dict[own]
        wanted = found[0][0][1]
        # The API calls every key pk: which one it is, the name of the address says.
        kind = "member_id" if own.startswith("album-member") else own.split("-")[0]
        kwargs = {part: values.get(kind if part == "pk" else part, values.get(part)) for part in wanted}
        return reverse(name, kwargs=kwargs)


def make_world(owner: User) -> World:
    """Make it, around a user who owns all things."""
    people = {"owner": owner, **{role: make_user(role) for role in ROLES[1:] if role != "owner"}}
    User.objects.filter(pk=people["staff"].pk).update(is_staff=True, is_superuser=True)
    shared = make_image(owner)
    private = make_image(owner, place="Potes", country="ES", latitude=43.15, longitude=-4.62)
    binned, held = make_image(owner), make_image(owner)
    Image.objects.filter(pk=binned.pk).update(binned_at=timezone.now())
    Image.objects.filter(pk=held.pk).update(held_at=timezone.now())
    album, closed = make_album(owner, shared, binned, held), make_album(owner, private, title="Private")
    for role in AlbumMember.Role:
        AlbumMember.objects.create(album=album, user=people[role.value], role=role)
    images = {"shared": shared, "private": private, "binned": binned, "held": held}
    another = Tag.objects.create(owner=owner, name="another")
    parts = _parts(owner, images, album, closed)
    address = f"http://testserver/s/{parts['link']['token']}/"
    named = {"another tag": str(another.pk), "the link": address, "the album": str(album.pk)}
    return World(people, parts, named)


def _parts(
    owner: User, images: dict[str, Image], album: Album, closed: Album
) -> dict[str, dict[str, object]]:
    link = ShareLink(owner=owner, album=album, allow_upload=True, upload_limit_bytes=10**6)
    plain = link.new_token()
    link.save()
    now = timezone.now()
    invitation = Invitation(invited_by=owner, expires_at=now + timedelta(days=1))
    invitation.new_token()
    invitation.save()
    member = album.memberships.get(user__username="viewer")
    job, guests_job, exported = _jobs(owner, link, images["shared"], now)
    things = {
        "tag": Tag.objects.create(owner=owner, name="ridge"),
        "smart": SmartAlbum.objects.create(owner=owner, title="Ridges", query="ridge"),
        "link": link,
        "job": job,
        "token": ApiToken.issue(owner, "laptop", ["read"])[0],
        "webhook": hooks.make(owner, "https://example.com/hook", ["photo.ready"], "backup")[0],
        "invitation": invitation,
        "upload": _upload(owner),
    }
    ids: dict[str, object] = {f"{name}_id": row.pk for name, row in things.items()}
    ids |= {name: row.pk for name, row in things.items()} | {"share": link.pk, "job_pk": job.pk}
    ids["user"] = member.user_id
    exports: dict[str, object] = {"job_id": exported.pk}
    calendar: dict[str, object] = {"year": 2026, "month": 9, "day": 14}
    return {
        "": {**calendar, "code": "ES"},
        "thing": {**ids, **calendar},
        "export": exports,
        "smart": {"album_id": things["smart"].pk},
        "link": {"token": plain, "place": names.name_of(link, images["shared"]), "job_id": guests_job.pk},
        "unknown link": {"token": "x" * 22, "place": "1", "job_id": job.pk, "upload_id": things["upload"].pk},
        "place": {"code": "ES", "name": "Potes"},
        **{name: {"image_id": image.pk, "image": image.pk} for name, image in images.items()},
        "album": _album_parts(album, member, images["shared"]),
        "private album": _album_parts(closed, None, images["private"]),
    }


def _jobs(owner: User, link: ShareLink, image: Image, now: datetime) -> tuple[Job, Job, Job]:
    """Return a zip of the owner's, one of the link's guests and an export, all packed."""
    made = (
        archives.start(owner, [image.pk], "One"),
        archives.start_for_guests(link),
        Job.objects.create(kind="export", owner=owner),
    )
    result = {
        "key": "exports/test.zip",
        "until": (now + timedelta(hours=1)).isoformat(),
        "count": 1,
        "bytes": 9,
    }
    Job.objects.update(state=Job.State.DONE, finished_at=now, result=result)
    return made


def _album_parts(album: Album, member: AlbumMember | None, image: Image) -> dict[str, object]:
    return {
        "album_id": album.pk,
        "album": album.pk,
        "image_id": image.pk,
        "album_pk": album.pk,
        "member_id": member.pk if member else uuid.uuid4(),
        "user_id": member.user_id if member else uuid.uuid4(),
    }


def _upload(owner: User) -> Upload:
    return Upload.objects.create(
        owner=owner, filename="a.jpg", content_type="image/jpeg", bytes=10, key="originals/test/waiting.jpg"
    )
