"""Your jobs: what takes longer than a request, how far it is, and trying again what failed."""

import uuid
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import access, jobs, reasons
from gallery.api.authentication import person
from gallery.api.fields import SparseMixin, UtcDateTimeField
from gallery.api.filters import StrictFilterBackend
from gallery.api.pagination import CursorPages
from gallery.api.views import GenericViewSet
from gallery.errors import GalleryError
from gallery.models import Job


class NotFailed(GalleryError):
    """A job is to be tried again that did not fail."""

    code = "not_failed"
    status = 409


@extend_schema_serializer(component_name="Job")
class JobSerializer(SparseMixin, serializers.ModelSerializer[Job]):
    """A piece of work. `done` of `total` steps were made; of a failed one `code` and `reason` say why."""

    kind = serializers.ChoiceField(choices=sorted(jobs.FUNCTIONS), read_only=True)
    state = serializers.ChoiceField(choices=Job.State.choices, read_only=True)
    done = serializers.IntegerField(read_only=True)
    total = serializers.IntegerField(read_only=True)
    reason = serializers.SerializerMethodField()
    created_at = UtcDateTimeField(read_only=True)
    finished_at = UtcDateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = Job
        fields = ["id", "kind", "state", "done", "total", "code", "reason", "created_at", "finished_at"]
        read_only_fields = fields

    def get_reason(self, job: Job) -> str:
        return reasons.said(job.reason)


class JobFilter(django_filters.rest_framework.FilterSet):  # type: ignore[misc]  # django-filter is untyped
    """Which jobs are listed."""

    kind = django_filters.ChoiceFilter(choices=[(kind, kind) for kind in sorted(jobs.FUNCTIONS)])
    state = django_filters.ChoiceFilter(choices=Job.State.choices)

    class Meta:
        model = Job
        fields: list[str] = []


class JobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """Your jobs, the newest first. What is over is forgotten after a month."""

    queryset = Job.objects.none()
    serializer_class = JobSerializer
    pagination_class = CursorPages
    filter_backends = [StrictFilterBackend]
    filterset_class = JobFilter
    lookup_value_converter = "uuid"
    sparse = ("list", "retrieve")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """Return what the action takes, from which the browsable API makes its form."""
        return serializers.Serializer if self.action == "retry" else JobSerializer

    def get_queryset(self) -> QuerySet[Job]:
        # What a job works on may be hundreds of kilobytes, and is not shown.
        return Job.objects.owned_by(person(self.request)).defer("payload", "result")

    def get_object(self) -> Job:
        found = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404(access.GONE)
        return found

    @extend_schema(operation_id="jobs_list", summary="List your jobs")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Zips, exports, turns and other work of yours, waiting, done and failed."""
        return super().list(request, *args, **kwargs)

    @extend_schema(operation_id="jobs_retrieve", summary="Show a job")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """How far a job is. Ask every few seconds, not more often."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        operation_id="jobs_retry",
        summary="Try a failed job again",
        request=None,
        responses={200: JobSerializer},
    )
    @action(detail=True, methods=["post"], filter_backends=[])
    def retry(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002  # get_object takes it from the address
        """Give a failed job all its attempts again. 409 not_failed for one that waits or is done."""
        if not jobs.retry(self.get_object()):
            raise NotFailed("This job has not failed: there is nothing to try again.")
        return Response(JobSerializer(self.get_object(), context=self.get_serializer_context()).data)
