"""A receiver on this computer, and a webhook of alice that tells it everything."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from gallery.models import User, Webhook
from tests.receiver import Receiver, receiving
from tests.webhooks.telling import make_hook


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOKS_LOCAL = True
    with receiving() as server:
        yield server


@pytest.fixture
def hook(alice: User, receiver: Receiver) -> Webhook:
    return make_hook(alice, receiver)[0]
