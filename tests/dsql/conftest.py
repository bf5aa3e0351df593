"""Databases of all three engines beside the tests' own, on one server for the session."""

import itertools
import os
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import dj_database_url
import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db import connections

from gallery.moving import databases
from photosky.database import configuration
from tests.deployment import postgres

_number = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Return the address of a server."""
    if postgres.binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres.running() as url:
        _wait_for(url)
        yield url


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


class Makes(Protocol):
    """Make a database of an engine, with its tables or `empty`, and return the alias by which Django knows it."""

    def __call__(self, engine: str, *, empty: bool = False) -> str: ...


@pytest.fixture(scope="session")
def migrated() -> dict[str, str]:
    """Hold, for each engine, the name of a database with all tables: migrating takes long, copying does not."""
    return {}


@pytest.fixture
def new_database(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    migrated: dict[str, str],
) -> Iterator[Makes]:
    """Return a function that makes databases; they are forgotten after the test."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "only-for-tests")
    made: list[str] = []

    def known(engine: str, template: str) -> str:
        name = f"moved_{engine}_{next(_number)}"
        if engine == "sqlite":
            path = tmp_path_factory.mktemp("sqlite") / name
            if template:
                shutil.copy(template, path)
            config = configuration(f"sqlite:///{path}", settings.DATA_DIR)
        else:
            config = _on_server(request.getfixturevalue("postgresql"), name, engine, template or "template0")
        made.append(databases.connect(config, name))
        _allow(connections[name])
        return name

    def make(engine: str, *, empty: bool = False) -> str:
        if not empty and engine not in migrated:
            first = known(engine, "")
            databases.migrate(first)
            migrated[engine] = str(connections[first].settings_dict["NAME"])
            connections[first].close()
        return known(engine, "" if empty else migrated[engine])

    yield make
    django: Any = connections
    for alias in made:
        connections[alias].close()
        del connections[alias]
        del django.settings[alias]


def _allow(connection: Any) -> None:
    """Let a test use a database that was not there when it began, which Django's test case forbids."""

    def ensure_connection() -> None:
        if connection.connection is None:
            connection.connect()

    connection.ensure_connection = ensure_connection


def _on_server(server: str, name: str, engine: str, template: str) -> dict[str, Any]:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} LC_COLLATE 'C' LC_CTYPE 'C'")
    url = server.rsplit("/", 1)[0] + "/" + name
    if engine == "postgresql":
        return configuration(url, settings.DATA_DIR)
    return {**dj_database_url.parse(url, engine="tests.dsql.rules"), "DISABLE_SERVER_SIDE_CURSORS": True}


@pytest.fixture
def tls_server(postgresql: str, tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """Return the port of the server, which now speaks TLS to all comers, and the authority of its certificate."""
    with psycopg.connect(postgresql, autocommit=True) as connection:
        data, hba = (Path(_one(connection, f"SHOW {name}")) for name in ("data_directory", "hba_file"))
        _certify(data, tmp_path)
        before = hba.read_text(encoding="utf-8")
        hba.write_text("hostssl all all 127.0.0.1/32 trust\n" + before, encoding="utf-8")
        connection.execute("ALTER SYSTEM SET ssl = on")
        connection.execute("SELECT pg_reload_conf()")
        port = connection.info.port
        _wait_for(f"{postgresql}?sslmode=require")
        yield port, tmp_path / "authority.pem"
        hba.write_text(before, encoding="utf-8")
        connection.execute("ALTER SYSTEM RESET ssl")
        connection.execute("SELECT pg_reload_conf()")


def _one(connection: "psycopg.Connection[Any]", sql: str) -> str:
    [row] = connection.execute(sql).fetchall()
    return str(row[0])


def _certify(data: Path, folder: Path) -> None:
    """Make an authority, and by it a certificate for the stand-in's name."""
    key = ec.generate_private_key(ec.SECP256R1())
    server_key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of this test")])
    name = x509.DNSName("stand-in.dsql.us-east-1.on.aws")
    own = x509.BasicConstraints(ca=True, path_length=None)
    authority = _certificate(issuer, issuer, key.public_key()).add_extension(own, critical=True)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name.value)])
    server = _certificate(issuer, subject, server_key.public_key())
    server = server.add_extension(x509.SubjectAlternativeName([name]), critical=False)
    pem = Encoding.PEM
    (folder / "authority.pem").write_bytes(authority.sign(key, SHA256()).public_bytes(pem))
    (data / "server.crt").write_bytes(server.sign(key, SHA256()).public_bytes(pem))
    secret = data / "server.key"
    secret.write_bytes(server_key.private_bytes(pem, PrivateFormat.PKCS8, NoEncryption()))
    secret.chmod(0o600)
    owner = data.stat()
    for path in (secret, data / "server.crt"):
        os.chown(path, owner.st_uid, owner.st_gid)


def _certificate(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    named = x509.CertificateBuilder().issuer_name(issuer).subject_name(subject).public_key(key)
    numbered = named.serial_number(x509.random_serial_number())
    return numbered.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
