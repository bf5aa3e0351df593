"""The token of a connection: as botocore signs it, by whoever is signed in."""

from datetime import UTC, datetime

import boto3
import pytest
import time_machine
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from photosky.dsql import configuration, signing

HOST = "abcdefghijklmnopqrstuvwxyz.dsql.eu-central-1.on.aws"
NOW = datetime(2026, 9, 14, 19, 42, 11, tzinfo=UTC)


@pytest.mark.parametrize("session_token", ["", "IQoJb3JpZ2luX2Vj/+=="])
@pytest.mark.parametrize(("user", "action"), [("admin", "DbConnectAdmin"), ("photosky", "DbConnect")])
def test_a_token_is_the_one_that_botocore_would_sign(session_token: str, user: str, action: str) -> None:
    request = AWSRequest("GET", f"https://{HOST}/", params={"Action": action})
    who = BotocoreCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", session_token or None)
    with time_machine.travel(NOW, tick=False):
        SigV4QueryAuth(who, "dsql", "eu-central-1", expires=900).add_auth(request)
    own = signing.token(
        HOST,
        "eu-central-1",
        user,
        signing.Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", session_token),
        NOW,
    )
    assert _parts(own) == _parts(str(request.url).removeprefix("https://"))


def test_a_token_is_what_boto3_gives_for_the_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    with time_machine.travel(NOW, tick=False):
        theirs = boto3.client("dsql", region_name="eu-central-1").generate_db_connect_auth_token(HOST)
        own = signing.token(HOST, configuration.region_of(HOST), "photosky", signing.credentials())
    assert _parts(own) == _parts(theirs)


def _parts(token: str) -> tuple[str, list[str]]:
    path, _, query = token.partition("?")
    return path, sorted(query.split("&"))
