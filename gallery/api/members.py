"""Members of albums: who is in one, inviting, roles, and leaving."""

import uuid
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import access, invitations, members
from gallery.api.authentication import person
from gallery.api.fields import SparseMixin, StrictMixin, UtcDateTimeField
from gallery.api.filters import NoFilter, StrictFilterBackend
from gallery.api.pagination import CursorPages
from gallery.api.views import GenericViewSet
from gallery.models import AlbumMember, ApiToken


class MemberSerializer(SparseMixin, serializers.ModelSerializer[AlbumMember]):
    """A person in an album, by the user name."""

    username = serializers.CharField(source="user.username", read_only=True)
    is_you = serializers.SerializerMethodField(help_text="Whether this is you.")
    created_at = UtcDateTimeField(read_only=True)

    class Meta:
        model = AlbumMember
        fields = ["id", "username", "role", "is_you", "created_at"]
        read_only_fields = fields

    def get_is_you(self, member: AlbumMember) -> bool:
        return bool(member.user_id == self.context["request"].user.pk)


class InviteSerializer(StrictMixin, serializers.Serializer[Any]):
    """Whom to bring in: by user name at once, or by e-mail with an invitation."""

    username = serializers.CharField(required=False, max_length=150)
    email = serializers.EmailField(required=False)
    role = serializers.ChoiceField(choices=AlbumMember.Role.choices, default=AlbumMember.Role.VIEWER)
    inner = serializers.BooleanField(
        default=False, help_text="In the albums inside, too; with a user name only."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse both ways at once, and neither."""
        if ("username" in attrs) == ("email" in attrs):
            raise serializers.ValidationError("Give either username or email.", code="either_or")
        return attrs


class InvitedSerializer(serializers.Serializer[Any]):
    """What came of it: the member, or the path of the page that accepts the invitation, shown this once."""

    member = MemberSerializer(allow_null=True)
    invitation = serializers.CharField(allow_null=True)


class RoleSerializer(StrictMixin, serializers.Serializer[Any]):
    """What a member may do."""

    role = serializers.ChoiceField(choices=AlbumMember.Role.choices)
    inner = serializers.BooleanField(default=False, help_text="In the albums inside, too.")


class MemberViewSet(GenericViewSet):
    """The members of an album. Everybody in it sees them; the owner invites, changes and removes them."""

    queryset = AlbumMember.objects.none()
    serializer_class = MemberSerializer
    pagination_class = CursorPages
    filter_backends = [StrictFilterBackend]
    filterset_class = NoFilter
    lookup_value_converter = "uuid"
    http_method_names = ["get", "head", "options", "post", "patch", "delete"]
    sparse = ("list",)

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """Return what the action takes, from which the browsable API makes its form."""
        sent: dict[str, type[serializers.BaseSerializer[Any]]] = {
            "create": InviteSerializer,
            "partial_update": RoleSerializer,
        }
        return sent.get(self.action, MemberSerializer)

    @extend_schema(operation_id="album_members_list", summary="List the members of an album")
    def list(self, request: Request, album_pk: uuid.UUID) -> Response:
        """Show who is in the album, by user name; e-mail addresses are nobody's business."""
        album = access.visible_album(request.user, album_pk)
        page = self.paginate_queryset(self.filter_queryset(members.of(album)))
        return self.get_paginated_response(self._shown(page, many=True))

    @extend_schema(
        operation_id="album_members_invite",
        summary="Invite somebody to an album",
        request=InviteSerializer,
        responses={201: InvitedSerializer},
    )
    def create(self, request: Request, album_pk: uuid.UUID) -> Response:
        """Bring a person in. For an e-mail address the answer is the same whether it has an account or not.

        For the owner, and by e-mail with no token. Nothing is mailed: hand the address of the invitation over yourself.
        """
        album, asked = access.own_album(request.user, album_pk), InviteSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        answer: dict[str, Any] = {"member": None, "invitation": None}
        if "email" in values:
            if isinstance(request.auth, ApiToken):
                raise PermissionDenied(
                    "No token invites by e-mail: sign in, or name a user.", code="sessions_only"
                )
            _row, token = invitations.invite(person(request), values["email"], album, values["role"])
            answer["invitation"] = invitations.address(token)
        else:
            member = members.invite(album, values["username"], values["role"], inner=values["inner"])
            answer["member"] = self._shown(member)
        return Response(answer, status=status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="album_members_update",
        summary="Change a member's role",
        request=RoleSerializer,
        responses={200: MemberSerializer},
    )
    def partial_update(self, request: Request, album_pk: uuid.UUID, pk: uuid.UUID) -> Response:
        """Let a member do more or less. For the owner."""
        member = members.one(access.own_album(request.user, album_pk), pk)
        asked = RoleSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        members.set_role(member, asked.validated_data["role"], inner=asked.validated_data["inner"])
        return Response(self._shown(member))

    @extend_schema(
        operation_id="album_members_remove", summary="Remove a member, or leave", responses={204: None}
    )
    def destroy(self, request: Request, album_pk: uuid.UUID, pk: uuid.UUID) -> Response:
        """End a membership, also in the albums inside. What the person brought leaves the album with them.

        For the owner, and for everybody about themselves.
        """
        album = access.visible_album(request.user, album_pk)
        member = members.one(album, pk)
        if request.user.pk not in {album.owner_id, member.user_id}:
            raise Http404(access.GONE)
        members.remove(album, member.user)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _shown(self, found: Any, *, many: bool = False) -> Any:
        return MemberSerializer(found, many=many, context=self.get_serializer_context()).data
