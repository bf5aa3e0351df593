"""Images in the admin. Deleting puts them into the bin."""

import json
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gallery import access, imaging, renditions
from gallery import bin as photo_bin
from gallery.admin import history
from gallery.admin.image_actions import ActionsMixin
from gallery.admin.lists import Listed, size, thumbnail_url
from gallery.admin.noting import NotedMixin
from gallery.models import Image, ImageQuerySet

# Longer metadata is shown by its beginning.
MOST_METADATA = 100_000


class InBinFilter(admin.SimpleListFilter):
    """In the library, or in the bin."""

    title = gettext_lazy("place")
    parameter_name = "place"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [("library", _("Library")), ("bin", _("Bin"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Image]) -> QuerySet[Image]:  # noqa: ARG002
        if self.value() == "library":
            return queryset.filter(binned_at=None)
        return queryset.exclude(binned_at=None) if self.value() == "bin" else queryset


ORIGINAL = (
    "filename", "kind", "content_type", "dimensions", "weight", "duration_s", "sha256", "original_key", "created_at",
    "updated_at",
)  # fmt: skip
FACTS = (
    "taken_by_whom", "camera_make", "camera_model", "lens", "f_number", "exposure_s", "iso", "focal_length_mm",
    "focal_length_35mm", "flash", "rating", "position", "where", "orientation", "rotation", "metadata_shown",
)  # fmt: skip


@admin.register(Image)
class ImageAdmin(ActionsMixin, Listed):
    """Photographs: title and description can be changed, what was found in the file cannot."""

    list_display = ["picture", "filename", "title", "owner", "taken", "dimensions", "weight", "binned_at"]
    list_display_links = ["picture", "filename"]
    list_select_related = ["owner"]
    list_filter = [InBinFilter, "taken_source"]
    search_fields = ["filename", "title", "=owner__username"]
    search_help_text = gettext_lazy("Part of a file name or a title, or a whole user name.")
    actions = ["put_into_bin", "take_out_of_bin", "reprocess", "move_owner", "purge"]
    fieldsets = [
        (None, {"fields": ["preview", "title", "description", "owner", "place_now", "is_favorite"]}),
        (gettext_lazy("Original"), {"fields": ORIGINAL}),
        (gettext_lazy("Facts"), {"fields": FACTS}),
        (gettext_lazy("Renditions"), {"fields": ["recipe", "color", "rendition_table"]}),
        (gettext_lazy("History"), {"fields": ["history_shown"]}),
    ]
    notes_deletion = False
    # Of somebody else's photo it is a 404, also for staff.
    view_on_site = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Image]:
        return super().get_queryset(request).defer("metadata")

    def get_readonly_fields(self, request: HttpRequest, obj: Image | None = None) -> list[str]:  # noqa: ARG002
        shown = flatten_fieldsets(self.fieldsets)
        return [str(name) for name in shown if name not in {"title", "description"}]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Leave out the framework's own deletion: the bin takes its place."""
        return {
            name: action for name, action in super().get_actions(request).items() if name != "delete_selected"
        }

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Refuse: photographs come in by uploading, straight to the object store."""
        return False

    @admin.display(description="")
    def picture(self, image: Image) -> SafeString:
        address = thumbnail_url(image)
        # It leads to the photo's page, so it has a name.
        return format_html(
            '<img class="thumbnail" src="{}" alt="{}" loading="lazy">', address, image.filename
        )

    @admin.display(description=gettext_lazy("Picture"))
    def preview(self, image: Image) -> SafeString:
        return format_html('<img class="preview" src="{}" alt="{}">', renditions.url(image, "l1280"), image)

    @admin.display(description=gettext_lazy("Taken"))
    def taken(self, image: Image) -> str:
        return f"{image.taken_local:%Y-%m-%d %H:%M}"

    @admin.display(description=gettext_lazy("Taken"))
    def taken_by_whom(self, image: Image) -> str:
        """Return the time with what it is known from."""
        offset = "" if image.taken_offset_minutes is None else f" {image.taken_local:%z}"
        return (
            f"{image.taken_local:%Y-%m-%d %H:%M:%S}{offset} ({Image.TakenSource(image.taken_source).label})"
        )

    @admin.display(description=gettext_lazy("Pixels"))
    def dimensions(self, image: Image) -> str:
        return f"{image.width} x {image.height}"

    @admin.display(description=gettext_lazy("Size"))
    def weight(self, image: Image) -> str:
        return size(image.bytes)

    @admin.display(description=gettext_lazy("Place now"))
    def place_now(self, image: Image) -> str:
        """Say where the photo stands: what hides it from its owner's timeline."""
        found = [
            words
            for since, words in (
                (image.binned_at, _("in the bin since %(since)s")),
                (image.archived_at, _("archived since %(since)s")),
                (image.held_at, _("waiting for review since %(since)s")),
            )
            if since
            for words in [words % {"since": f"{since:%Y-%m-%d %H:%M} UTC"}]
        ]
        if image.stacked_under_id:
            found.append(_("in a stack under another photo (%(kind)s)") % {"kind": image.stack_kind})
        return "; ".join(found) or _("in the library")

    @admin.display(description=gettext_lazy("Position"))
    def position(self, image: Image) -> str:
        if image.latitude is None or image.longitude is None:
            return "-"
        height = "" if image.altitude_m is None else f", {image.altitude_m:.0f} m"
        return f"{image.latitude:.5f}, {image.longitude:.5f}{height}"

    @admin.display(description=gettext_lazy("Place"))
    def where(self, image: Image) -> str:
        parts = [part for part in (image.place, image.region, image.country) if part]
        source = _("a person") if image.place_by_person else _("the gazetteer")
        return f"{', '.join(parts)} ({source})" if parts else "-"

    @admin.display(description=gettext_lazy("All that the file says"))
    def metadata_shown(self, image: Image) -> SafeString:
        text = json.dumps(image.metadata, indent=2, ensure_ascii=False, sort_keys=True)
        return format_html(
            '<details class="metadata"><summary>{}</summary><pre dir="ltr">{}</pre></details>',
            _("%(count)s entries") % {"count": len(image.metadata)},
            text[:MOST_METADATA],
        )

    @admin.display(description=gettext_lazy("Renditions"))
    def rendition_table(self, image: Image) -> SafeString:
        names = [*imaging.LADDER, *([renditions.moving(image)] if renditions.moving(image) else [])]
        urls = renditions.urls([image], names)[0]
        rows = [
            {
                "name": name,
                "url": urls[name],
                "size": imaging.rung_size(name, image.width, image.height)
                if name in imaging.LADDER
                else None,
                "key": renditions.key(image.rendition_token, image.recipe, name),
            }
            for name in names
        ]
        outdated = image.recipe != renditions.recipe()
        return SafeString(render_to_string("admin/_renditions.html", {"rows": rows, "outdated": outdated}))

    @admin.display(description=gettext_lazy("History"))
    def history_shown(self, image: Image) -> SafeString:
        return history.of(image)

    def save_model(self, request: HttpRequest, obj: Image, form: "ModelForm[Image]", change: bool) -> None:  # noqa: ARG002, FBT001
        """Write what was changed and nothing else, so that what happens meanwhile is not undone."""
        access.save_changes(obj, form.changed_data)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Say what a deletion does: nothing but moving to the bin."""
        allowed = self.has_delete_permission(request)
        words = _("%(photo)s goes to the bin, from which it can be taken back")
        lines = [words % {"photo": image} for image in objs]
        return lines, {_("Photos"): len(lines)}, set() if allowed else {_("Photos")}, []

    def delete_model(self, request: HttpRequest, obj: Image) -> None:  # noqa: ARG002
        photo_bin.put(Image.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:  # noqa: ARG002
        photo_bin.put(_all(queryset))

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Image]) -> Any:
        """Record what was done in the terms of the bin."""
        return [super(NotedMixin, self).log_change(request, image, "Put into the bin.") for image in queryset]

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        response = super().response_delete(request, obj_display, obj_id)
        # The framework's message says that it was deleted.
        list(messages.get_messages(request))
        self.message_user(request, _("%(photo)s is in the bin.") % {"photo": obj_display}, messages.SUCCESS)
        return response


def _all(rows: QuerySet[Image]) -> ImageQuerySet:
    """Return the rows without the list's joins and order, which an update cannot have."""
    return Image.objects.filter(pk__in=rows.order_by().values("pk"))
