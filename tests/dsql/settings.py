"""The settings of tests on the stand-in for Aurora DSQL, a PostgreSQL whose address PHOTOSKY_TEST_DSQL names."""

import os

import dj_database_url

os.environ.setdefault("AWS_ACCESS_KEY_ID", "AKIATEST")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "only-for-tests")

from tests.settings import *  # noqa: F403

DATABASES = {
    "default": {
        **dj_database_url.parse(os.environ["PHOTOSKY_TEST_DSQL"], engine="tests.dsql.rules"),
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
}
