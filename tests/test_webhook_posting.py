"""The way out: messages reach the public internet and nothing else, whatever an address or a name says."""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from gallery.webhooks import posting
from tests.receiver import receiving

Answer = Callable[[socket.socket], None]


@pytest.fixture
def _local(settings: Settings) -> None:
    settings.WEBHOOKS_LOCAL = True


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], str]]:
    """Return a function that runs a server which does with a connection what it is told, and gives its address."""
    servers: list[socket.socket] = []

    def start(answer: Answer) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def run() -> None:
            connection, _address = server.accept()
            with connection:
                answer(connection)

        threading.Thread(target=run, daemon=True).start()
        return f"http://localhost:{server.getsockname()[1]}/"

    yield start
    for server in servers:
        server.close()


def names_lead_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Let every name have these addresses; return the list of names that were looked up."""
    asked: list[str] = []

    def look_up(host: str, port: int, *_more: Any, **_named: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "169.254.170.2",
        "172.16.0.1", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "203.0.113.9", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
        "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "fc00::1", "fd00:ec2::254",
        "fe80::1", "fec0::1", "3fff::1", "5f00::1", "ff02::1",
    ],
)  # fmt: skip
def test_address_that_is_not_public_is_refused(address: str) -> None:
    assert not posting.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_address_that_is_public_is_allowed(address: str) -> None:
    assert posting.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "//example.com/", "example.com", "", "https://", "https:///x",
        "https://user@example.com/", "https://user:word@example.com/", "https://example.com:22/",
        "https://example.com:99999/", "https://example.com:x/", "https://127.0.0.1/", "https://[::1]/",
        "https://[::ffff:169.254.169.254]/", "https://169.254.169.254/latest/meta-data/", "https://10.1.2.3:8443/",
        "https://exa mple.com/", "https://example.com/\r\nX-Evil: 1", "https://example.com/\t", "https://bücher.example/",
        "https://example.com/" + "x" * 500, "http://localhost:8000/", "https://[::1", "gopher://localhost/", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_address_that_leads_nowhere_good_is_refused_with_words(url: str) -> None:
    with pytest.raises(posting.InvalidAddress) as refused:
        posting.target(url)
    assert refused.value.message


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://example.com", "example.com", "/"),
        ("https://example.com:443/a?b=c#d", "example.com", "/a?b=c"),
        ("https://EXAMPLE.com:8443/a", "example.com:8443", "/a"),
        ("https://[2606:4700:4700::1111]/", "[2606:4700:4700::1111]", "/"),
        ("https://example.com./", "example.com", "/"),
    ],
)
def test_address_of_a_site_is_understood(url: str, authority: str, path: str) -> None:
    found = posting.target(url)

    assert (found.authority, found.path, found.secure) == (authority, path, True)


@pytest.mark.parametrize("first", [True, False])
def test_name_with_one_private_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch, *, first: bool
) -> None:
    mixed = ["10.0.0.5", "93.184.215.14"] if first else ["93.184.215.14", "10.0.0.5"]
    names_lead_to(monkeypatch, *mixed)

    with pytest.raises(posting.Undeliverable, match="not public"):
        posting.post("https://rebind.example/", {}, b"{}")


def test_numbers_that_the_system_takes_for_an_address_are_looked_at_as_well() -> None:
    # 2130706433 is 127.0.0.1.
    with pytest.raises(posting.Undeliverable, match=r"not public|not known"):
        posting.post("https://2130706433/", {}, b"{}")


@pytest.mark.usefixtures("_local")
def test_name_is_looked_up_once_and_the_connection_goes_to_what_was_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with receiving() as server:
        real = socket.getaddrinfo
        asked: list[str] = []

        def look_up(host: Any, *more: Any, **named: Any) -> Any:
            asked.append(host)
            return real("127.0.0.1" if host == "localhost" else host, *more, **named)

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

        assert posting.post(server.url, {}, b"{}") == 204

    assert [name for name in asked if name != "127.0.0.1"] == ["localhost"]


@pytest.mark.usefixtures("_local")
def test_setting_for_this_computer_opens_no_other_name(monkeypatch: pytest.MonkeyPatch) -> None:
    names_lead_to(monkeypatch, "127.0.0.1")

    with pytest.raises(posting.Undeliverable, match="not public"):
        posting.post("https://intranet.example/", {}, b"{}")
    with pytest.raises(posting.Undeliverable, match="https"):
        posting.post("http://intranet.example/", {}, b"{}")


def test_name_that_nobody_knows_is_said_to_be_unknown() -> None:
    with pytest.raises(posting.Undeliverable, match="not known"):
        posting.post("https://nobody.invalid/", {}, b"{}")


def certificate(folder: Path, name: str) -> Path:
    """Write a certificate for a name that signs itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(
        pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    path.write_bytes(signed.public_bytes(pem) + secret)
    return path


@pytest.mark.usefixtures("_local")
def test_certificate_is_asked_for_by_name_and_held_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, wrong = certificate(tmp_path, "localhost"), certificate(tmp_path, "elsewhere.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(right))

    with receiving(right) as server:
        assert posting.post(server.url, {"webhook-id": "1"}, b"{}") == 204
        assert server.received[0].headers["host"] == f"localhost:{server.server_address[1]}"
    monkeypatch.setenv("SSL_CERT_FILE", str(wrong))
    with receiving(wrong) as server:
        with pytest.raises(posting.Undeliverable, match="certificate"):
            posting.post(server.url, {}, b"{}")
        assert server.received == []


@pytest.mark.usefixtures("_local")
def test_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with (
        receiving(certificate(tmp_path, "localhost")) as server,
        pytest.raises(posting.Undeliverable, match="certificate"),
    ):
        posting.post(server.url, {}, b"{}")


def read_all(connection: socket.socket) -> None:
    read = b""
    while b"\r\n\r\n" not in read:
        read += connection.recv(4096)


def answer_with(*parts: bytes, pause_s: float = 0.0) -> Answer:
    def answer(connection: socket.socket) -> None:
        read_all(connection)
        for part in parts:
            try:
                connection.sendall(part)
            except OSError:
                return
            time.sleep(pause_s)

    return answer


@pytest.mark.usefixtures("_local")
def test_receiver_that_dribbles_is_left_when_the_time_is_over(
    serve: Callable[[Answer], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "TIMEOUT_S", 0.5)
    url = serve(answer_with(*[b"H"] * 200, pause_s=0.05))
    started = time.monotonic()

    with pytest.raises(posting.Undeliverable, match="longer than"):
        posting.post(url, {}, b"{}")

    assert time.monotonic() - started < 5


@pytest.mark.usefixtures("_local")
@pytest.mark.parametrize(
    "answer",
    [
        b"x" * 100_000,
        b"",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 abc\r\n",
        b"HTTP/1.1 100 Continue\r\n" * 5_000,
    ],
    ids=["endless line", "nothing", "ssh", "no number", "endless announcements"],
)
def test_answer_that_is_no_http_is_said_to_be_none(serve: Callable[[Answer], str], answer: bytes) -> None:
    with pytest.raises(posting.Undeliverable, match=r"not HTTP|cannot be reached"):
        posting.post(serve(answer_with(answer)), {}, b"{}")


@pytest.mark.usefixtures("_local")
def test_announcements_of_an_answer_are_passed_over(serve: Callable[[Answer], str]) -> None:
    parts = [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 20",
        b"2 OK\r\n",
    ]

    assert posting.post(serve(answer_with(*parts, pause_s=0.05)), {}, b"{}") == 202


@pytest.mark.usefixtures("_local")
def test_receiver_that_is_not_there_cannot_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(posting.Undeliverable, match="cannot be reached"):
        posting.post(f"http://localhost:{port}/", {}, b"{}")
