"""Which numbers the ports of each process get. Pure: whether a number is free is asked of the caller."""

from collections.abc import Callable, Iterable

from dynamo_recipes.findings import Finding, finding
from dynamo_recipes.plan.model import Component, Instance, Member, Port

# Below Linux's range for outgoing connections (32768-60999), so that no client socket takes a number between probe
# and bind; and within 16 signed bits, which is all that Dynamo's system port can hold (engine-launch, section 3).
LOWEST, HIGHEST = 10_000, 32_767

Taken = Callable[[int], bool]


def nothing_taken(_: int) -> bool:
    """Say that every number is free: what `plan` and `render` assume."""
    return False


def members_of(components: Iterable[Component]) -> dict[tuple[str, str], Member]:
    """Return the members by component and name."""
    return {(each.name, member.name): member for each in components for member in each.members}


def assign(
    components: tuple[Component, ...], placed: tuple[Instance, ...], taken: Taken = nothing_taken
) -> tuple[tuple[Instance, ...], tuple[Finding, ...]]:
    """Return the processes with a number for each port: fixed ones as asked, the others in order from LOWEST.

    No two processes share a number, whatever node they stand on: a run on one host is the common case.
    """
    members = members_of(components)
    wanted = [port for each in placed for port in members[each.component, each.member].ports]
    if sum(port.span for port in wanted if port.fixed is None) > HIGHEST - LOWEST + 1:
        return placed, (_too_many(placed, members),)
    numbers = _Numbers(taken, {n for port in wanted if port.fixed for n in range(port.fixed, port.fixed + port.span)})
    result: list[Instance] = []
    for each in placed:
        ports = members[each.component, each.member].ports
        given = [(port.name, numbers.take(port)) for port in ports]
        if any(number is None for _, number in given):
            return placed, (_too_many(placed, members),)
        result.append(each._replace(ports=tuple((name, number or 0) for name, number in given)))
    return tuple(result), ()


class _Numbers:
    """Hands out numbers upwards, none twice."""

    def __init__(self, taken: Taken, reserved: set[int]) -> None:
        self.taken = taken
        self.reserved = reserved
        self.next = LOWEST

    def take(self, port: Port) -> int | None:
        if port.fixed:
            return port.fixed
        while self.next + port.span - 1 <= min(HIGHEST, port.highest):
            start = self.next
            clash = next((n for n in range(start, start + port.span) if n in self.reserved or self.taken(n)), None)
            if clash is None:
                self.next = start + port.span
                return start
            self.next = clash + 1
        return None


def _too_many(placed: tuple[Instance, ...], members: dict[tuple[str, str], Member]) -> Finding:
    wanted = sum(port.span for each in placed for port in members[each.component, each.member].ports)
    return finding(
        "DR407",
        ("workers",),
        f"The graph needs {wanted} ports, and {HIGHEST - LOWEST + 1} can be given on one host.",
        "Lower `replicas`.",
    )
