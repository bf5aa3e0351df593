"""People, for staff: who there is, what they may keep, whether they are let in; and invitations, by which they come."""

import uuid
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import access, invitations
from gallery.accounts import handing_over, people
from gallery.api import versions
from gallery.api.authentication import person
from gallery.api.fields import SparseMixin, StrictMixin, UtcDateTimeField
from gallery.api.filters import NoFilter, StrictFilterBackend, SwitchFilter
from gallery.api.pagination import CursorPages
from gallery.api.views import GenericViewSet
from gallery.models import Album, AlbumMember, Invitation, User


@extend_schema_serializer(component_name="User")
class UserSerializer(SparseMixin, StrictMixin, serializers.ModelSerializer[User]):
    """A person with a library. Staff change what they may keep, and whether they are let in."""

    quota_bytes = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=2**60,
        help_text="What they may keep; 0 is without limit, null the default of this site.",
    )
    # May be empty, which no address is.
    email = serializers.CharField(read_only=True)
    is_active = serializers.BooleanField(required=False, help_text="false: signed out, and not let in again.")
    date_joined = UtcDateTimeField(read_only=True)
    last_login = UtcDateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = User
        fields = [
            "id", "username", "email", "first_name", "last_name", "is_active", "is_staff", "used_bytes", "quota_bytes",
            "date_joined", "last_login",
        ]  # fmt: skip
        read_only_fields = ["username", "first_name", "last_name", "is_staff", "used_bytes"]


class UserFilter(django_filters.rest_framework.FilterSet):  # type: ignore[misc]  # django-filter is untyped
    """Which people are listed."""

    is_active = SwitchFilter(help_text="Who is let in, or who is not.")
    username = django_filters.CharFilter(lookup_expr="iexact", help_text="The one who is called so.")

    class Meta:
        model = User
        fields: list[str] = []


class UserViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """Everybody who has an account, for staff. New ones come by invitation."""

    queryset = User.objects.none()
    serializer_class = UserSerializer
    pagination_class = CursorPages
    filter_backends = [StrictFilterBackend]
    filterset_class = UserFilter
    lookup_value_converter = "uuid"
    http_method_names = ["get", "head", "options", "patch"]
    sparse = ("list", "retrieve")
    versioned = ("retrieve", "partial_update")

    def get_queryset(self) -> QuerySet[User]:
        if not people.may_see(person(self.request)):
            raise Http404(access.GONE)
        return User.objects.all()

    def get_object(self) -> User:
        found = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404(access.GONE)
        self.found = found
        return found

    @extend_schema(operation_id="users_list", summary="List people")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Everybody who has an account, the newest first. For staff with the permission to view users.

        Nobody else is told that there is a list.
        """
        return super().list(request, *args, **kwargs)

    @extend_schema(operation_id="users_retrieve", summary="Show a person")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One person's account. For staff with the permission to view users."""
        return versions.tagged(request, super().retrieve(request, *args, **kwargs), _version(self.found))

    @extend_schema(operation_id="users_update", summary="Change a person's quota, or shut them out")
    def partial_update(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002  # get_object takes it from the address
        """Change what is sent. For staff with the permission to change users, signed in: no token does it.

        Whoever is shut out loses sessions and tokens at once and keeps the photos. 403 above_you for a superuser,
        may_not_change_people without the permission.
        """
        answer = versions.guarded(request, lambda: self._change(request))
        return versions.tagged(request, answer, _version(self.found))

    def _change(self, request: Request) -> Response:
        found = self.get_object()
        versions.require(request, _version(found))
        asked = UserSerializer(found, data=request.data, partial=True, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        if "quota_bytes" in given:
            people.set_quota(person(request), found, given["quota_bytes"])
        if "is_active" in given and given["is_active"] != found.is_active:
            people.set_active(person(request), found, active=given["is_active"])
        return Response(UserSerializer(self.get_object(), context=self.get_serializer_context()).data)


def _version(found: User) -> str:
    # What people decide; that a person came by or keeps more is no change of theirs.
    return versions.of(
        found.pk, found.username, found.email, found.first_name, found.last_name, found.is_active, found.is_staff,
        found.quota_bytes,
    )  # fmt: skip


@extend_schema_serializer(component_name="Invitation")
class InvitationSerializer(SparseMixin, serializers.ModelSerializer[Invitation]):
    """An invitation. Its address was told once, by the answer that made it."""

    email = serializers.CharField(read_only=True, help_text="Empty: the address was handed over by hand.")
    album = serializers.UUIDField(source="album_id", read_only=True, allow_null=True)
    invited_by = serializers.CharField(source="invited_by.username", read_only=True)
    expires_at = UtcDateTimeField(read_only=True)
    accepted_at = UtcDateTimeField(read_only=True, allow_null=True)
    revoked_at = UtcDateTimeField(read_only=True, allow_null=True)
    created_at = UtcDateTimeField(read_only=True)

    class Meta:
        model = Invitation
        fields = [
            "id", "email", "album", "role", "invited_by", "expires_at", "accepted_at", "revoked_at", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


@extend_schema_serializer(component_name="NewInvitation")
class NewInvitationSerializer(StrictMixin, serializers.Serializer[Any]):
    """Whom to invite, and to what. Who is not staff names an album of their own."""

    email = serializers.EmailField(
        required=False, default="", allow_blank=True, help_text="Empty: you hand the address over yourself."
    )
    album = serializers.UUIDField(required=False, allow_null=True, default=None)
    role = serializers.ChoiceField(choices=AlbumMember.Role.choices, default=AlbumMember.Role.VIEWER)


@extend_schema_serializer(component_name="MadeInvitation")
class MadeInvitationSerializer(InvitationSerializer):
    """An invitation with its address, which cannot be read again, and where it was mailed to."""

    url = serializers.CharField(read_only=True)
    sent_to = serializers.CharField(read_only=True, help_text="Empty: nothing was mailed.")

    class Meta(InvitationSerializer.Meta):
        fields = [*InvitationSerializer.Meta.fields, "url", "sent_to"]


class InvitationViewSet(mixins.ListModelMixin, GenericViewSet):
    """Your invitations; those of everybody for staff with the permission to view them. They are made by a person who is signed in, never by a token."""

    queryset = Invitation.objects.none()
    serializer_class = InvitationSerializer
    pagination_class = CursorPages
    filter_backends = [StrictFilterBackend]
    filterset_class = NoFilter
    lookup_value_converter = "uuid"
    http_method_names = ["get", "head", "options", "post", "delete"]
    sparse = ("list",)

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """Return what the action takes, from which the browsable API makes its form."""
        return NewInvitationSerializer if self.action == "create" else InvitationSerializer

    def get_queryset(self) -> QuerySet[Invitation]:
        return invitations.made_by(self._inviter())

    @extend_schema(operation_id="invitations_list", summary="List invitations")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Open, accepted, expired and revoked ones, the newest first. For staff and for who owns an album."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        operation_id="invitations_create",
        summary="Invite somebody",
        request=NewInvitationSerializer,
        responses={201: MadeInvitationSerializer},
    )
    def create(self, request: Request) -> Response:
        """Make an invitation, by which one person gets an account, or joins an album. 429 for too many in a day."""
        user, asked = self._inviter(), NewInvitationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        album = access.own_album(user, given["album"]) if given["album"] else None
        made, plain = invitations.invite(user, given["email"], album, given["role"])
        url = handing_over.link_to(request._request, plain)
        sent_to = handing_over.send_invitation(made, url)
        shown = InvitationSerializer(made, context=self.get_serializer_context()).data
        body = {**shown, "url": url, "sent_to": sent_to}
        return Response(body, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})

    @extend_schema(
        operation_id="invitations_revoke", summary="Take an invitation back", responses={204: None}
    )
    def destroy(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002
        """End an invitation. One that is over stays as it is."""
        invitations.revoke(self._inviter(), self.kwargs["pk"])
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _inviter(self) -> User:
        user = person(self.request)
        if not (user.is_staff or Album.objects.owned_by(user).exists()):
            raise Http404(access.GONE)
        return user
