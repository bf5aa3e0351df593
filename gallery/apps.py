"""The Django application of the gallery."""

from django.apps import AppConfig


class GalleryConfig(AppConfig):
    """Registers the system checks."""

    name = "gallery"
    verbose_name = "Photo gallery"

    def ready(self) -> None:
        """Import the checks so that Django finds them."""
        from gallery import checks  # noqa: F401
