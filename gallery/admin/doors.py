"""What opens accounts, in the admin: second factors, sessions, e-mail addresses and groups, without what is secret of them."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from gallery.admin.lists import Listed, ReadOnlyMixin, TickedMixin

# Of one action; a page shows no more.
AT_ONCE = 100


class AuthenticatorAdmin(ReadOnlyMixin, Listed):
    """Passkeys, authenticator apps and recovery codes. Deleting one lets a person in who lost it; its secret is not shown."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_select_related = ["user"]
    list_filter = ["type"]
    search_fields = ["=user__username"]
    fields = ["user", "type", "created_at", "last_used_at"]


class UserSessionAdmin(ReadOnlyMixin, Listed):
    """Where people are signed in. Deleting one signs out there; the key of the session is not shown."""

    list_display = ["user", "ip", "user_agent", "created_at", "last_seen_at"]
    list_select_related = ["user"]
    search_fields = ["=user__username", "=ip"]
    fields = ["user", "ip", "user_agent", "created_at", "last_seen_at"]

    def delete_model(self, request: HttpRequest, obj: UserSession) -> None:  # noqa: ARG002
        """Sign out: the row alone would leave the session open."""
        obj.end()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        chosen = list(queryset.order_by("-id")[: AT_ONCE + 1])
        for session in chosen[:AT_ONCE]:
            session.end()
        if len(chosen) > AT_ONCE:
            words = _("Only the first %(count)s were ended.") % {"count": AT_ONCE}
            self.message_user(request, words, messages.WARNING)


class EmailAddressAdmin(ReadOnlyMixin, Listed):
    """E-mail addresses of people; they change them themselves."""

    list_display = ["email", "user", "primary", "verified"]
    list_select_related = ["user"]
    search_fields = ["=email", "=user__username"]
    fields = ["email", "user", "primary", "verified"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


class RoleAdmin(TickedMixin, Listed):
    """Groups, by which people get permissions."""

    list_display = ["name"]
    search_fields = ["name"]


def take_over(site: AdminSite) -> None:
    """Show what allauth keeps in these lists instead of its own, whose forms hold secrets and whose lists grow; and groups."""
    for model in list(site._registry):
        if model.__module__.startswith("allauth."):
            site.unregister(model)
    site.unregister(Group)
    site.register(Group, RoleAdmin)
    site.register(Authenticator, AuthenticatorAdmin)
    site.register(UserSession, UserSessionAdmin)
    site.register(EmailAddress, EmailAddressAdmin)
