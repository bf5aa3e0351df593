"""Images in the admin. Deleting puts them into the bin."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from gallery import access, renditions
from gallery import bin as photo_bin
from gallery.admin.lists import Listed, size, thumbnail_url
from gallery.models import Image, ImageQuerySet

RUNGS = ("h240", "h480", "l1280", "l2560", "og")


class InBinFilter(admin.SimpleListFilter):
    """In the library, or in the bin."""

    title = "place"
    parameter_name = "place"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        return [("library", "Library"), ("bin", "Bin")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Image]) -> QuerySet[Image]:  # noqa: ARG002
        if self.value() == "library":
            return queryset.filter(binned_at=None)
        return queryset.exclude(binned_at=None) if self.value() == "bin" else queryset


@admin.register(Image)
class ImageAdmin(Listed):
    """Photographs: title and description can be changed, what was found in the file cannot."""

    list_display = ["picture", "filename", "title", "owner", "taken", "dimensions", "weight", "binned_at"]
    list_display_links = ["picture", "filename"]
    list_select_related = ["owner"]
    list_filter = [InBinFilter, "taken_source"]
    search_fields = ["filename", "title"]
    search_help_text = "Part of a file name or a title."
    actions = ["put_into_bin", "take_out_of_bin"]
    fieldsets = [
        (None, {"fields": ["preview", "title", "description", "owner", "binned_at", "is_favorite"]}),
        (
            "Original",
            {
                "fields": [
                    "filename",
                    "content_type",
                    "dimensions",
                    "weight",
                    "sha256",
                    "original_key",
                    "created_at",
                ]
            },
        ),
        (
            "Facts",
            {
                "fields": [
                    "taken",
                    "taken_source",
                    "camera_make",
                    "camera_model",
                    "lens",
                    "f_number",
                    "exposure_s",
                    "iso",
                    "focal_length_mm",
                    "focal_length_35mm",
                    "latitude",
                    "longitude",
                    "altitude_m",
                    "orientation",
                ]
            },
        ),
        ("Renditions", {"fields": ["recipe", "color", "rendition_links"]}),
    ]

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
        return format_html('<img class="thumbnail" src="{}" alt="" loading="lazy">', thumbnail_url(image))

    @admin.display(description="Picture")
    def preview(self, image: Image) -> SafeString:
        return format_html('<img class="preview" src="{}" alt="{}">', renditions.url(image, "l1280"), image)

    @admin.display(description="Taken")
    def taken(self, image: Image) -> str:
        return f"{image.taken_local:%Y-%m-%d %H:%M}"

    @admin.display(description="Pixels")
    def dimensions(self, image: Image) -> str:
        return f"{image.width} x {image.height}"

    @admin.display(description="Size")
    def weight(self, image: Image) -> str:
        return size(image.bytes)

    @admin.display(description="Renditions")
    def rendition_links(self, image: Image) -> SafeString:
        urls = renditions.urls([image], RUNGS)[0]
        return format_html_join(
            " ", '<a href="{}" target="_blank" rel="noopener">{}</a>', ((urls[r], r) for r in RUNGS)
        )

    def save_model(self, request: HttpRequest, obj: Image, form: "ModelForm[Image]", change: bool) -> None:  # noqa: ARG002, FBT001
        """Write what was changed and nothing else, so that what happens meanwhile is not undone."""
        access.save_changes(obj, form.changed_data)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Say what a deletion does: nothing but moving to the bin."""
        allowed = self.has_delete_permission(request)
        lines = [f"{image} goes to the bin, from which it can be taken back" for image in objs]
        return lines, {"photos": len(lines)}, set() if allowed else {"image"}, []

    def delete_model(self, request: HttpRequest, obj: Image) -> None:  # noqa: ARG002
        photo_bin.put(Image.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:  # noqa: ARG002
        photo_bin.put(_all(queryset))

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Image]) -> Any:
        """Record what was done in the terms of the bin."""
        return [self.log_change(request, image, "Put into the bin.") for image in queryset]

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        response = super().response_delete(request, obj_display, obj_id)
        # The framework's message says that it was deleted.
        list(messages.get_messages(request))
        self.message_user(request, f"{obj_display} is in the bin.", messages.SUCCESS)
        return response

    @admin.action(description="Put into the bin", permissions=["delete"])
    def put_into_bin(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        self.message_user(request, f"{photo_bin.put(_all(queryset))} put into the bin.", messages.SUCCESS)

    @admin.action(description="Take out of the bin", permissions=["change"])
    def take_out_of_bin(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        self.message_user(
            request, f"{photo_bin.restore(_all(queryset))} taken out of the bin.", messages.SUCCESS
        )


def _all(rows: QuerySet[Image]) -> ImageQuerySet:
    """Return the rows without the list's joins and order, which an update cannot have."""
    return Image.objects.filter(pk__in=rows.order_by().values("pk"))
