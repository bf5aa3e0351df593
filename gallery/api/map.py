"""The map: clusters of the user's own photos in a box, and their places."""

from typing import Any

import django_filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gallery.api.authentication import person
from gallery.api.image_lists import ImageListView
from gallery.api.views import APIView
from gallery.models import Image, ImageQuerySet
from gallery.places import clusters, countries, listing

MOST_PLACES = 500


class ClusterSerializer(serializers.Serializer[clusters.Cluster]):
    """Photos that lie close together. `bbox` is west, south, east, north; `place` and `country` are those of one of them."""

    count = serializers.IntegerField()
    latitude = serializers.FloatField()
    longitude = serializers.FloatField()
    bbox = serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4, source="box")
    place = serializers.CharField()
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2.")


class ClustersSerializer(serializers.Serializer[Any]):
    """All clusters of a box, the largest first."""

    clusters = ClusterSerializer(many=True)


class CountrySerializer(serializers.Serializer[listing.Entry]):
    """A country in which photos were taken; its code is `other` for places that a person named without one."""

    code = serializers.CharField(source="key")
    name = serializers.SerializerMethodField()
    count = serializers.IntegerField()
    cover = serializers.UUIDField(source="cover.pk", default=None, allow_null=True)

    def get_name(self, entry: listing.Entry) -> str:
        return countries.name(entry.key)


class PlaceEntrySerializer(serializers.Serializer[listing.Entry]):
    """A place of a country."""

    name = serializers.CharField(source="key")
    count = serializers.IntegerField()
    cover = serializers.UUIDField(source="cover.pk", default=None, allow_null=True)


class CountriesSerializer(serializers.Serializer[Any]):
    """All countries, by name."""

    countries = CountrySerializer(many=True)


class PlacesSerializer(serializers.Serializer[Any]):
    """Places of a country by name; `after` is what to send for the next ones, null at the end."""

    places = PlaceEntrySerializer(many=True)
    after = serializers.CharField(allow_null=True)


class ClustersView(APIView):
    """Your photos on the map. Nobody else's are ever on it."""

    parameters = {"get": ("bbox", "zoom")}

    @extend_schema(
        operation_id="map_clusters",
        summary="Cluster the photos of a box",
        parameters=[
            OpenApiParameter(
                "bbox", OpenApiTypes.STR, required=True,
                description="west,south,east,north in degrees; west is the greater one across the antimeridian.",
            ),
            OpenApiParameter("zoom", OpenApiTypes.INT, required=True, description="0 to 22, as of a map of tiles."),
        ],
        responses=ClustersSerializer,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """List the clusters of a box: a bounded number, whatever its size."""
        asked = request.query_params
        box, zoom = clusters.read_box(asked.get("bbox", "")), clusters.read_zoom(asked.get("zoom", ""))
        found = clusters.clusters(person(request), box, zoom)
        return Response(ClustersSerializer({"clusters": found}).data)


class CountriesView(APIView):
    """The countries in which your photos were taken."""

    @extend_schema(operation_id="places_countries", summary="List countries", responses=CountriesSerializer)
    def get(self, request: Request) -> Response:
        """List the countries, with how many photos and the one that stands for each."""
        return Response(CountriesSerializer({"countries": listing.countries_of(person(request))}).data)


class PlacesView(APIView):
    """The places of a country in which your photos were taken."""

    parameters = {"get": ("after",)}

    @extend_schema(
        operation_id="places_list",
        summary="List the places of a country",
        parameters=[OpenApiParameter("after", OpenApiTypes.STR, description="Taken from the list before.")],
        responses=PlacesSerializer,
    )
    def get(self, request: Request, code: str) -> Response:
        """List up to 500 places by name."""
        after = request.query_params.get("after", "")
        found = listing.places_of(person(request), code, after, MOST_PLACES + 1)
        shown = found[:MOST_PLACES]
        onward = shown[-1].key if len(found) > MOST_PLACES else None
        return Response(PlacesSerializer({"places": shown, "after": onward}).data)


class MapImagesFilter(django_filters.rest_framework.FilterSet):  # type: ignore[misc]  # django-filter is untyped
    """Which part of the map is looked at."""

    bbox = django_filters.CharFilter(
        method="inside", required=True, help_text="west,south,east,north in degrees, as for the clusters."
    )

    class Meta:
        model = Image
        fields: list[str] = []

    def inside(self, images: ImageQuerySet, name: str, text: str) -> ImageQuerySet:  # noqa: ARG002
        """Keep what lies in the box; raises InvalidBox."""
        return clusters.in_box(self.request.user, clusters.read_box(text))


class MapImagesView(ImageListView):
    """The photos of a part of the map."""

    filterset_class = MapImagesFilter

    @extend_schema(operation_id="map_images", summary="List the photos of a box")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your photos in a box, the one taken last first."""
        return super().get(request, *args, **kwargs)


class PlaceImagesFilter(django_filters.rest_framework.FilterSet):  # type: ignore[misc]
    """Which place of the country."""

    place = django_filters.CharFilter(
        method="at", help_text="Its name, as the list of places has it; empty: all."
    )

    class Meta:
        model = Image
        fields: list[str] = []

    def at(self, images: ImageQuerySet, name: str, place: str) -> ImageQuerySet:  # noqa: ARG002
        """Keep what was taken there."""
        return listing.photos_of(self.request.user, self.request.resolver_match.kwargs["code"], place)


class PlaceImagesView(ImageListView):
    """The photos of a country, or of one place in it."""

    filterset_class = PlaceImagesFilter

    @extend_schema(operation_id="places_images", summary="List the photos of a country or place")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your photos of a country (`other`: those of places without one), the one taken last first."""
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> ImageQuerySet:
        if getattr(self, "swagger_fake_view", False) or self.request.query_params.get("place"):
            return Image.objects.none()
        return listing.photos_of(person(self.request), self.kwargs["code"])
