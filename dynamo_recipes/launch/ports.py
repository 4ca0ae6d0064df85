"""Whether a port is free on this machine: found out by binding it."""

import errno
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from dynamo_recipes.findings import Finding, Path, dotted, finding

_IN_USE = "in use"


# More would meet the limit of open files; a graph that large on one host has no second one beside it.
_MOST_HELD = 256


class Held:
    """Free ports, held until the processes that get them listen: two runs at once never choose the same.

    A held port is bound and never listened on. The probe is made without SO_REUSEADDR, so that it fails on what
    another run holds; the option is set afterwards, so that the process itself, which sets it too, can bind.
    """

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []

    def taken(self, number: int) -> bool:
        """Tell whether the port is taken on any address; hold it when it is not."""
        probe = socket.socket()
        try:
            probe.bind(("0.0.0.0", number))  # noqa: S104 - never listened on
        except OSError:
            probe.close()
            return True
        if len(self._sockets) < _MOST_HELD:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._sockets.append(probe)
        else:
            probe.close()
        return False

    def release(self) -> None:
        """Let all ports go."""
        while self._sockets:
            self._sockets.pop().close()


@contextmanager
def held() -> Iterator[Held]:
    """Hold ports inside; whatever is still held is let go at the end."""
    ports = Held()
    try:
        yield ports
    finally:
        ports.release()


def check(host: str, numbers: Iterable[int], path: Path) -> tuple[Finding, ...]:
    """Return a finding (DR601) for each port that cannot be bound on the host; `path` is the key that asks for it."""
    return tuple(_finding(host, number, problem, path) for number in numbers if (problem := _problem(host, number)))


def _finding(host: str, number: int, problem: str, path: Path) -> Finding:
    if problem == _IN_USE:
        hint = f"Stop what uses it, or set `{dotted(path)}` to another port; 0 takes a free one."
        return finding("DR601", path, f"Port {number} on {host} is in use.", hint)
    hint = "Use an address of this machine, and a port above 1023 unless you are root."
    return finding("DR601", path, f"Port {number} on {host} cannot be used: {problem}.", hint)


def _problem(host: str, number: int) -> str | None:
    """Return why the port cannot be bound, or None; as servers do, closed connections do not count."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except UnicodeError:
        return "no host has such a name"
    except OSError as error:
        return _IN_USE if error.errno == errno.EADDRINUSE else error.strerror or str(error)
    return None
