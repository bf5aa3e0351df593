"""The library's page of 100 photos by Django's test client on SQLite in memory; prints its figures as JSON."""

import json
import os
import sys
import time
from statistics import median

PHOTOS = 100
REQUESTS = 30
# Signing addresses needs a store to be named; none is asked.
STORE = {
    "DJANGO_SETTINGS_MODULE": "tests.settings",
    "PHOTOSKY_S3_ENDPOINT": "http://127.0.0.1:9",
    "PHOTOSKY_S3_ACCESS_KEY": "none",
    "PHOTOSKY_S3_SECRET_KEY": "none",
}


def main() -> None:
    """Fill a library, look at it again and again, and print what the middle look took."""
    os.environ.update(STORE)
    import django

    django.setup()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext, setup_test_environment
    from django.urls import reverse

    from tests.make import make_image, make_user

    setup_test_environment()
    connection.creation.create_test_db(verbosity=0)
    owner = make_user("alice")
    for _ in range(PHOTOS):
        make_image(owner)
    browser = Client(headers={"accept-encoding": "gzip"})
    browser.force_login(owner)
    address = reverse("gallery:timeline")
    with CaptureQueriesContext(connection) as queries:
        first = browser.get(address)
    # Counted now: the next request clears the list.
    asked = len(queries)
    if first.status_code != 200:
        sys.exit(f"The page answers {first.status_code}.")
    taken = []
    for _ in range(REQUESTS):
        start = time.process_time()
        browser.get(address)
        taken.append(time.process_time() - start)
    print(json.dumps({"cpu_ms": median(taken) * 1000, "kb": len(first.content) / 1024, "queries": asked}))


if __name__ == "__main__":
    main()
