"""A dsql:// address: what it becomes, and what is refused of it."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from photosky.database import configuration

HOST = "abcdefghijklmnopqrstuvwxyz.dsql.eu-central-1.on.aws"


def test_an_address_becomes_one_lasting_connection_with_verified_tls(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    config = configuration(f"dsql://photosky@{HOST}", tmp_path)
    assert (config["ENGINE"], config["HOST"], config["USER"]) == ("photosky.dsql", HOST, "photosky")
    assert (config["NAME"], config["PORT"]) == ("postgres", 5432)
    assert config["OPTIONS"]["sslmode"] == "verify-full"
    assert config["OPTIONS"]["sslrootcert"] == str(bundle)
    # A cluster ends a connection after an hour.
    assert 0 < config["CONN_MAX_AGE"] < 3600
    assert config["CONN_HEALTH_CHECKS"]
    assert config["DISABLE_SERVER_SIDE_CURSORS"]


def test_without_a_name_it_is_the_administrator(tmp_path: Path) -> None:
    assert configuration(f"dsql://{HOST}/postgres", tmp_path)["USER"] == "admin"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("dsql://admin@db.example.com/postgres", "no cluster of Aurora DSQL"),
        (f"dsql://admin:secret@{HOST}/postgres", "knows none"),
        (f"dsql://admin@{HOST}/postgres?sslmode=require", "weakens sslmode"),
    ],
)
def test_what_is_no_cluster_or_weakens_tls_is_refused(url: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=said) as raised:
        configuration(url, tmp_path)
    assert "secret" not in str(raised.value)
