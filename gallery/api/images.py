"""Images: listing, showing, describing, turning, stacks, the bin, and the way to the original."""

import uuid
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import access, editing, objectstore, rotation, stacks
from gallery import bin as photo_bin
from gallery.api import image_rows, versions
from gallery.api.fields import StrictMixin
from gallery.api.filters import ImageFilter, StrictFilterBackend
from gallery.api.image_lists import ImagePages
from gallery.api.image_serializers import (
    ImageSerializer,
    OriginalSerializer,
    TurnedSerializer,
    TurnSerializer,
)
from gallery.api.pagination import InvalidParameter, TimelinePages
from gallery.api.views import GenericViewSet
from gallery.models import Image, ImageQuerySet

# S3 looks at the clock when a download begins, so this bounds how long a copied address is of use, not the download.
ORIGINAL_EXPIRES_S = 900
# A stack of a burst may hold hundreds; what lies in it is a way to the others, not a grid.
MOST_IN_STACK = 100
REDIRECT = OpenApiParameter(
    "redirect", OpenApiTypes.BOOL, default=True, description="false: give the address in place of leading there."
)  # fmt: skip


class RestackSerializer(StrictMixin, serializers.Serializer[Any]):
    """What is to happen to the stack: this image on top of it, out of it, or no stack any more."""

    action = serializers.ChoiceField(["top", "out", "dissolve"])


class StackSerializer(serializers.Serializer[Any]):
    """The images of a stack, the top first; an image that is in no stack is alone in it."""

    images = ImageSerializer(many=True)


SENT: dict[str, type[serializers.BaseSerializer[Any]]] = {
    "rotate": TurnSerializer,
    "restack": RestackSerializer,
    "stack": RestackSerializer,
    "restore": serializers.Serializer,
    "original": serializers.Serializer,
}


class ImageViewSet(ImagePages, mixins.RetrieveModelMixin, mixins.UpdateModelMixin, GenericViewSet):
    """Your photographs, newest first; with `album`, those of an album that you own or were invited to."""

    queryset = Image.objects.none()
    serializer_class = ImageSerializer
    pagination_class = TimelinePages
    filter_backends = [StrictFilterBackend]
    filterset_class = ImageFilter
    lookup_value_converter = "uuid"
    http_method_names = ["get", "head", "options", "post", "patch", "delete"]
    sparse = ("list", "retrieve")
    versioned = ("retrieve", "partial_update", "destroy")
    parameters = {"original": ("redirect",)}

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """Return what the action takes, from which the browsable API makes its form; answers name their own."""
        return SENT.get(self.action, ImageSerializer)

    def get_object(self) -> Image:
        user, key = self.request.user, self.kwargs["pk"]
        if self.action == "retrieve":
            rows = image_rows.columns(access.images_changeable_by(user), self.only, "updated_at")
            self.found = rows.filter(pk=key).first() or access.visible_image(user, key)
        elif self.action == "stack" and self.request.method in {"GET", "HEAD"}:
            self.found = access.visible_image(user, key)
        else:
            self.found = access.changeable_image(user, key)
            if self.action == "destroy":
                versions.require(self.request, _version(self.found))
        return self.found

    def get_serializer_context(self) -> dict[str, Any]:
        asked = versions.versions_asked(self.request)
        quoted = [tag if tag == "*" else f'"{tag}"' for tag in asked]
        return {**super().get_serializer_context(), "if_match": ["*"] if "*" in asked else quoted}

    @extend_schema(operation_id="images_list", summary="List images")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your library; with `album` what is in an album, with `binned` the bin, in the order of the time taken."""
        return super().list(request, *args, **kwargs)

    @extend_schema(operation_id="images_retrieve", summary="Show an image")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One image: yours, in the bin or not, or one that you were invited to see."""
        return self._versioned(request, super().retrieve(request, *args, **kwargs))

    @extend_schema(
        operation_id="images_update",
        summary="Change title, description, time taken, tags, place, favourite, archive",
    )
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what is sent; what is not sent stays. The original is never changed."""
        return self._versioned(request, super().partial_update(request, *args, **kwargs))

    def _versioned(self, request: Request, response: Response) -> Response:
        """Say by which version a later change may ask that nothing came between."""
        return versions.tagged(request, response, _version(self.found))

    @extend_schema(operation_id="images_delete", summary="Put an image into the bin", responses={204: None})
    def destroy(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002  # get_object takes it from the address
        """Put the image into the bin, from which `restore` takes it back. Repeating it changes nothing."""
        return versions.guarded(request, self._bin)

    def _bin(self) -> Response:
        photo_bin.put(self._own(self.get_object()))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="images_rotate", summary="Turn an image", request=TurnSerializer, responses={202: TurnedSerializer}
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002
        """Turn the picture by a quarter or two; its renditions follow in a moment, the original stays as it is."""
        image = self.get_object()
        asked = TurnSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = rotation.turn(image, asked.validated_data["degrees"])
        return Response({"rotation": wanted}, status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        operation_id="images_restore",
        summary="Take an image out of the bin",
        request=None,
        responses={200: ImageSerializer},
    )
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002
        """Take the image back into the library and the albums it was in. Repeating it changes nothing."""
        image = self.get_object()
        photo_bin.restore(self._own(image))
        image.refresh_from_db(fields=["binned_at", "updated_at"])
        return Response(ImageSerializer(image, context=self.get_serializer_context()).data)

    @extend_schema(
        operation_id="images_stack", summary="Show the stack of an image", responses={200: StackSerializer}
    )
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def stack(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002
        """List the image on top, which alone is in the timeline, then at most 99 of those under it that you may see."""
        image = self.get_object()
        top = image.stacked_under_id or image.pk
        visible = access.images_visible_to(request.user).defer("metadata")
        below = visible.filter(stacked_under_id=top).oldest_first()[: MOST_IN_STACK - 1]
        return Response({"images": image_rows.page([*visible.filter(pk=top), *below], request)})

    @extend_schema(
        operation_id="images_restack",
        summary="Change the stack of an image",
        request=RestackSerializer,
        responses={204: None},
    )
    @stack.mapping.post
    def restack(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002
        """top: this image stands for its stack. out: it stands by itself. dissolve: so do all of the stack.

        What is in no stack stays as it is. POST /api/duplicates/ puts images into a stack.
        """
        image, asked = self.get_object(), RestackSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        if asked.validated_data["action"] == "top":
            stacks.raise_to_top(image)
        elif asked.validated_data["action"] == "out":
            stacks.take_out(image)
        else:
            stacks.dissolve(access.changeable_image(request.user, image.stacked_under_id or image.pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="images_original",
        summary="Download the original",
        parameters=[REDIRECT],
        responses={200: OriginalSerializer, 302: OpenApiResponse(description="The address is in Location.")},
    )
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def original(self, request: Request, pk: uuid.UUID) -> Response:  # noqa: ARG002
        """Lead to the bytes as they were uploaded. For the owner only: they may hold the place where it was taken."""
        image = self.get_object()
        wanted = read_redirect(request)
        url = objectstore.presign_get(
            image.original_key, expires_s=ORIGINAL_EXPIRES_S, filename=image.filename
        )
        return leading_to(url, ORIGINAL_EXPIRES_S, redirect=wanted)

    def _own(self, image: Image) -> ImageQuerySet:
        return access.images_changeable_by(self.request.user).filter(pk=image.pk)


def read_redirect(request: Request) -> bool:
    """Return whether to lead to a file, or to give its address."""
    redirect = request.query_params.get("redirect", "true")
    if redirect not in {"true", "false"}:
        raise InvalidParameter("redirect: write true or false.")
    return redirect == "true"


def leading_to(url: str, expires_s: int, *, redirect: bool) -> Response:
    """Lead to a file in the store, or give its address; nobody keeps either."""
    kept = {"Cache-Control": "no-store"}
    if redirect:
        return Response(status=status.HTTP_302_FOUND, headers={"Location": url, **kept})
    return Response({"url": url, "expires_s": expires_s}, headers=kept)


def _version(image: Image) -> str:
    return editing.version(image).strip('"')
