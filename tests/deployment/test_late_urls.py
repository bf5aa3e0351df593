"""The API and the administration wait until somebody asks for them."""

import subprocess
import sys

from photosky.deployment.stages import ROOT

PROBE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
from django.urls import resolve, reverse
reverse("gallery:timeline"), resolve("/"), reverse("account_login")
early = [name for name in ("gallery.api.urls", "gallery.admin", "rest_framework.serializers") if name in sys.modules]
assert not early, early
assert reverse("api:image-list") == "/api/images/"
assert resolve("/api/images/").view_name == "api:image-list"
assert resolve(reverse("admin:gallery_image_changelist")).namespace == "admin"
"""


def test_looking_up_a_page_loads_neither_the_api_nor_the_administration() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
