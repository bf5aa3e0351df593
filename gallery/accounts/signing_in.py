"""What people do at the door, written down: signing in and failing to, and changing what opens it."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as second_factor
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.db.models import Q
from django.dispatch import Signal

from gallery import audit
from gallery.models import User

# What a person changed, by the signal that tells it.
CHANGES: dict[Signal, str] = {
    account.user_logged_in: "session.begun",
    account.user_signed_up: "account.made",
    account.password_set: "password.set",
    account.password_changed: "password.changed",
    account.password_reset: "password.reset",
    account.email_added: "email.added",
    account.email_changed: "email.changed",
    account.email_removed: "email.removed",
    second_factor.authenticator_added: "second_factor.added",
    second_factor.authenticator_removed: "second_factor.removed",
    second_factor.authenticator_reset: "second_factor.renewed",
}


def listen() -> None:
    """Write down what allauth tells; called once, at the start."""
    for signal, action in CHANGES.items():
        signal.connect(_Noting(action), weak=False, dispatch_uid=f"audit {action}")
    user_logged_out.connect(_signed_out, dispatch_uid="audit session.ended")
    user_login_failed.connect(_refused, dispatch_uid="audit session.refused")
    second_factor.authentication_failed.connect(_refused_second, dispatch_uid="audit second_factor.refused")


class _Noting:
    """Writes one kind of act down."""

    def __init__(self, action: str) -> None:
        self.action = action

    def __call__(self, sender: Any, user: User, **values: Any) -> None:  # noqa: ARG002
        authenticator = values.get("authenticator")
        details = {"kind": str(authenticator.type)} if authenticator is not None else {}
        audit.alone(self.action, user, owner=user, by=user, **details)


def _signed_out(sender: Any, user: User | None, **values: Any) -> None:  # noqa: ARG001
    if user is not None and user.pk:
        audit.alone("session.ended", user, owner=user, by=user)


def _refused(sender: Any, credentials: dict[str, Any], **values: Any) -> None:  # noqa: ARG001
    """Note a sign-in that failed: whose account was tried, where there is one. What was typed may be a password."""
    typed = str(credentials.get("username") or credentials.get("email") or "")
    named = User.objects.filter(Q(username__iexact=typed) | Q(email__iexact=typed)).order_by("id")
    user = named.first() if typed else None
    audit.alone("session.refused", user, owner=user)


def _refused_second(sender: Any, user: User, **values: Any) -> None:  # noqa: ARG001
    audit.alone("second_factor.refused", user, owner=user)
