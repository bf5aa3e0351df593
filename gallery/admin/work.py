"""Jobs in the administration: how far they are, what came of them, and the way to try again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KT
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gallery import chosen, jobs
from gallery.admin.lists import Listed, ReadOnlyMixin
from gallery.models import Job
from gallery.reasons import said

RETRIED_AT_ONCE = 100
OUTCOMES = {
    "done": gettext_lazy("done"),
    "moved": gettext_lazy("moved"),
    "failed": gettext_lazy("failed: they are as before, and fsck says why"),
    "gone": gettext_lazy("left as they were: gone, or done before"),
    "has_it": gettext_lazy("left with their owner: the new owner has the same photo"),
    "no_space": gettext_lazy("left with their owner: the new owner has no space for them"),
    "waits": gettext_lazy("left with their owner: they wait for review"),
    "arriving": gettext_lazy("left with their owner, who is uploading them once more"),
}
ACTS = {
    "put": gettext_lazy("Put into the bin"),
    "restore": gettext_lazy("Restore from the bin"),
    "purge": gettext_lazy("Delete for good"),
    "reprocess": gettext_lazy("Reprocess"),
    "move": gettext_lazy("Move to another owner"),
}


@admin.register(Job)
class JobAdmin(ReadOnlyMixin, Listed):
    """What workers do beside uploads. The page of one shows its progress by itself, without a script."""

    list_display = ["what", "owner", "state", "progress", "attempts", "code", "created_at", "finished_at"]
    list_select_related = ["owner"]
    list_filter = ["state"]
    search_fields = ["=owner__username", "=kind"]
    search_help_text = gettext_lazy("Who asked for it, or a kind.")
    actions = ["try_again"]
    change_form_template = "admin/gallery/job/change_form.html"
    fields = [
        "what", "owner", "state", "progress", "outcome", "code", "why", "attempts", "not_before", "lease_until",
        "created_at", "finished_at",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        # What a job works on may be ten thousand keys.
        rows: QuerySet[Job] = super().get_queryset(request).annotate(act=KT("payload__act"))
        return rows.defer("payload", "result")

    def get_ordering(self, request: HttpRequest) -> list[str | Combinable]:
        """Follow the index of the outbox where one state is asked for."""
        return ["-not_before", "-id"] if "state__exact" in request.GET else ["-id"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse: what was begun must come to its end; rows are forgotten by their age."""
        return False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Return whether the person may change jobs at all; rows stay read-only to forms."""
        return request.user.has_perm("gallery.change_job")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one job; while it is not at its end, the page asks again after some seconds."""
        job = self.get_object(request, object_id)
        more: dict[str, Any] = {}
        if isinstance(job, Job):
            waits = job.state == Job.State.WAITING
            more = {
                "job": job,
                "seconds": 3 if waits else 0,
                "may_retry": not waits
                and job.state == Job.State.FAILED
                and self.has_retry_permission(request),
                "back": reverse("admin:gallery_image_changelist"),
            }
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    @admin.display(description=gettext_lazy("Work"))
    def what(self, job: Job) -> str:
        act = ACTS.get(getattr(job, "act", None) or "") if job.kind == chosen.KIND else None
        return str(act or job.kind)

    @admin.display(description=gettext_lazy("Progress"))
    def progress(self, job: Job) -> str:
        return f"{job.done:,} / {job.total:,}" if job.total else "-"

    @admin.display(description=gettext_lazy("What came of it"))
    def outcome(self, job: Job) -> str:
        counts = job.result.get("counts", {})
        return "; ".join(f"{count:,} {OUTCOMES.get(code, code)}" for code, count in counts.items()) or "-"

    @admin.display(description=gettext_lazy("Reason"))
    def why(self, job: Job) -> str:
        return said(job.reason) or "-"

    @admin.action(description=gettext_lazy("Try again"), permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Give failed jobs all their attempts again."""
        rows = list(queryset.order_by("-id")[:RETRIED_AT_ONCE])
        retried = sum(jobs.retry(job) for job in rows)
        self.message_user(
            request,
            _("%(count)s of %(all)s given to the workers.") % {"count": retried, "all": len(rows)},
            messages.SUCCESS,
        )
