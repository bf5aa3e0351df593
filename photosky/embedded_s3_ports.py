"""Free ports for the embedded S3 server, which needs ten, some of them in pairs."""

import secrets
import socket
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass

HOST = "127.0.0.1"
# SeaweedFS dials the gRPC side of a component at its port plus this much, and Linux hands out ports from 32768
# to whoever connects somewhere: both ports of a pair stay below that.
GRPC_OFFSET = 10_000
PORTS = range(10_240, 22_000)
PAIRED = ("master", "volume", "filer", "admin")


class PortTakenError(Exception):
    """A port is in use; the message names it and the remedy."""


@dataclass(frozen=True)
class Ports:
    """The ports of one server: those of PAIRED (each with its gRPC port GRPC_OFFSET above), then S3 and its gRPC."""

    master: int
    volume: int
    filer: int
    admin: int
    s3: int
    s3_grpc: int

    def all(self) -> set[int]:
        """Return every port that the server will listen on."""
        paired = {getattr(self, name) for name in PAIRED}
        return paired | {port + GRPC_OFFSET for port in paired} | {self.s3, self.s3_grpc}


def choose_ports(former: Mapping[str, int], s3_port: int | None) -> Ports:
    """Return the former ports where all are free, else free ones, with the S3 port kept if that one is free."""
    with suppress(TypeError, OSError, OverflowError), ExitStack() as held:
        ports = Ports(**former)
        if s3_port in {None, ports.s3}:
            _hold(ports.all(), held)
            return ports
    with ExitStack() as held:
        s3 = s3_port or former.get("s3", 0)
        try:
            _hold({s3} if s3 else set(), held)
        except OSError as error:
            if s3_port:
                raise PortTakenError(
                    f"Port {s3_port} is taken: stop the program that uses it, or choose another port."
                ) from error
            s3 = 0
        paired = {name: _free_port(held, paired=True) for name in PAIRED}
        return Ports(**paired, s3=s3 or _free_port(held), s3_grpc=_free_port(held))


def are_free(ports: Iterable[int]) -> bool:
    """Say whether nothing listens on any of the ports."""
    try:
        with ExitStack() as held:
            _hold(set(ports), held)
    except (OSError, OverflowError):
        return False
    return True


def _free_port(held: ExitStack, *, paired: bool = False) -> int:
    """Return a random free port (where `paired` with its gRPC port free too), taken until `held` ends."""
    for _ in range(200):
        port = secrets.choice(PORTS)
        with suppress(OSError):
            _hold({port, port + GRPC_OFFSET} if paired else {port}, held)
            return port
    raise PortTakenError(
        f"No free ports between {PORTS.start} and {PORTS.stop}: stop some of the programs that use them."
    )


def _hold(ports: set[int], held: ExitStack) -> None:
    """Listen on ports until `held` ends, so that the next choice does not fall on them. Raises OSError if one is taken."""
    with ExitStack() as mine:
        for port in ports:
            listener = mine.enter_context(socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((HOST, port))
            listener.listen()
        held.enter_context(mine.pop_all())
