"""Whether a port is free on this machine: found out by binding it."""

import errno
import socket
from collections.abc import Iterable

from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding

_IN_USE = "in use"


def taken(number: int) -> bool:
    """Tell whether something listens on the port, on whatever address."""
    return _problem("0.0.0.0", number) is not None  # noqa: S104 - bound for a moment, never listened on


def check(host: str, numbers: Iterable[int], path: tuple[str, ...]) -> None:
    """Raise Refused (DR601) when one of the ports cannot be bound on the host."""
    for number in numbers:
        problem = _problem(host, number)
        if problem == _IN_USE:
            raise Refused(
                Finding(
                    "DR601",
                    f"Port {number} on {host} is in use.",
                    f"Stop what uses it, or set `{'.'.join(path)}` to another port; 0 takes a free one.",
                )
            )
        if problem:
            hint = "Use an address of this machine, and a port above 1023 unless you are root."
            raise Refused(Finding("DR601", f"Port {number} on {host} cannot be used: {problem}.", hint))


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
