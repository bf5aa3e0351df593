"""Uploads: announcing files, confirming that they arrived, and asking what became of them."""

import uuid
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import access, objectstore, reasons, uploads
from gallery.api.authentication import person
from gallery.api.fields import ImageRefSerializer, SparseMixin, StrictMixin, UtcDateTimeField, image_ref
from gallery.api.filters import StrictFilterBackend, UploadFilter
from gallery.api.pagination import CursorPages
from gallery.api.views import GenericViewSet
from gallery.errors import GalleryError
from gallery.imaging import YEARS
from gallery.models import Upload

NOT_FOUND = "There is no such upload, or it is not yours."


class FileSerializer(StrictMixin, serializers.Serializer[Any]):
    """A file that a client wants to bring in. `client_ref` is the client's own name for it and comes back."""

    client_ref = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    filename = serializers.CharField(max_length=1000, allow_blank=True)
    bytes = serializers.IntegerField(min_value=0, max_value=2**63 - 1)
    content_type = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    sha256 = serializers.CharField(
        max_length=200, allow_blank=True, help_text="64 lower-case hexadecimal digits."
    )
    modified_at = UtcDateTimeField(
        required=False,
        default=None,
        allow_null=True,
        help_text="When the file was last changed; a date that no photograph can have is passed over.",
    )

    def validate_modified_at(self, moment: datetime | None) -> datetime | None:
        """Leave out what a clock that was not set has written: a good photo must not be refused for it."""
        return moment if moment is not None and moment.year in YEARS else None


class AnnouncementSerializer(StrictMixin, serializers.Serializer[Any]):
    """Up to 100 files, and the album that they are to go into."""

    files = serializers.ListField(child=FileSerializer(), min_length=1, max_length=uploads.MAX_FILES)
    album = serializers.UUIDField(required=False, default=None, allow_null=True)


class ReasonField(serializers.CharField):
    """A stored reason, told in the reader's language."""

    def to_representation(self, value: str) -> str:
        return reasons.said(value)


class UploadSerializer(SparseMixin, serializers.ModelSerializer[Upload]):
    """The act of bringing in one file. `code` and `reason` say why it was rejected or what else happened.

    With `part_bytes` the file is sent in parts of that size, the last may be smaller.
    """

    album = serializers.UUIDField(source="album_id", allow_null=True, read_only=True)
    image = serializers.SerializerMethodField()
    reason = ReasonField(read_only=True)
    created_at = UtcDateTimeField(read_only=True)
    updated_at = UtcDateTimeField(read_only=True)

    class Meta:
        model = Upload
        fields = [
            "id", "state", "code", "reason", "filename", "bytes", "part_bytes", "content_type", "sha256", "album",
            "image", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(ImageRefSerializer(allow_null=True))
    def get_image(self, upload: Upload) -> dict[str, Any] | None:
        return image_ref(upload.image_id)


class SignedRequestSerializer(serializers.Serializer[Any]):
    """The request that sends the bytes: exactly this method, this address and these headers."""

    method = serializers.CharField()
    url = serializers.URLField()
    headers = serializers.DictField(child=serializers.CharField())


class StartedSerializer(serializers.Serializer[Any]):
    """The answer to one announced file.

    upload: send the bytes with `request`, or where there is none in parts, then finish `upload`. exists: nothing is to be sent; `image` is there
    already, or `upload` is on its way to become it. refused: `code` and `detail` say why.
    Codes of exists are in_bin (restore the image to see it) and duplicate (announced twice in this request).
    """

    client_ref = serializers.CharField()
    status = serializers.ChoiceField(choices=["upload", "exists", "refused"])
    upload = UploadSerializer(allow_null=True)
    request = SignedRequestSerializer(allow_null=True)
    image = ImageRefSerializer(allow_null=True)
    code = serializers.CharField()
    detail = serializers.CharField()


class AnnouncedSerializer(serializers.Serializer[Any]):
    """One answer for each announced file, in order."""

    results = StartedSerializer(many=True)


class FinishSerializer(StrictMixin, serializers.Serializer[Any]):
    """Up to 100 uploads whose bytes were sent."""

    uploads = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=uploads.MAX_FILES)


class OutcomeSerializer(serializers.Serializer[Any]):
    """Where one upload stands. `state` is null, and `code` not_found, for an id that is not one of your uploads."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=Upload.State.choices, allow_null=True)
    code = serializers.CharField()
    reason = serializers.CharField()
    image = ImageRefSerializer(allow_null=True)


class OutcomesSerializer(serializers.Serializer[Any]):
    """One answer for each upload, in the order of the request."""

    results = OutcomeSerializer(many=True)


class PartSerializer(StrictMixin, serializers.Serializer[Any]):
    """A part that is to be sent, and its SHA-256 as 64 lower-case hexadecimal digits."""

    number = serializers.IntegerField(min_value=1, max_value=10_000, help_text="From 1.")
    sha256 = serializers.CharField(max_length=200)


class PartsSerializer(StrictMixin, serializers.Serializer[Any]):
    """Up to 100 parts of one upload."""

    parts = serializers.ListField(child=PartSerializer(), min_length=1, max_length=uploads.MAX_SIGNED_PARTS)


class SignedPartSerializer(serializers.Serializer[Any]):
    """The request that sends one part, of exactly so many bytes."""

    number = serializers.IntegerField()
    bytes = serializers.IntegerField()
    request = SignedRequestSerializer()


class SignedPartsSerializer(serializers.Serializer[Any]):
    """One request for each part, by number."""

    parts = SignedPartSerializer(many=True)


class ArrivedPartSerializer(serializers.Serializer[Any]):
    """A part that stands in the store."""

    number = serializers.IntegerField()
    bytes = serializers.IntegerField(source="size")
    sha256 = serializers.CharField(allow_null=True)


class ArrivedSerializer(serializers.Serializer[Any]):
    """What of an upload has arrived. With `whole` all of it has: finish it."""

    part_bytes = serializers.IntegerField(help_text="The size of every part but the last.")
    part_count = serializers.IntegerField()
    whole = serializers.BooleanField()
    parts = ArrivedPartSerializer(many=True)


class UploadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """Bring photographs in: announce files, send their bytes to the store, finish, and ask until they are ready."""

    queryset = Upload.objects.none()
    serializer_class = UploadSerializer
    pagination_class = CursorPages
    filter_backends = [StrictFilterBackend]
    filterset_class = UploadFilter
    lookup_value_converter = "uuid"
    sparse = ("list", "retrieve")

    @property
    def offers_upload(self) -> bool:
        """Whether the browsable API offers to choose a photo here."""
        return self.action == "list"

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """Return what the action takes, from which the browsable API makes its form; answers name their own."""
        takes = {
            "create": AnnouncementSerializer,
            "finish_many": FinishSerializer,
            "sign_parts": PartsSerializer,
            "finish": serializers.Serializer,
        }
        return takes.get(self.action, UploadSerializer)

    def get_queryset(self) -> QuerySet[Upload]:
        return access.uploads_of(self.request.user)

    def get_object(self) -> Upload:
        return access.own_upload(self.request.user, self.kwargs["pk"])

    @extend_schema(operation_id="uploads_list", summary="List your uploads")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your uploads, the latest first; `ids` asks for certain ones, and leaves out what is not yours."""
        return super().list(request, *args, **kwargs)

    @extend_schema(operation_id="uploads_retrieve", summary="Show an upload")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        operation_id="uploads_start",
        summary="Announce up to 100 files",
        request=AnnouncementSerializer,
        responses={200: AnnouncedSerializer},
    )
    def create(self, request: Request) -> Response:
        """Announce files and get for each a signed request, the photo that you have already, or a refusal.

        Repeating it is harmless. The bytes go to the object store and nowhere else; the store itself refuses other
        bytes than those announced, and answers 412 where they stand already: then finish.
        """
        asked = AnnouncementSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        album_id = asked.validated_data["album"]
        album = access.contributable_album(request.user, album_id) if album_id else None
        announced = asked.validated_data["files"]
        files = [
            uploads.File(
                one["filename"], one["bytes"], one["sha256"], one["content_type"], one["modified_at"]
            )
            for one in announced
        ]
        started = uploads.start(person(request), files, album)
        # One for all: a serializer makes its fields when it is first used.
        shown = UploadSerializer()
        results = [
            {"client_ref": one["client_ref"], **_started(answer, shown)}
            for one, answer in zip(announced, started, strict=True)
        ]
        return Response({"results": results})

    @extend_schema(
        operation_id="uploads_finish_many",
        summary="Finish up to 100 uploads",
        request=FinishSerializer,
        responses={200: OutcomesSerializer},
    )
    @action(detail=False, methods=["post"], url_path="finish", url_name="finish-many", filter_backends=[])
    def finish_many(self, request: Request) -> Response:
        """Say that the bytes were sent. Each upload gets its own answer; repeating it changes nothing.

        Codes: not_uploaded (nothing has arrived yet), quota_exceeded (no space is left), not_found (not yours).
        """
        asked = FinishSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        keys = asked.validated_data["uploads"]
        own = {
            upload.pk: upload for upload in self.get_queryset().filter(pk__in=keys).select_related("owner")
        }
        # Each once: an id that is named twice has one outcome.
        outcomes = dict(zip(own, uploads.finish_many(list(own.values())), strict=True))
        return Response({"results": [_finished(key, own.get(key), outcomes.get(key)) for key in keys]})

    @extend_schema(
        operation_id="uploads_finish",
        summary="Finish an upload",
        request=None,
        responses={200: UploadSerializer},
    )
    @action(detail=True, methods=["post"], filter_backends=[])
    def finish(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002  # get_object takes it from the address
        """Say that the bytes were sent. 409 while nothing has arrived, 413 where no space is left."""
        return Response(UploadSerializer(uploads.finish(self.get_object())).data)

    @extend_schema(operation_id="uploads_abort", summary="Give an upload up", responses={204: None})
    def destroy(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002
        """Forget a file that was announced, and remove what came of it. One that is a photo already is refused: 400."""
        uploads.abort(self.get_object())
        return Response(status=204)

    @extend_schema(
        operation_id="uploads_parts",
        summary="List the parts that have arrived",
        responses={200: ArrivedSerializer},
    )
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def parts(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002
        """Say what of a large file stands in the store, so that an upload that was broken off sends only the rest."""
        return Response(ArrivedSerializer(uploads.list_parts(self.get_object())).data)

    @extend_schema(
        operation_id="uploads_sign_parts",
        summary="Sign up to 100 parts",
        request=PartsSerializer,
        responses={200: SignedPartsSerializer},
    )
    @parts.mapping.post
    def sign_parts(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002
        """Get the requests that send parts of a large file. Repeating it is harmless; the store refuses other bytes."""
        asked = PartsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        upload = self.get_object()
        wanted = {part["number"]: part["sha256"] for part in asked.validated_data["parts"]}
        signed = [
            {"number": part.number, "bytes": part.bytes, "request": _signed(part.request)}
            for part in uploads.sign_parts(upload, wanted)
        ]
        return Response({"parts": signed})


def _started(answer: uploads.Started, shown: UploadSerializer) -> dict[str, Any]:
    code, detail = "", ""
    if answer.error is not None:
        code, detail = answer.error.code, answer.error.message
    elif answer.image is not None and answer.image.binned_at:
        code, detail = "in_bin", gettext("This photo is in the bin: restore it to see it again.")
    elif answer.status == "exists" and answer.image is None and answer.upload is None:
        code, detail = "duplicate", "The same bytes are announced twice in this request."
    signed = answer.request
    return {
        "status": answer.status,
        "upload": shown.to_representation(answer.upload) if answer.upload else None,
        "request": _signed(signed) if signed else None,
        "image": image_ref(answer.image.pk) if answer.image else None,
        "code": code,
        "detail": detail,
    }


def _signed(request: objectstore.SignedRequest) -> dict[str, Any]:
    return {"method": request.method, "url": request.url, "headers": dict(request.headers)}


def _finished(key: uuid.UUID, upload: Upload | None, outcome: Upload | GalleryError | None) -> dict[str, Any]:
    if upload is None or outcome is None:
        return {"id": key, "state": None, "code": "not_found", "reason": NOT_FOUND, "image": None}
    if isinstance(outcome, Upload):
        upload = outcome
        code, reason = upload.code, reasons.said(upload.reason)
    else:
        code, reason = outcome.code, outcome.message
    return {
        "id": key,
        "state": upload.state,
        "code": code,
        "reason": reason,
        "image": image_ref(upload.image_id),
    }
