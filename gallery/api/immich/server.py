"""What a client asks before it uploads: where the API is, what it takes, whose key it holds."""

from typing import Any, cast

from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe
from rest_framework.request import Request
from rest_framework.response import Response

from gallery import access, imaging, remembered
from gallery.api.authentication import person
from gallery.api.immich.base import ImmichView, PublicView, Scope
from gallery.models import ApiToken, Image, User

# Whose upload API this is.
VERSION = (3, 2, 2)
TIME = "%Y-%m-%dT%H:%M:%S.000Z"
# What the scopes of a token are called there.
PERMISSIONS: dict[str, tuple[str, ...]] = {
    Scope.READ: ("apiKey.read", "asset.statistics", "album.read", "server.about", "user.read"),
    Scope.UPLOAD: ("apiKey.read", "asset.upload", "album.create", "album.read", "albumAsset.create"),
}


@require_safe
def well_known(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """Tell where the API is."""
    if not settings.IMMICH_API:
        raise Http404
    return JsonResponse({"api": {"endpoint": reverse("api:immich-ping").removesuffix("/server/ping")}})


class PingView(PublicView):
    """Whether anybody is there."""

    def get(self, request: Request) -> Response:  # noqa: ARG002
        return Response({"res": "pong"})


class VersionView(PublicView):
    """Whose API this is."""

    def get(self, request: Request) -> Response:  # noqa: ARG002
        return Response(dict(zip(("major", "minor", "patch"), VERSION, strict=True)))


class FeaturesView(PublicView):
    """What of Immich is here for its clients: the bin, and the map and search of the gallery's own pages are not theirs."""

    def get(self, request: Request) -> Response:  # noqa: ARG002
        absent = (
            "configFile", "duplicateDetection", "email", "facialRecognition", "importFaces", "map", "oauth",
            "oauthAutoLaunch", "ocr", "passwordLogin", "reverseGeocoding", "search", "sidecar", "smartSearch",
        )  # fmt: skip
        return Response({"trash": True, **dict.fromkeys(absent, False)})


class ConfigView(PublicView):
    """What clients show of the site."""

    def get(self, request: Request) -> Response:
        return Response(
            {
                "externalDomain": request.build_absolute_uri("/").rstrip("/"),
                "isInitialized": True,
                "isOnboarded": True,
                "loginPageMessage": "",
                "maintenanceMode": False,
                "oauthButtonText": "",
                "publicUsers": False,
                "trashDays": settings.BIN_DAYS,
            }
        )


class MediaTypesView(PublicView):
    """The endings of the names of files that are taken."""

    def get(self, request: Request) -> Response:  # noqa: ARG002
        endings: dict[bool, list[str]] = {False: [], True: []}
        for ending, kind in imaging.EXTENSIONS.items():
            endings[kind.is_video].append(f".{ending}")
        return Response({"image": sorted(endings[False]), "video": sorted(endings[True]), "sidecar": []})


class AboutView(ImmichView):
    """Which server this is, for whoever may read."""

    scopes = {"GET": (Scope.READ,)}

    def get(self, request: Request) -> Response:  # noqa: ARG002
        version = "v" + ".".join(map(str, VERSION))
        return Response({"version": version, "versionUrl": "", "licensed": False, "repository": "PhotoSky"})


class MeView(ImmichView):
    """Whose token it is."""

    scopes = {"GET": (Scope.READ,)}

    def get(self, request: Request) -> Response:
        return Response(_shown(person(request)))


class KeyView(ImmichView):
    """What the token allows, for any token."""

    def get(self, request: Request) -> Response:
        token = cast("ApiToken", request.auth)
        allowed = {name for scope, names in PERMISSIONS.items() if token.allows(scope) for name in names}
        made = token.created_at.strftime(TIME)
        return Response(
            {
                "id": token.pk,
                "name": token.name,
                "permissions": sorted(allowed or {"apiKey.read"}),
                "createdAt": made,
                "updatedAt": made,
            }
        )


class StatisticsView(ImmichView):
    """How many photos and videos the library has, without the bin."""

    scopes = {"GET": (Scope.READ,)}

    def get(self, request: Request) -> Response:
        user = person(request)
        kinds = remembered.or_counted(user, "kinds", lambda: _counted(user))
        videos, total = kinds.get(Image.Kind.VIDEO, 0), sum(kinds.values())
        return Response({"images": total - videos, "videos": videos, "total": total})


def _counted(user: User) -> dict[str, int]:
    """Return how many of each kind the library has."""
    return dict(access.library_of(user).values_list("kind").annotate(count=Count("pk")).order_by())


def _shown(user: User) -> dict[str, Any]:
    joined = user.date_joined.strftime(TIME)
    return {
        "id": user.pk,
        # Not everybody has one here, and clients say by it who signed in.
        "email": user.email or user.username,
        "name": user.get_full_name() or user.username,
        "avatarColor": "primary",
        "profileImagePath": "",
        "profileChangedAt": joined,
        "createdAt": joined,
        "updatedAt": joined,
        "deletedAt": None,
        "isAdmin": user.is_staff,
        "license": None,
        "oauthId": "",
        "quotaSizeInBytes": user.quota or None,
        "quotaUsageInBytes": user.used_bytes,
        "shouldChangePassword": False,
        "status": "active",
        "storageLabel": None,
    }
