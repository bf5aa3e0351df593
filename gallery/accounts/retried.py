"""Transactions of allauth that are begun again when they lost a race, as all others are.

Those of second factors, whose code is loaded with their pages, are in gallery/views/account_factors.py.
"""

from allauth.account.managers import EmailAddressManager
from allauth.usersessions.models import UserSessionManager

from photosky.database import atomic_retry


def take_over() -> None:
    """Begin them by `atomic_retry`; called once, at the start. None of them does anything outside of the database."""
    UserSessionManager.create_from_request = atomic_retry(UserSessionManager.create_from_request)
    EmailAddressManager.get_or_create = atomic_retry(EmailAddressManager.get_or_create)
