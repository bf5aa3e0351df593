"""The addresses of the API, under /api/."""

from django.urls import include, path, re_path
from rest_framework.routers import DefaultRouter

from gallery.api import problems

app_name = "api"
router = DefaultRouter()

urlpatterns = [
    path("", include(router.urls)),
    re_path(r"^.*$", problems.not_found),
]
