"""The Django application of the gallery."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class GalleryConfig(AppConfig):
    """Registers the system checks, and who writes down what happens at the door."""

    name = "gallery"
    verbose_name = "Photo gallery"

    def ready(self) -> None:
        """Import the checks so that Django finds them, and listen to allauth and to migrations."""
        from gallery import checks, planning  # noqa: F401
        from gallery.accounts import retried, signing_in

        signing_in.listen()
        retried.take_over()
        post_migrate.connect(planning.tell, sender=self)
