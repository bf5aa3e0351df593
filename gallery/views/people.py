"""The type of a request whose sender is signed in."""

from django.http import HttpRequest

from gallery.models import User


class SignedIn(HttpRequest):
    """A request that has passed `login_required`."""

    user: User
