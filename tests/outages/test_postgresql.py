"""A PostgreSQL that is down, restarted, slow or full, or that drops a connection in the middle of a request.

The gallery is a process of its own, which nobody restarts: what works afterwards has recovered by itself.
"""

import signal
import subprocess
import sys
import time

import psycopg
import requests

from tests.deployment import postgres
from tests.outages.conftest import ROOT, Gallery, meanwhile, standing_in_the_way, web


def check_told(answer: requests.Response) -> None:
    """See that somebody is told clearly to come again, by JSON or by a page."""
    assert answer.status_code == 503, answer.text[:500]
    assert int(answer.headers["Retry-After"]) > 0
    if answer.headers["Content-Type"] == "application/problem+json":
        problem = answer.json()
        assert (problem["code"], problem["status"]) == ("database_unavailable", 503)
    else:
        assert "Your photos are safe" in answer.text
    # No word of hosts, people or statements.
    assert "127.0.0.1" not in answer.text
    assert "psycopg" not in answer.text


def test_server_that_is_down_is_told_and_comes_back_by_itself(
    gallery: Gallery, server: postgres.Server
) -> None:
    assert gallery.page().status_code == 200
    server.stop()
    for answer in (gallery.page(), gallery.api(), gallery.rename("Lost"), gallery.page("/nowhere/")):
        check_told(answer)
    health = requests.get(gallery.url + "/healthz/", timeout=60)
    assert (health.status_code, health.text) == (503, "the database does not answer\n")

    server.start()
    assert [gallery.page().status_code for _ in range(8)] == [200] * 8
    assert gallery.title() != "Lost"


def test_restart_between_two_requests_is_noticed_by_nobody(gallery: Gallery, server: postgres.Server) -> None:
    assert [gallery.page().status_code for _ in range(8)] == [200] * 8
    server.stop()
    server.start()
    assert [gallery.page().status_code for _ in range(8)] == [200] * 8
    assert gallery.rename("After the restart").status_code == 200


def test_gallery_starts_before_its_server_does(
    server: postgres.Server, environment: dict[str, str], known: dict[str, str]
) -> None:
    server.stop()
    try:
        with web(environment, known) as early:
            check_told(early.page())
            server.start()
            assert early.page().status_code == 200
    finally:
        server.start()


def test_change_whose_connection_is_ended_midway_leaves_nothing(
    gallery: Gallery, server: postgres.Server
) -> None:
    before = gallery.title()
    with standing_in_the_way(server) as blocker, meanwhile(lambda: gallery.rename("Half")) as answers:
        blocker.end_who_waits()
    check_told(answers[0])
    assert gallery.title() == before

    assert gallery.rename("Whole").status_code == 200
    assert gallery.title() == "Whole"


def test_server_that_stops_midway_leaves_nothing(gallery: Gallery, server: postgres.Server) -> None:
    before = gallery.title()
    with standing_in_the_way(server), meanwhile(lambda: gallery.rename("Half")) as answers:
        # The change has begun, or begins and finds nobody: either is an outage.
        time.sleep(0.5)
        server.stop(at_once=True)
    check_told(answers[0])

    server.start()
    assert gallery.title() == before


def test_statement_that_takes_too_long_is_given_up(gallery: Gallery, server: postgres.Server) -> None:
    before = gallery.title()
    with standing_in_the_way(server):
        check_told(gallery.rename("Late"))
        # Who needs not what is locked goes on.
        assert gallery.page().status_code == 200
    assert gallery.title() == before
    assert gallery.rename("In time").status_code == 200


def test_full_disk_is_told_and_leaves_nothing(gallery: Gallery, server: postgres.Server) -> None:
    before = gallery.title()
    with psycopg.connect(server.url, autocommit=True) as admin:
        # The server's own error for a disk without space, in the last of a change's statements.
        admin.execute(
            "CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
        )
        admin.execute(
            "CREATE TRIGGER no_space BEFORE INSERT OR UPDATE ON gallery_auditentry EXECUTE FUNCTION no_space()"
        )
        check_told(gallery.rename("Too much"))
        assert gallery.page().status_code == 200
        admin.execute("DROP FUNCTION no_space CASCADE")
    assert gallery.title() == before
    assert gallery.rename("There is space").status_code == 200


def test_server_that_only_reads_is_told_by_who_writes(gallery: Gallery, server: postgres.Server) -> None:
    """So does the one that a failover leaves behind."""
    before = gallery.title()
    with psycopg.connect(server.url, autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        admin.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)
        check_told(gallery.rename("Written nowhere"))
        assert gallery.page().status_code == 200
        admin.execute("SET default_transaction_read_only = off")
        admin.execute("ALTER SYSTEM RESET default_transaction_read_only")
        admin.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)
    assert gallery.title() == before
    assert gallery.rename("Written again").status_code == 200


def test_worker_outlives_an_outage(
    gallery: Gallery, server: postgres.Server, environment: dict[str, str]
) -> None:
    worker = subprocess.Popen([sys.executable, "manage.py", "work"], cwd=ROOT, env=environment)
    try:
        # It has begun, or begins without a server: it has to live through both.
        time.sleep(5)
        server.stop()
        time.sleep(3)
        server.start()
        with psycopg.connect(server.url, autocommit=True) as admin:
            admin.execute("UPDATE gallery_job SET not_before = now() WHERE id = %s", [gallery.job])
            deadline = time.monotonic() + 60
            state = "SELECT state FROM gallery_job WHERE id = %s"
            while admin.execute(state, [gallery.job]).fetchone() != ("done",):
                assert worker.poll() is None, "the worker has ended"
                assert time.monotonic() < deadline, "the job is not done"
                time.sleep(0.2)
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)
