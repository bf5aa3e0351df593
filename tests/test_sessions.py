"""Sessions: those that have ended are not kept."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from gallery import tasks
from gallery.models import User
from photosky.env import S3Settings


def test_expired_sessions_go_at_the_tick_and_others_stay(alice: User, client: Client, s3: S3Settings) -> None:
    client.force_login(alice)
    kept = client.session.session_key
    Session.objects.create(session_key="old", expire_date=timezone.now() - timedelta(seconds=1))

    tasks.tick()

    assert [session.session_key for session in Session.objects.all()] == [kept]
