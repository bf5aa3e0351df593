"""The engine at work on the stand-in for Aurora DSQL: lost races, nested transactions, JSON, TLS, and the smoke command."""

import os
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connections, transaction
from django.db.utils import NotSupportedError, ProgrammingError

from gallery.models import Image, Job, Tag, User
from gallery.moving import databases
from tests.dsql.conftest import Makes
from tests.dsql.rules.base import Chance

ROOT = Path(__file__).parents[2]
# A good part of the suite, run whole: what writes and reads rows by pages, API and workers.
FILES = [
    "test_models.py",
    "test_albums.py",
    "test_tags.py",
    "test_search.py",
    "test_ordering.py",
    "test_map.py",
    "test_jobs.py",
    "test_letting_go.py",
    "test_finishing.py",
    "test_bin_purge.py",
    "test_admin_labels.py",
    "test_admin_lists.py",
    "test_admin_moving.py",
    "test_admin_pages.py",
    "test_sharing_guests.py",
    "test_api_albums.py",
    "test_api_bin_zips.py",
    "test_api_images.py",
    "test_pages_albums.py",
    "test_sessions.py",
    "test_uploading.py",
]


@pytest.fixture
def dsql(new_database: Makes) -> str:
    """Return a migrated database."""
    return new_database("dsql")


@pytest.fixture
def conflicts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse half of all COMMITs."""
    monkeypatch.setattr(Chance, "share", 0.5)
    monkeypatch.setattr(Chance, "refused", 0)


@pytest.mark.django_db(transaction=True)
def test_what_no_cluster_takes_is_refused_here_too(dsql: str) -> None:
    with connections[dsql].cursor() as cursor:
        for sql in (
            "TRUNCATE gallery_tag",
            "CREATE INDEX i ON gallery_tag (name)",
            "ALTER TABLE gallery_tag ALTER COLUMN name TYPE text",
            "ALTER TABLE gallery_tag ADD COLUMN x integer NOT NULL DEFAULT 1",
            "CREATE TABLE t (id uuid PRIMARY KEY, facts jsonb)",
            "SELECT 1; SELECT 2",
        ):
            with pytest.raises(NotSupportedError):
                cursor.execute(sql)


@pytest.mark.django_db(transaction=True)
def test_more_rows_than_a_transaction_takes_are_refused_and_the_project_stays_below(dsql: str) -> None:
    alice = User.objects.db_manager(dsql).create_user("alice")
    tags = [Tag(owner=alice, name=f"t{number}", slug=f"t{number}") for number in range(3_001)]
    with pytest.raises(ProgrammingError, match="row limit"):
        Tag.objects.using(dsql).bulk_create(tags)
    assert not Tag.objects.using(dsql).exists()


@pytest.mark.django_db(transaction=True)
def test_a_transaction_within_another_is_no_savepoint(dsql: str) -> None:
    with transaction.atomic(using=dsql), transaction.atomic(using=dsql):
        User.objects.db_manager(dsql).create_user("alice")
    assert User.objects.using(dsql).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_loses_a_race_is_told_at_commit_and_leaves_nothing(
    dsql: str, conflicts: None
) -> None:
    Chance.share = 1.0
    with pytest.raises(OperationalError, match="OC000") as raised, transaction.atomic(using=dsql):
        User.objects.db_manager(dsql).create_user("alice")
    assert raised.value.__cause__.sqlstate == "40001"  # type: ignore[union-attr]
    assert not User.objects.using(dsql).exists()


@pytest.mark.django_db(transaction=True)
def test_a_retried_transaction_is_done_once(dsql: str, conflicts: None) -> None:
    alice = User.objects.db_manager(dsql).create_user("alice")
    runs = 0

    def count_up() -> None:
        nonlocal runs
        runs += 1
        user = User.objects.using(dsql).get(pk=alice.pk)
        user.used_bytes += 1
        user.save(using=dsql)

    for _ in range(40):
        databases.committed(dsql, count_up)
    assert User.objects.using(dsql).get(pk=alice.pk).used_bytes == 40
    assert (runs, Chance.refused) == (40 + Chance.refused, Chance.refused)
    assert Chance.refused > 10


@pytest.mark.django_db(transaction=True)
def test_json_is_looked_into_changed_and_read_back(dsql: str) -> None:
    alice = User.objects.db_manager(dsql).create_user("alice")
    jobs = Job.objects.using(dsql)
    jobs.bulk_create([Job(owner=alice, kind="zip", payload={"n": n, "by": {"é": [1, n]}}) for n in range(5)])
    assert jobs.get(payload__n=3).payload == {"n": 3, "by": {"é": [1, 3]}}
    assert jobs.filter(payload__by__has_key="é").count() == 5
    assert jobs.filter(payload__contains={"n": 2}).count() == 1
    assert jobs.filter(payload={"n": 1, "by": {"é": [1, 1]}}).count() == 1
    assert jobs.filter(payload__n__gt=2).count() == 2
    jobs.filter(payload__n=4).update(payload={"n": 9})
    assert jobs.get(payload__n=9).payload == {"n": 9}
    assert set(jobs.values_list("payload__n", flat=True).distinct()) == {0, 1, 2, 3, 9}
    one = jobs.first()
    assert one is not None
    one.result = {"z": None}
    jobs.bulk_update([one], ["result"])
    assert jobs.get(pk=one.pk).result == {"z": None}
    assert not Image.objects.using(dsql).distinct().exists()


def test_the_smoke_command_passes_here_but_for_tls(postgresql: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "django", "dsql_smoke"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.dsql.settings", "PHOTOSKY_TEST_DSQL": postgresql},
    )  # fmt: skip
    failed = [line for line in run.stdout.splitlines() if not line.startswith("ok ")]
    assert failed == ["FAILED  TLS is verified: sslmode is disable"], run.stdout + run.stderr
    assert len(run.stdout.splitlines()) == 15
    assert run.returncode == 1


@pytest.mark.parametrize("known", [True, False], ids=["of a known authority", "of an unknown authority"])
def test_only_a_cluster_with_the_certificate_of_a_known_authority_is_connected_to(
    known: bool, tmp_path: Path, tls_server: Any
) -> None:
    port, authority = tls_server
    bundle = authority if known else ssl.get_default_verify_paths().openssl_cafile
    code = (
        "import django; django.setup()\n"
        "from django.db import connection\n"
        "connection.ensure_connection(); print('in use', connection.connection.pgconn.ssl_in_use)"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "photosky.settings",
        "PHOTOSKY_LOCAL": "true",
        "PHOTOSKY_SECRET_KEY": "x" * 50,
        "PHOTOSKY_BUCKET": "unset",
        "SSL_CERT_FILE": str(bundle if Path(bundle).exists() else tmp_path),
        "AWS_ACCESS_KEY_ID": "AKIATEST",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "DATABASE_URL": f"dsql://photosky@stand-in.dsql.us-east-1.on.aws:{port}/postgres?hostaddr=127.0.0.1",
    }
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    if known:
        assert run.stdout.strip() == "in use True", run.stderr[-500:]
    else:
        assert "certificate verify failed" in run.stderr


@pytest.mark.skipif(
    not os.environ.get("PHOTOSKY_TEST_LONG"), reason="takes many minutes: ask for it by PHOTOSKY_TEST_LONG=1"
)
def test_a_good_part_of_the_suite_passes_under_the_rules(postgresql: str) -> None:
    files = [f"tests/{name}" for name in FILES]
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "--ds", "tests.dsql.settings"),
            *("-p", "tests.dsql.plugin", *files),
        ],
        cwd=ROOT, env={**os.environ, "PHOTOSKY_TEST_DSQL": postgresql}, capture_output=True, text=True,
        timeout=3_600,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-6000:]
