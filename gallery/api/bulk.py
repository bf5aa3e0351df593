"""Many images at once: one action, and an answer for each id."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import access, archives, bulk
from gallery.api.authentication import person
from gallery.api.fields import StrictMixin
from gallery.api.views import APIView
from gallery.imaging import YEARS
from gallery.models import User

ACTIONS = (
    "add_to_album", "remove_from_album", "add_tags", "remove_tags", "favourite", "unfavourite", "archive", "unarchive",
    "bin", "restore", "set_time", "shift_time", "set_place", "download",
)  # fmt: skip
MINUTES = 60 * 24 * 366 * 200


class BulkSerializer(StrictMixin, serializers.Serializer[Any]):
    """An action on up to 500 images, with what it needs: see each member."""

    # What each action cannot do without.
    NEEDED: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "add_to_album": ("album",),
        "remove_from_album": ("album",),
        "add_tags": ("tags",),
        "remove_tags": ("tags",),
        "set_time": ("taken_local",),
        "shift_time": ("minutes",),
    }

    action = serializers.ChoiceField(ACTIONS)
    images = serializers.ListField(child=serializers.UUIDField(), min_length=1)
    album = serializers.UUIDField(required=False, help_text="For add_to_album and remove_from_album.")
    tags = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, min_length=1, max_length=50
    )
    taken_local = serializers.RegexField(
        r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\Z",
        required=False,
        help_text="For set_time: what the clocks showed there; each image keeps its offset.",
    )
    minutes = serializers.IntegerField(
        required=False,
        min_value=-MINUTES,
        max_value=MINUTES,
        help_text="For shift_time: later; negative: earlier.",
    )
    place = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=120,
        help_text="For set_place; empty: as the gazetteer says.",
    )
    latitude = serializers.FloatField(required=False, min_value=-90, max_value=90)
    longitude = serializers.FloatField(required=False, min_value=-180, max_value=180)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for what the action cannot do without."""
        missing = [name for name in self.NEEDED.get(attrs["action"], ()) if name not in attrs]
        if ("latitude" in attrs) != ("longitude" in attrs):
            missing.append("longitude" if "latitude" in attrs else "latitude")
        if attrs["action"] == "set_place" and not {"place", "latitude"} & set(attrs):
            missing.append("place")
        if missing:
            raise serializers.ValidationError(
                {name: serializers.ErrorDetail("This action needs it.", code="required") for name in missing}
            )
        return attrs

    def validate_taken_local(self, text: str) -> Any:
        """Return the naive datetime."""
        try:
            moment = serializers.DateTimeField(default_timezone=None).to_internal_value(text)
        except serializers.ValidationError as error:
            raise serializers.ValidationError("There is no such date or time.", code="invalid") from error
        if moment.year not in YEARS:
            raise serializers.ValidationError(
                f"The year must be between {YEARS[0]} and {YEARS[-1]}.", code="out_of_range"
            )
        return moment.replace(tzinfo=None)


class ResultSerializer(serializers.Serializer[Any]):
    """What came of one id."""

    id = serializers.UUIDField()
    result = serializers.ChoiceField(["done", "not_found"])


class ResultsSerializer(serializers.Serializer[Any]):
    """What came of each id, in the order sent. `job_url` is for `download`: the page where the zip will be."""

    results = ResultSerializer(many=True)
    job_url = serializers.URLField(allow_null=True)


def _in_album(act: Callable[..., bulk.Outcome], find: Callable[..., Any]) -> Callable[..., bulk.Outcome]:
    return lambda user, given: act(user, given["images"], find(user, given["album"]))


def _switch(act: Callable[..., bulk.Outcome], *, on: bool) -> Callable[..., bulk.Outcome]:
    return lambda user, given: act(user, given["images"], on=on)


def _plain(act: Callable[..., bulk.Outcome], *names: str) -> Callable[..., bulk.Outcome]:
    return lambda user, given: act(user, given["images"], *(given[name] for name in names))


def _place(user: User, given: Mapping[str, Any]) -> bulk.Outcome:
    position = (given["latitude"], given["longitude"]) if "latitude" in given else None
    return bulk.set_place(user, given["images"], place=given.get("place"), position=position)


RUN: Mapping[str, Callable[[User, Mapping[str, Any]], bulk.Outcome]] = {
    "add_to_album": _in_album(bulk.add_to_album, access.contributable_album),
    "remove_from_album": _in_album(bulk.remove_from_album, access.visible_album),
    "add_tags": _plain(bulk.add_tags, "tags"),
    "remove_tags": _plain(bulk.remove_tags, "tags"),
    "favourite": _switch(bulk.favourite, on=True),
    "unfavourite": _switch(bulk.favourite, on=False),
    "archive": _switch(bulk.archive, on=True),
    "unarchive": _switch(bulk.archive, on=False),
    "bin": _plain(bulk.to_bin),
    "restore": _plain(bulk.restore),
    "set_time": _plain(bulk.set_time, "taken_local"),
    "shift_time": _plain(bulk.shift_time, "minutes"),
    "set_place": _place,
    "download": _plain(bulk.chosen),
}


class BulkView(APIView):
    """One action on up to 500 images."""

    @extend_schema(
        operation_id="images_bulk",
        summary="Act on many images",
        request=BulkSerializer,
        responses={200: ResultsSerializer},
    )
    def post(self, request: Request) -> Response:
        """Do one thing with up to 500 images of yours; ids of others and of what is gone are not_found alike."""
        sent = BulkSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        given = sent.validated_data
        bulk.check_size(given["images"])
        user = person(request)
        outcome = RUN[given["action"]](user, given)
        return Response(
            {
                "results": [
                    {"id": key, "result": "done" if key in set(outcome.done) else "not_found"}
                    for key in dict.fromkeys(given["images"])
                ],
                "job_url": self._job_url(request, user, outcome) if given["action"] == "download" else None,
            }
        )

    def _job_url(self, request: Request, user: User, outcome: bulk.Outcome) -> str | None:
        if not outcome.done:
            return None
        job = archives.start(user, outcome.done, "Photos")
        return request.build_absolute_uri(reverse("gallery:download", args=[job.pk]))
