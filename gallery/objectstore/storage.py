"""The django-storages backend: settings.S3 becomes one boto3 client, the same for every caller in the process.

Importing this module imports boto3 (a third of a second), so only `connection` does, when a request needs it.
"""

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from django.conf import settings
from django.core.files.storage import storages
from django.core.signals import setting_changed
from django.dispatch import receiver
from storages.backends.s3 import S3Storage

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

CONNECT_TIMEOUT_S = 4
READ_TIMEOUT_S = 20


def client_config(**changes: Any) -> Config:
    """Return botocore's configuration for settings.S3.

    Without s3v4 and the virtual style botocore signs by the retired SigV2 at the global host name, which other regions
    answer with a redirect that no browser preflight follows. Checksums are computed where S3 demands one or we
    name one, and checked on every read.
    """
    addressing = settings.S3.addressing
    if addressing == "auto":
        addressing = "path" if settings.S3.endpoint else "virtual"
    options: dict[str, Any] = {
        "signature_version": "s3v4",
        "s3": {"addressing_style": addressing, "us_east_1_regional_endpoint": "regional"},
        "retries": {"mode": "standard", "max_attempts": 3},
        "connect_timeout": CONNECT_TIMEOUT_S,
        "read_timeout": READ_TIMEOUT_S,
        "max_pool_connections": 16,
        "request_checksum_calculation": "when_required",
        "response_checksum_validation": "when_supported",
    }
    return Config(**(options | changes))


class PhotoStorage(S3Storage):  # type: ignore[misc]  # django-storages is not typed
    """S3Storage configured by settings.S3 alone. Never overwrites."""

    def get_default_settings(self) -> dict[str, Any]:
        """Return django-storages' defaults with ours laid over them."""
        s3 = settings.S3
        ours = {
            "bucket_name": s3.bucket,
            "region_name": s3.region,
            "endpoint_url": s3.endpoint or None,
            "access_key": s3.access_key or None,
            "secret_key": s3.secret_key or None,
            "security_token": s3.session_token or None,
            "session_profile": None,
            "file_overwrite": False,
            "client_config": client_config(),
        }
        theirs: dict[str, Any] = super().get_default_settings()
        return theirs | ours

    def new_client(self, endpoint: str | None, config: Config) -> "S3Client":
        """Return a client of its own for this endpoint (None is AWS), with the storage's credentials."""
        session = self._create_session()
        client: S3Client = session.client(
            "s3", region_name=self.region_name, endpoint_url=endpoint, config=config, verify=self.verify
        )
        return client

    @cached_property
    def session(self) -> Any:
        """The boto3 session that answers for the credentials."""
        return self._create_session()

    @cached_property
    def client(self) -> "S3Client":
        """The client that makes requests; boto3 clients may be shared by threads."""
        with _making:
            return self.new_client(self.endpoint_url, self.client_config)

    @cached_property
    def signing_client(self) -> "S3Client":
        """The client that signs what browsers will send: the host name is part of the signature."""
        public = settings.S3.public_endpoint
        if not public or public == self.endpoint_url:
            return self.client
        with _making:
            return self.new_client(public, self.client_config)

    def reload(self) -> None:
        """Take on the present settings.S3 and drop the clients made for the former one."""
        self.__dict__ = PhotoStorage().__dict__


# boto3 sessions, unlike clients, may not be made by two threads at once.
_making = threading.Lock()


@receiver(setting_changed)
def _follow_settings(*, setting: str, **_: object) -> None:
    storage = storages["default"]
    if setting == "S3" and isinstance(storage, PhotoStorage):
        storage.reload()
