"""Whether a port is free on this machine: found out by binding it."""

import errno
import socket
from collections.abc import Iterable

from dynamo_recipes.findings import Finding, Path, dotted, finding

_IN_USE = "in use"


def taken(number: int) -> bool:
    """Tell whether something listens on the port, on whatever address."""
    return _problem("0.0.0.0", number) is not None  # noqa: S104 - bound for a moment, never listened on


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
    except OSError as error:
        return _IN_USE if error.errno == errno.EADDRINUSE else error.strerror or str(error)
    return None
