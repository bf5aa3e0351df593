"""What Django leaves where it is when it has ended: sessions of people, and what the shared cache held."""

from importlib import import_module

from django.conf import settings

from photosky import counting
from photosky.database import atomic_retry


def forget_expired() -> None:
    """Delete what is over; two statements, answered by the indexes of their ends."""
    atomic_retry(import_module(settings.SESSION_ENGINE).SessionStore.clear_expired)()
    counting.forget_expired()
