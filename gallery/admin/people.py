"""People in the admin, with what they keep and may keep."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from gallery.admin.bases import AnyUserAdmin
from gallery.admin.lists import BoundedPaginator, size
from gallery.models import User


@admin.register(User)
class PersonAdmin(AnyUserAdmin):
    """Users. One who owns photos cannot be deleted, only made inactive."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_display = ["username", "email", "is_active", "is_staff", "used", "quota_shown", "last_login"]
    list_filter = ["is_active", "is_staff"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Personal info"), {"fields": ["first_name", "last_name", "email"]}),
        ("Space", {"fields": ["quota_bytes", "used"], "description": "In bytes; 0 is without limit."}),
        (
            _("Permissions"),
            {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]},
        ),
        (_("Important dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    readonly_fields = ["used", "last_login", "date_joined"]

    @admin.display(description="Used")
    def used(self, user: User) -> str:
        return size(user.used_bytes)

    @admin.display(description="Quota")
    def quota_shown(self, user: User) -> str:
        return size(user.quota) if user.quota else "without limit"
