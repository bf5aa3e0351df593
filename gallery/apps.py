"""The Django application of the gallery."""

from django.apps import AppConfig


class GalleryConfig(AppConfig):
    """Registers the system checks, and who writes down what happens at the door."""

    name = "gallery"
    verbose_name = "Photo gallery"

    def ready(self) -> None:
        """Import the checks so that Django finds them, and listen to allauth."""
        from gallery import checks  # noqa: F401
        from gallery.accounts import signing_in

        signing_in.listen()
