"""How static files are named when they are collected."""

from django.conf import settings
from django.urls import get_script_prefix
from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Names every file by its content, also inside the `import` statements of ES modules.

    Django leaves module imports alone by default, which would keep a stale module alive after an update.
    """

    support_js_module_import_aggregation = True

    @property
    def base_url(self) -> str:
        """Return where the files are for the present request, behind the prefix of a gateway's stage if it has one.

        Django's own is fixed by the first request, but one Lambda function answers at both of its addresses.
        """
        url = settings.STATIC_URL
        return url if "://" in url else get_script_prefix().rstrip("/") + url
