"""The settings of the tests: a gallery on this computer whose bucket a fixture names."""

import os
import tempfile

os.environ.update(
    PHOTOSKY_LOCAL="true", PHOTOSKY_SECRET_KEY="only-for-tests-" + "x" * 40, PHOTOSKY_BUCKET="unset"
)

from photosky.settings import *  # noqa: F403

# The suite's own processes share the machine.
DECODERS = 1

# Static files are looked for when they are asked for: each client would read them all first.
WHITENOISE_AUTOREFRESH = True

# Seconds matter in a suite; the strength of a hash does not.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["*"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, as in real life: SQLite in memory has other locks. It need not survive a power cut.
    DATABASES["default"]["TEST"] = {"NAME": f"{tempfile.gettempdir()}/photosky-test-{os.getpid()}.sqlite3"}  # noqa: F405
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"  # noqa: F405
