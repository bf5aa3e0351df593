"""Whose library a command is about."""

from django.core.management.base import CommandError

from gallery.models import User


def named(name: str | None) -> User:
    """Return the user of that name; without a name the only one. Raises CommandError that lists the known."""
    if name:
        owner = User.objects.filter(username=name).first()
        if owner is None:
            raise CommandError(f"There is no user {name}. Known: {_names()}.")
        return owner
    users = list(User.objects.all()[:2])
    if not users:
        raise CommandError("There is no user yet: make one with `manage.py createsuperuser`.")
    if len(users) > 1:
        raise CommandError(f"There are several users: say whose library with --user NAME. Known: {_names()}.")
    return users[0]


def _names() -> str:
    return ", ".join(User.objects.order_by("username").values_list("username", flat=True)[:20])
