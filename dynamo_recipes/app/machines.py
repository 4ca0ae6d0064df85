"""The machines that a recipe is judged on, and the first of them that it fits. Reads and probes nothing."""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from dynamo_recipes.findings import Finding, errors_of
from dynamo_recipes.support.facts import UNKNOWN, HostFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from dynamo_recipes.app.planning import Planned

    Judge = Callable[[HostFacts], Planned]


class Machines(NamedTuple):
    """Machines by name, in the order in which they are tried. One with an empty name is not named in findings."""

    hosts: tuple[tuple[str, HostFacts], ...]

    def judged(self, judge: "Judge") -> "Planned":
        """Return what a recipe comes to on the first machine that it fits.

        Where it fits none: on the first, and what is the machine's fault names it. Without machines: where nothing is
        known.
        """
        first: tuple[str, Planned] | None = None
        for name, facts in self.hosts:
            result = judge(facts)
            if result.resolution is not None:
                return result
            first = first or (name, result)
        if first is None:
            return judge(UNKNOWN)
        return _naming(*first, judge(UNKNOWN)) if first[0] else first[1]


def _naming(host: str, result: "Planned", anywhere: "Planned") -> "Planned":
    """Return the result with the host's name in each finding that is not there where nothing is known of a host."""
    known = set(errors_of(anywhere.findings))
    named = (each if each in known else _on(host, each) for each in result.findings)
    return result._replace(findings=tuple(named))


def _on(host: str, found: Finding) -> Finding:
    return replace(found, message=f"On the host `{host}`: {found.message}")
