"""Who is asking: the person's own record, and their tokens."""

import uuid
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from gallery.access import GONE
from gallery.accounts import exports, tokens
from gallery.api import versions
from gallery.api.authentication import person
from gallery.api.fields import SparseMixin, StrictMixin, UtcDateTimeField
from gallery.api.filters import StrictFilterBackend
from gallery.api.jobs import JobSerializer
from gallery.api.pagination import CursorPages
from gallery.api.views import APIView, GenericViewSet
from gallery.models import ApiToken, Job, User


@extend_schema_serializer(component_name="Me")
class MeSerializer(StrictMixin, serializers.ModelSerializer[User]):
    """You: your name and language, which you may change, and what you keep here."""

    # May be empty, which no address is.
    email = serializers.CharField(read_only=True)
    quota_bytes = serializers.IntegerField(
        source="quota", read_only=True, help_text="What you may keep; 0 is without limit."
    )

    class Meta:
        model = User
        fields = [
            "id",
            "username",
            "first_name",
            "last_name",
            "email",
            "language",
            "is_staff",
            "used_bytes",
            "quota_bytes",
        ]
        read_only_fields = ["id", "username", "is_staff", "used_bytes"]

    def get_fields(self) -> dict[str, Any]:
        """Offer the languages of this site."""
        languages = serializers.ChoiceField(choices=settings.LANGUAGES, allow_null=True, required=False)
        return {**super().get_fields(), "language": languages}


class MeView(APIView):
    """Your own record."""

    versioned = ("get", "patch")

    @extend_schema(operation_id="me_show", summary="Show yourself", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Your name, language, use and quota."""
        user = person(request)
        return versions.tagged(request, Response(MeSerializer(user).data), _version(user))

    @extend_schema(
        operation_id="me_change",
        summary="Change name or language",
        request=MeSerializer(partial=True),
        responses=MeSerializer,
    )
    def patch(self, request: Request) -> Response:
        """Your password, passkeys and addresses are changed on the pages of your account alone."""
        answer = versions.guarded(request, lambda: self._change(request))
        return versions.tagged(request, answer, _version(self.found))

    def _change(self, request: Request) -> Response:
        # As it is in this transaction: the request's own was read before.
        user = User.objects.get(pk=person(request).pk)
        versions.require(request, _version(user))
        asked = MeSerializer(user, data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        if asked.validated_data:
            # These fields alone: a whole row would undo what uploads count meanwhile.
            User.objects.filter(pk=user.pk).update(**asked.validated_data)
        self.found = User.objects.get(pk=user.pk)
        return Response(MeSerializer(self.found).data)


def _version(user: User) -> str:
    return versions.of(user.pk, user.username, user.email, user.first_name, user.last_name, user.language)


@extend_schema_serializer(component_name="Export")
class ExportSerializer(JobSerializer):
    """Everything that is kept about you, as a zip. `url` reads it for five minutes, and is null while it is made."""

    url = serializers.SerializerMethodField()

    class Meta(JobSerializer.Meta):
        fields = [*JobSerializer.Meta.fields, "url"]

    def get_url(self, job: Job) -> str | None:
        return exports.address(job) if job.state == Job.State.DONE else None


class ExportView(APIView):
    """Taking everything along. For a person who is signed in: no token gets it."""

    @extend_schema(
        operation_id="me_export_start",
        summary="Have an export made",
        request=None,
        responses={202: ExportSerializer},
    )
    def post(self, request: Request) -> Response:
        """Have a zip made of all that is known of you, with addresses of your originals. One under way is returned."""
        job = exports.start(person(request))
        return self._told(job, status.HTTP_202_ACCEPTED)

    @extend_schema(
        operation_id="me_export_show", summary="Show the last export", responses={200: ExportSerializer}
    )
    def get(self, request: Request) -> Response:
        """How far it is, and where to read it. 404 where none was asked for within a day."""
        job = exports.latest(person(request))
        if job is None:
            raise Http404(GONE)
        return self._told(job, status.HTTP_200_OK)

    def _told(self, job: Job, code: int) -> Response:
        told = ExportSerializer(job, context=self.get_serializer_context()).data
        return Response(told, status=code, headers={"Cache-Control": "no-store"})


@extend_schema_serializer(component_name="Token")
class TokenSerializer(SparseMixin, serializers.ModelSerializer[ApiToken]):
    """A personal token, without its secret part, which nobody can read again."""

    scopes = serializers.SerializerMethodField()
    created_at = UtcDateTimeField(read_only=True)
    last_used_at = UtcDateTimeField(read_only=True, allow_null=True)
    expires_at = UtcDateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = ApiToken
        fields = ["id", "name", "prefix", "scopes", "created_at", "last_used_at", "expires_at"]

    def get_scopes(self, token: ApiToken) -> list[str]:
        return token.scopes.split()


@extend_schema_serializer(component_name="NewToken")
class NewTokenSerializer(StrictMixin, serializers.Serializer[Any]):
    """What a token is to be called, to allow, and how long it is to hold."""

    name = serializers.CharField(max_length=100)
    scopes = serializers.MultipleChoiceField(choices=ApiToken.Scope.choices, allow_empty=False)
    expires_at = UtcDateTimeField(required=False, allow_null=True)

    def validate_expires_at(self, moment: Any) -> Any:
        if moment is not None and moment <= timezone.now():
            raise serializers.ValidationError("This moment is over: name one to come, or null.", code="over")
        return moment


@extend_schema_serializer(component_name="IssuedToken")
class IssuedTokenSerializer(TokenSerializer):
    """A new token, with its secret: this once."""

    token = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]


class TokenFilter(FilterSet):  # type: ignore[misc]  # django-filter is untyped
    """Nothing to filter by: unknown parameters are refused."""

    class Meta:
        model = ApiToken
        fields: list[str] = []


class TokenViewSet(mixins.ListModelMixin, GenericViewSet):
    """Your personal tokens. They are made and ended by a signed-in person, never by a token."""

    serializer_class = TokenSerializer
    pagination_class = CursorPages
    filter_backends = [StrictFilterBackend]
    filterset_class = TokenFilter
    lookup_value_converter = "uuid"
    sparse = ("list",)
    queryset = ApiToken.objects.none()

    def get_queryset(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.filter(user=person(self.request), revoked_at=None).order_by("-id")

    @extend_schema(operation_id="tokens_list", summary="List your tokens")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your tokens that were not ended, the newest first, without their secrets."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        operation_id="tokens_create",
        summary="Make a token",
        request=NewTokenSerializer,
        responses={201: IssuedTokenSerializer},
    )
    def create(self, request: Request) -> Response:
        """Make a token. Its secret is in this answer and nowhere else."""
        asked = NewTokenSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        token, plain = tokens.issue(
            person(request), values["name"], values["scopes"], values.get("expires_at")
        )
        body = {**TokenSerializer(token).data, "token": plain}
        return Response(body, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})

    @extend_schema(operation_id="tokens_revoke", summary="End a token", responses={204: None})
    def destroy(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002  # get_object takes it from the address
        """End a token for good."""
        token = self.get_object()
        tokens.revoke(ApiToken.objects.filter(pk=token.pk))
        return Response(status=status.HTTP_204_NO_CONTENT)
