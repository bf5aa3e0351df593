"""Photos that look alike: the groups that wait for a decision, and deciding."""

import uuid
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import duplicates
from gallery.api import image_rows
from gallery.api.authentication import person
from gallery.api.fields import StrictMixin
from gallery.api.image_serializers import ImageSerializer
from gallery.api.pagination import InvalidParameter
from gallery.api.views import APIView


class GroupSerializer(serializers.Serializer[duplicates.Group]):
    """Images that look alike, the one to keep first."""

    images = ImageSerializer(many=True)


class GroupsSerializer(serializers.Serializer[Any]):
    """Some groups, those found last first. `before` is where the next page begins; null at the end."""

    groups = GroupSerializer(many=True)
    before = serializers.UUIDField(allow_null=True)


class DecisionSerializer(StrictMixin, serializers.Serializer[Any]):
    """What to do with a group: keep some and bin the rest, stack all under the first to keep, or dismiss."""

    action = serializers.ChoiceField(["keep", "stack", "dismiss"])
    images = serializers.ListField(
        child=serializers.UUIDField(), min_length=2, max_length=duplicates.MOST_IN_GROUP
    )
    keep = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        default=list,
        help_text="For keep: which stay. For stack: the first is the top; without one the best is.",
    )


class DecidedSerializer(serializers.Serializer[Any]):
    """Which images were put into the bin, from where `restore` takes them back."""

    binned = serializers.ListField(child=serializers.UUIDField())


class DuplicatesView(APIView):
    """Your photos that look alike."""

    parameters = {"get": ("before",)}

    @extend_schema(
        operation_id="duplicates_list",
        summary="List photos that look alike",
        parameters=[OpenApiParameter("before", OpenApiTypes.UUID, description="Where the last page ended.")],
        responses={200: GroupsSerializer},
    )
    def get(self, request: Request) -> Response:
        """List groups of near copies that wait for a decision, ten at a time."""
        before = request.query_params.get("before", "")
        try:
            page = duplicates.groups(person(request), uuid.UUID(before) if before else None)
        except ValueError as error:
            raise InvalidParameter(
                "before: this is no place in the list. Take it from the last answer."
            ) from error
        images = [image for group in page.groups for image in group.images]
        around = image_rows.Around.of(request)
        image_rows.gather(images, around)
        groups = [
            {"images": [image_rows.shown(one, around) for one in group.images]} for group in page.groups
        ]
        return Response({"groups": groups, "before": page.before})

    @extend_schema(
        operation_id="duplicates_decide",
        summary="Decide about photos that look alike",
        request=DecisionSerializer,
        responses={200: DecidedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Keep some of a group, stack it, or say that all are wanted. Nothing is deleted: what is not kept is in the bin."""
        sent = DecisionSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        given, user = sent.validated_data, person(request)
        binned: list[uuid.UUID] = []
        if given["action"] == "keep":
            binned = duplicates.keep(user, given["images"], given["keep"])
        elif given["action"] == "stack":
            duplicates.stack(user, given["images"], next(iter(given["keep"]), None))
        else:
            duplicates.dismiss(user, given["images"])
        return Response({"binned": binned})
