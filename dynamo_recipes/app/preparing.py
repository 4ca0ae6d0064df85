"""Everything that a run needs, looked at before anything starts; then the environment that its processes run in."""

import platform
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from dynamo_recipes.app import models
from dynamo_recipes.app.planning import Planned
from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding
from dynamo_recipes.launch import environments, ports, preflight, secrets
from dynamo_recipes.launch.folders import RunFolder
from dynamo_recipes.launch.signals import Signals
from dynamo_recipes.plan.bind import Places, bind
from dynamo_recipes.plan.model import Plan
from dynamo_recipes.support.resolve import runs_on


class Preparation:
    """The preparation of one run. `environment` is a person's own, `python` a version or path, as in the options.

    `ways`: where the site says that secrets are.
    """

    def __init__(self, result: Planned, folder: RunFolder, signals: Signals, ways: Mapping[str, secrets.Way]) -> None:
        if result.plan is None:
            raise ValueError("a recipe without a plan cannot be prepared")
        self._result = result
        self._plan = result.plan
        self._folder = folder
        self._signals = signals
        self._ways = ways

    def interpreter(
        self, environment: str | None, python: str | None, places: Places, say: Callable[[str], None]
    ) -> str:
        """Return the interpreter for the processes, after all checks; make its environment where it is not there yet.

        Raises Refused with everything that is missing at once.
        """
        plan = self._plan
        python = python or own_python(self._result)
        known = preflight.known(plan.install, environment, python)
        refuse(
            (
                *models.missing(plan.model, places.model),
                *busy(plan),
                *secrets.look_up(bind(plan, self._result.instances, places), self._ways).missing,
                *(preflight.unusable(environment, "dynamo", self._signals) if environment else ()),
                *preflight.check(plan, self._result.instances, self._folder.path, known, self._signals),
            ),
            self._result,
        )
        made = known.python if environment else environments.prepare(plan.install, python, say, self._signals)
        if made is None:
            raise ValueError("an environment of one's own has an interpreter")
        refuse(preflight.check_made(plan, known, made, self._signals), self._result)
        return made


def own_python(result: Planned) -> str | None:
    """Return this process's own interpreter when the release runs on it: then nothing has to be looked for."""
    if result.resolution is None or not runs_on(result.resolution, platform.python_version()):
        return None
    return str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())


def refuse(found: tuple[Finding, ...], result: Planned) -> None:
    """Raise Refused when there are findings, each with its place in the recipe."""
    if found:
        raise Refused(*result.reading.placed(found))


def busy(plan: Plan) -> tuple[Finding, ...]:
    """Return a finding when a port that the author asks for cannot be bound."""
    return ports.check(plan.service.host, fixed_ports(plan), ("frontend", "port"))


def fixed_ports(plan: Plan) -> tuple[int, ...]:
    """Return the ports that the author asks for."""
    members = (member for each in plan.components for member in each.members)
    return tuple(port.fixed for member in members for port in member.ports if port.fixed)
