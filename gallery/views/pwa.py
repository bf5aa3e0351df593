"""What makes the gallery installable: its manifest, the service worker, the page for when there is no network."""

import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi, gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

HOUR_S = 3600
WORKER = Path(__file__).resolve().parent.parent / "static" / "gallery" / "js" / "service-worker.js"
ICONS = (
    ("icon-192.png", 192, "any"),
    ("icon-512.png", 512, "any"),
    ("icon-maskable-512.png", 512, "maskable"),
)
# What the page for no network needs; all else that is static is kept as it is used.
SHELL = ("gallery/css/base.css", "gallery/js/app.js", "gallery/favicon.svg", "gallery/icons.svg")


@require_safe
@cache_control(max_age=HOUR_S, private=True)
def manifest(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    # W3C Web Application Manifest; share_target is Web Share Target Level 2.
    library, upload = reverse("gallery:timeline"), reverse("gallery:upload")
    body = {
        "id": library,
        "name": "PhotoSky",
        "short_name": "PhotoSky",
        "description": gettext("Your photos, in your own account."),
        "lang": get_language(),
        "dir": "rtl" if get_language_bidi() else "ltr",
        "start_url": library,
        "scope": library,
        "display": "standalone",
        "background_color": "#101214",
        "theme_color": "#101214",
        "icons": [
            {
                "src": static(f"gallery/icons/{name}"),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for name, size, purpose in ICONS
        ],
        "shortcuts": [{"name": gettext("Upload"), "url": upload}],
        "share_target": {
            "action": reverse("gallery:shared_here"),
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {"files": [{"name": "photos", "accept": ["image/*", "video/*"]}]},
        },
    }
    return JsonResponse(body, content_type="application/manifest+json")


@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    # A worker rules the folder that it comes from, so that it comes from the root and not from where static files lie.
    shell = [static(name) for name in SHELL]
    values = {
        "root": reverse("gallery:timeline"),
        # Another set of files is another worker, which forgets what the last one kept.
        "version": " ".join(name.rpartition("/")[2] for name in shell),
        "shell": shell,
        "offline": reverse("gallery:offline"),
        "staticUrl": request.build_absolute_uri(settings.STATIC_URL),
        "shared": reverse("gallery:shared_here"),
        "upload": reverse("gallery:upload"),
        "signIn": reverse("account_login"),
        "signOut": reverse("account_logout"),
    }
    script = f"const SETTINGS = {json.dumps(values)};\n{_worker()}"
    return HttpResponse(script, content_type="text/javascript")


@require_safe
@cache_control(max_age=HOUR_S, private=True)
def offline(request: HttpRequest) -> HttpResponse:
    return render(request, "offline.html")


@csrf_exempt
@require_POST
def shared_here(request: HttpRequest) -> HttpResponse:
    # The service worker takes what a phone shares before it gets here. Without it nothing is read: the bytes of a
    # photo do not pass through this program.
    messages.error(
        request,
        gettext(
            "What you shared could not be taken over. Open PhotoSky once, then share again, or choose the files here."
        ),
    )
    return redirect("gallery:upload")


@cache
def _worker() -> str:
    return WORKER.read_text(encoding="utf-8")
