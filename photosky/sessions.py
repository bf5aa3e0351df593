"""Sessions in the database, whose saving is tried again when it lost a race and tells an outage from a lost session."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError

from photosky import database


class SessionStore(db.SessionStore):
    """Django's store. By itself it takes every trouble of the database for a session that somebody has ended."""

    @database.atomic_retry
    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002  # as Django calls it
        """Write the session. Raises UpdateError where it was ended meanwhile."""
        try:
            super().save(must_create)
        except UpdateError as error:
            if error.__context__ is not None and database.is_outage(error.__context__):
                raise error.__context__ from None
            raise
