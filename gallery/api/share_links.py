"""Share links: making them, their terms, their end. The address is told once, by the answer that made it."""

import uuid
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import access, sharing
from gallery.api import versions
from gallery.api.authentication import person
from gallery.api.fields import SparseMixin, StrictMixin, UtcDateTimeField
from gallery.api.filters import NoFilter, StrictFilterBackend
from gallery.api.pagination import CursorPages
from gallery.api.views import GenericViewSet
from gallery.models import ShareLink, ShareLinkQuerySet
from gallery.sharing.addresses import absolute

TERMS = [
    "title",
    "allow_download",
    "allow_originals",
    "show_location",
    "show_camera",
    "allow_upload",
    "upload_limit_bytes",
    "expires_at",
]


@extend_schema_serializer(component_name="ShareLink")
class ShareLinkSerializer(SparseMixin, StrictMixin, serializers.ModelSerializer[ShareLink]):
    """A link that opens an album or photos to whoever holds its address. Only a hash of its token is kept."""

    album = serializers.UUIDField(source="album_id", read_only=True, allow_null=True)
    image = serializers.UUIDField(source="image_id", read_only=True, allow_null=True)
    password = serializers.CharField(
        write_only=True,
        required=False,
        allow_blank=True,
        max_length=128,
        trim_whitespace=False,
        help_text='Guests must give it first; "" takes it away.',
    )
    has_password = serializers.SerializerMethodField()
    upload_limit_bytes = serializers.IntegerField(required=False, min_value=0, max_value=2**50)
    expires_at = UtcDateTimeField(required=False, allow_null=True)
    revoked_at = UtcDateTimeField(read_only=True, allow_null=True)
    created_at = UtcDateTimeField(read_only=True)

    class Meta:
        model = ShareLink
        fields = [
            "id",
            "album",
            "image",
            "prefix",
            *TERMS,
            "password",
            "has_password",
            "upload_bytes",
            "views",
            "revoked_at",
            "created_at",
        ]
        read_only_fields = ["prefix", "upload_bytes", "views"]

    def get_has_password(self, link: ShareLink) -> bool:
        return bool(link.password)


@extend_schema_serializer(component_name="NewLink")
class NewLinkSerializer(ShareLinkSerializer):
    """What a new link opens, an album or up to 500 photos of yours, and on which terms."""

    album = serializers.UUIDField(required=False, allow_null=True)
    images = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=sharing.MAX_PICKS
    )

    class Meta(ShareLinkSerializer.Meta):
        fields = ["album", "images", *TERMS, "password"]


@extend_schema_serializer(component_name="NewShareLink")
class MadeLinkSerializer(ShareLinkSerializer):
    """A link whose address was just made: it cannot be read again."""

    url = serializers.SerializerMethodField(help_text="The address to pass on. Told this once.")

    class Meta(ShareLinkSerializer.Meta):
        fields = [*ShareLinkSerializer.Meta.fields, "url"]

    def get_url(self, link: ShareLink) -> str:
        return absolute(self.context["request"], reverse("gallery:shared", args=[link.plain]))


class ShareLinkViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet):
    """Your share links, ended ones included. Tokens need the scope "share" to change them."""

    queryset = ShareLink.objects.none()
    serializer_class = ShareLinkSerializer
    pagination_class = CursorPages
    filter_backends = [StrictFilterBackend]
    filterset_class = NoFilter
    lookup_value_converter = "uuid"
    http_method_names = ["get", "head", "options", "post", "patch", "delete"]
    sparse = ("list", "retrieve")
    versioned = ("retrieve", "partial_update", "destroy")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """Return what the action takes, from which the browsable API makes its form."""
        return NewLinkSerializer if self.action == "create" else ShareLinkSerializer

    def get_queryset(self) -> ShareLinkQuerySet:
        return access.links_of(self.request.user)

    def get_object(self) -> ShareLink:
        found = access.own_link(self.request.user, self.kwargs["pk"])
        if self.action in {"partial_update", "destroy"}:
            versions.require(self.request, _version(found))
        self.found = found
        return found

    @extend_schema(operation_id="share_links_list", summary="List share links")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your links, ended ones included, the newest first. No answer tells an address again."""
        return super().list(request, *args, **kwargs)

    @extend_schema(operation_id="share_links_retrieve", summary="Show a share link")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One link of yours, with its terms and how often it was opened."""
        return versions.tagged(request, super().retrieve(request, *args, **kwargs), _version(self.found))

    @extend_schema(
        operation_id="share_links_create",
        summary="Make a share link",
        request=NewLinkSerializer,
        responses={201: MadeLinkSerializer},
    )
    def create(self, request: Request) -> Response:
        """Open an album of yours, or photos of yours, to whoever has the address that the answer tells.

        Without further terms guests may download copies from which place, time and camera were removed.
        """
        asked = NewLinkSerializer(data=request.data, context=self.get_serializer_context())
        asked.is_valid(raise_exception=True)
        terms = dict(asked.validated_data)
        user, key = person(request), terms.pop("album", None)
        album = access.own_album(user, key) if key else None
        link, _ = sharing.make(user, album=album, images=terms.pop("images", ()), **terms)
        return self._told(link, status.HTTP_201_CREATED)

    @extend_schema(operation_id="share_links_update", summary="Change the terms of a share link")
    def partial_update(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002  # get_object takes it from the address
        """Change what is sent; what is not sent stays. A new password shuts out whoever gave the former one."""
        answer = versions.guarded(request, lambda: self._change(request))
        return versions.tagged(request, answer, _version(self.found))

    def _change(self, request: Request) -> Response:
        link = self.get_object()
        asked = ShareLinkSerializer(
            link, data=request.data, partial=True, context=self.get_serializer_context()
        )
        asked.is_valid(raise_exception=True)
        terms = dict(asked.validated_data)
        if terms.get("allow_upload") and "upload_limit_bytes" not in terms:
            terms["upload_limit_bytes"] = link.upload_limit_bytes
        sharing.change(link, **terms)
        return Response(ShareLinkSerializer(link, context=self.get_serializer_context()).data)

    @extend_schema(operation_id="share_links_delete", summary="End a share link")
    def destroy(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002  # get_object takes it from the address
        """End the link for good: its address opens nothing any more. It stays in the list, with its views."""
        return versions.guarded(request, self._end)

    def _end(self) -> Response:
        sharing.revoke(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="share_links_renew",
        summary="Give a share link a new address",
        request=None,
        responses={200: MadeLinkSerializer},
    )
    @action(detail=True, methods=["post"])
    def renew(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002  # get_object takes it from the address
        """Take the former address out of use; the answer tells the new one, this once."""
        link = self.get_object()
        sharing.renew(link)
        return self._told(link, status.HTTP_200_OK)

    def _told(self, link: ShareLink, code: int) -> Response:
        told = MadeLinkSerializer(link, context=self.get_serializer_context()).data
        return Response(told, status=code, headers={"Cache-Control": "private, no-store"})


def _version(link: ShareLink) -> str:
    # Not what counts by itself: views, and what guests brought.
    return versions.of(
        link.pk, link.password, link.prefix, link.revoked_at, *(getattr(link, name) for name in TERMS)
    )
