"""The settings of the tests: a gallery on this computer whose bucket a fixture names."""

import os

os.environ.update(
    PHOTOSKY_LOCAL="true", PHOTOSKY_SECRET_KEY="only-for-tests-" + "x" * 40, PHOTOSKY_BUCKET="unset"
)

from photosky.settings import *  # noqa: F403

# Seconds matter in a suite; the strength of a hash does not.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["*"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
