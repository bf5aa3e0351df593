"""Zips: asking for one of chosen images or of an album, how far it is, and the way to the file."""

import uuid
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.text import slugify
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import access, albums, archives, bulk, objectstore, reasons
from gallery.api.authentication import person
from gallery.api.fields import StrictMixin, UtcDateTimeField
from gallery.api.image_rows import utc
from gallery.api.image_serializers import OriginalSerializer
from gallery.api.images import REDIRECT, leading_to, read_redirect
from gallery.api.views import APIView
from gallery.models import Job, User

# S3 asks how old the address is when a download starts, and when one is taken up again.
FILE_EXPIRES_S = 3600


class NewZipSerializer(StrictMixin, serializers.Serializer[Any]):
    """What is to be in the zip: up to 500 images, or all of an album."""

    images = serializers.ListField(
        child=serializers.UUIDField(), required=False, min_length=1, help_text="Up to 500 ids."
    )
    album = serializers.UUIDField(required=False)
    title = serializers.CharField(required=False, max_length=200, help_text="Names the file.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one of the two."""
        if ("images" in attrs) == ("album" in attrs):
            raise serializers.ValidationError("Give either images or album.", code="either_or")
        return attrs


class ZipSerializer(serializers.Serializer[Job]):
    """A zip that is being packed, or is there. `file_url` leads to it, and is null until then."""

    id = serializers.UUIDField()
    title = serializers.CharField(source="payload.title")
    state = serializers.ChoiceField(choices=Job.State.choices)
    done = serializers.IntegerField(help_text="Images packed so far.")
    total = serializers.IntegerField(source="payload.count", help_text="Images that it will hold.")
    code = serializers.CharField()
    reason = serializers.SerializerMethodField()
    created_at = UtcDateTimeField()
    until = serializers.SerializerMethodField(help_text="When the file is removed.")
    file_url = serializers.SerializerMethodField()

    def get_reason(self, job: Job) -> str:
        return reasons.said(job.reason)

    def get_until(self, job: Job) -> str | None:
        until = parse_datetime(job.result.get("until", ""))
        return utc(until) if until else None

    def get_file_url(self, job: Job) -> str | None:
        if not archives.is_there(job):
            return None
        return str(self.context["request"].build_absolute_uri(reverse("api:zip-file", args=[job.pk])))


class ZipsView(APIView):
    """Zips of photos, packed by the worker into the store."""

    @extend_schema(
        operation_id="zips_start",
        summary="Have a zip packed",
        request=NewZipSerializer,
        responses={202: ZipSerializer},
    )
    def post(self, request: Request) -> Response:
        """Have images packed that you may see: yours as they were uploaded, those of others without private facts.

        Asking again for the same answers with the zip that is there or under way. 400 zip_size for none or too many.
        """
        sent = NewZipSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        given, user = sent.validated_data, person(request)
        keys, title = _of_album(user, given["album"]) if "album" in given else (given["images"], "Photos")
        if "album" not in given:
            bulk.check_size(keys)
        job = archives.start(user, keys, given.get("title", title))
        answer = ZipSerializer(job, context=self.get_serializer_context()).data
        return Response(answer, status=status.HTTP_202_ACCEPTED)


class ZipView(APIView):
    """One zip."""

    @extend_schema(operation_id="zips_retrieve", summary="Show a zip", responses={200: ZipSerializer})
    def get(self, request: Request, job_pk: uuid.UUID) -> Response:
        """How far a zip of yours is. Ask every few seconds until `file_url` is there."""
        job = archives.job_of(person(request), job_pk)
        return Response(ZipSerializer(job, context=self.get_serializer_context()).data)


class ZipFileView(APIView):
    """The file of a zip."""

    parameters = {"get": ("redirect",)}

    @extend_schema(
        operation_id="zips_file",
        summary="Download a zip",
        parameters=[REDIRECT],
        responses={200: OriginalSerializer, 302: OpenApiResponse(description="The address is in Location.")},
    )
    def get(self, request: Request, job_pk: uuid.UUID) -> Response:
        """Lead to the file in the store. 404 while it is not packed, and when it was removed."""
        job, wanted = archives.job_of(person(request), job_pk), read_redirect(request)
        if not archives.is_there(job):
            raise Http404(access.GONE)
        name = f"{slugify(job.payload['title'], allow_unicode=True)[:80] or 'photos'}.zip"
        url = objectstore.presign_get(job.result["key"], expires_s=FILE_EXPIRES_S, filename=name)
        return leading_to(url, FILE_EXPIRES_S, redirect=wanted)


def _of_album(user: User, album_id: uuid.UUID) -> tuple[list[uuid.UUID], str]:
    """Return the images of an album in its order, as many as a zip may list and one more, and its title."""
    album = access.visible_album(user, album_id)
    entries = albums.in_order(album, access.entries_of(album))
    return list(entries.values_list("image_id", flat=True)[: archives.MOST + 1]), album.title
