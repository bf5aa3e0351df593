"""People in the admin, with what they keep and may keep, and the tokens by which programs act for them."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.accounts import tokens
from gallery.admin import history
from gallery.admin.bases import AnyUserAdmin
from gallery.admin.lists import BoundedPaginator, Listed, ReadOnlyMixin, TickedMixin, size
from gallery.admin.noting import NotedMixin
from gallery.admin.retried import RetriedMixin
from gallery.models import ApiToken, User


@admin.register(User)
class PersonAdmin(TickedMixin, RetriedMixin, NotedMixin, AnyUserAdmin):
    """Users. One who owns photos cannot be deleted, only made inactive."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_display = ["username", "email", "is_active", "is_staff", "used", "quota_shown", "last_login"]
    list_filter = ["is_active", "is_staff"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Personal info"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Space"), {"fields": ["quota_bytes", "used"], "description": _("In bytes; 0 is without limit.")}),
        (
            _("Permissions"),
            {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]},
        ),
        (_("Important dates"), {"fields": ["last_login", "date_joined", "log"]}),
    ]
    readonly_fields = ["used", "last_login", "date_joined", "log"]
    list_per_page = list_max_show_all = 100

    @admin.display(description=_("Used"))
    def used(self, user: User) -> str:
        return size(user.used_bytes)

    @admin.display(description=_("Audit log"))
    def log(self, user: User) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', history.url_of(user), _("What they did, and what happened to their things")
        )

    @admin.display(description=_("Quota"))
    def quota_shown(self, user: User) -> str:
        return size(user.quota) if user.quota else gettext("without limit")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyMixin, Listed):
    """Personal tokens. What opens the gallery is shown to nobody, since only its hash is kept."""

    list_display = [
        "prefix",
        "name",
        "user",
        "scopes",
        "last_used_at",
        "expires_at",
        "revoked_at",
        "created_at",
    ]
    list_select_related = ["user"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["=prefix", "=user__username"]
    search_help_text = _("How a token begins, or whose it is.")
    actions = ["revoke"]
    fields = ["user", "prefix", "name", "scopes", "last_used_at", "expires_at", "revoked_at", "created_at"]

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Let those end a token who may change one, although nothing else of it is changed by hand."""
        return request.user.has_perm("gallery.change_apitoken")

    @admin.action(description=_("Revoke"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """End tokens for good; one that was ended keeps its date."""
        chosen = ApiToken.objects.filter(pk__in=queryset.order_by().values("pk"))
        words = gettext("%(count)s revoked.") % {"count": tokens.revoke(chosen)}
        self.message_user(request, words, messages.SUCCESS)
