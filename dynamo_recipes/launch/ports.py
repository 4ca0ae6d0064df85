"""Whether a port is free on this machine: found out by binding it."""

import contextlib
import errno
import resource
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

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
        # A quarter of what this process may open: its processes need descriptors too.
        self._most = min(_MOST_HELD, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4)

    def taken(self, number: int) -> bool:
        """Tell whether the port is taken on any address; hold it when it is not."""
        return not self._hold(socket.AF_INET, ("0.0.0.0", number))  # noqa: S104 - never listened on

    def hold(self, host: str, number: int) -> bool:
        """Hold a port on which nobody listens; tell whether it can be had, which it cannot when another run holds it.

        Where closed connections still have it, it stays as it is: a server gets it all the same.
        """
        family, _, _, _, address = _addresses(host, number)
        return self._hold(family, address) or _has_connections(number)

    def _hold(self, family: int, address: Any) -> bool:
        """Tell whether the address was free."""
        try:
            probe = socket.socket(family)
        except OSError:  # no descriptor is free: not known
            return True
        try:
            probe.bind(address)
        except OSError:
            probe.close()
            return False
        if len(self._sockets) < self._most:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._sockets.append(probe)
        else:
            probe.close()
        return True

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


def in_use(host: str, number: int, path: Path) -> Finding:
    """Return the finding (DR601) for a port that something else has."""
    return _finding(host, number, _IN_USE, path)


def _finding(host: str, number: int, problem: str, path: Path) -> Finding:
    if problem == _IN_USE:
        hint = f"Stop what uses it, or set `{dotted(path)}` to another port; 0 takes a free one."
        return finding("DR601", path, f"Port {number} on {host} is in use.", hint)
    hint = "Use an address of this machine, and a port above 1023 unless you are root."
    return finding("DR601", path, f"Port {number} on {host} cannot be used: {problem}.", hint)


def _problem(host: str, number: int) -> str | None:
    """Return why the port cannot be bound, or None; as servers do, closed connections do not count."""
    try:
        family, kind, protocol, _, address = _addresses(host, number)
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except UnicodeError:
        return "no host has such a name"
    except OSError as error:
        return _IN_USE if error.errno == errno.EADDRINUSE else error.strerror or str(error)
    return None


def _addresses(host: str, number: int) -> Any:
    return socket.getaddrinfo(host, number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]


def _has_connections(number: int) -> bool:
    """Tell whether connections, closed ones too, have a local port. Source: proc(5), net/tcp."""
    lines: list[str] = []
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(OSError), open(f"/proc/net/{name}", encoding="ascii") as file:
            lines += file.read().splitlines()[1:]
    return any(line.split()[1].endswith(f":{number:04X}") for line in lines)
