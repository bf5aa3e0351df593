"""What must be right before the first request is served."""

from django.core import checks
from django.core.exceptions import ImproperlyConfigured

STARTUP = "startup"


def refuse_unsafe_start() -> None:
    """Run the cheap checks that are tagged as start-up checks; raise ImproperlyConfigured for any error."""
    found = [message for message in checks.run_checks(tags=[STARTUP]) if message.is_serious()]
    if found:
        raise ImproperlyConfigured("\n".join(f"{message.msg} {message.hint}" for message in found))
