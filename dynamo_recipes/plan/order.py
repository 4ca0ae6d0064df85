"""A stable starting order that names a cycle. Knows names only."""

from collections.abc import Mapping


class CycleError(ValueError):
    """The order cannot be kept: each waits for another."""


def ordered(after: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the names so that each comes after those it names; otherwise in the given order.

    A name that is waited for and not there is ignored. Raises CycleError with the names of the cycle.
    """
    result: list[str] = []
    placed: set[str] = set()
    for name in after:
        _visit(name, after, placed, result)
    return tuple(result)


def _visit(start: str, after: Mapping[str, tuple[str, ...]], placed: set[str], result: list[str]) -> None:
    trail = [start]
    while trail:
        name = trail[-1]
        waiting = next((each for each in after[name] if each in after and each not in placed), None)
        if name in placed or waiting is None:
            trail.pop()
            if name not in placed:
                placed.add(name)
                result.append(name)
        elif waiting in trail:
            raise CycleError(
                "These wait for each other: " + " -> ".join([*trail[trail.index(waiting) :], waiting]) + "."
            )
        else:
            trail.append(waiting)
