"""Real graphs of the recipes of this repository: as the command gets them, and as the library makes them."""

import random
import shlex
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from benchmarks.processes import COMMAND, Failed, Started
from dynamo_recipes.app import here, models, preparing
from dynamo_recipes.app.planning import Planned, planned
from dynamo_recipes.launch import environments, ports, processes, secrets
from dynamo_recipes.launch.ask import Endpoint, call
from dynamo_recipes.launch.folders import cache_root
from dynamo_recipes.launch.signals import Signals
from dynamo_recipes.plan.bind import Places, ProcessSpec, bind
from dynamo_recipes.plan.layout import lay_out
from dynamo_recipes.plan.model import Plan

RECIPES = Path(__file__).parent.parent / "recipes"
MAIN = "quickstart"
FIRST_READY = 900.0  # seconds: the first time an environment may have to be made
READY = 120.0

_PROBE = 0.01  # seconds from one question to the next
_SLOW = 2.0  # seconds after which a question is given up: it was asked before the graph could answer


class Graph(NamedTuple):
    """A recipe with a frontend's port of its own."""

    file: Path
    result: Planned
    plan: Plan
    endpoint: Endpoint

    @property
    def argv(self) -> tuple[str, ...]:
        """The command that runs it."""
        return (COMMAND, "run", str(self.file))


def names() -> Iterator[str]:
    """Yield the names of the recipes that run anywhere: they are on the simulated engine."""
    for file in sorted(RECIPES.glob("quickstart*.yaml")):
        yield file.stem


def graph(name: str, folder: Path) -> Graph:
    """Write a recipe with a port that is free now, and return it with its plan."""
    recipe: dict[str, Any] = yaml.safe_load((RECIPES / f"{name}.yaml").read_text(encoding="utf-8"))
    port = free_port()
    recipe["frontend"] = {**recipe.get("frontend", {}), "port": port}
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    result = planned(file.read_bytes(), file.name, here.launchable(None).hosts[0][1])
    if result.plan is None or not result.ok:
        raise Failed(f"{name}: {result.findings[0].message}")
    service = result.plan.service
    return Graph(file, result, result.plan, Endpoint(service.reached, port, service.model, service.task))


def free_port() -> int:
    """Return a port that is free now.

    It is above those that the launcher gives, and below those of outgoing connections: a client that asks such a
    port before anybody listens can get connected to itself, and then holds it.
    """
    with ports.held() as held:
        return next(number for number in random.sample(range(20_000, 32_000), 500) if not held.taken(number))


def environment_of(graph: Graph) -> Path:
    """Return where the command keeps the environment of a graph, below XDG_CACHE_HOME."""
    folder = environments.folder_of(graph.plan.install, preparing.own_python(graph.result))
    return folder.relative_to(cache_root().parent)


def script(graph: Graph, folder: Path) -> str:
    """Return a shell script that starts what `run` starts and checks nothing."""
    lines = ["trap : TERM", f"cd {shlex.quote(str(folder))}", "mkdir logs"]
    for spec in _specs(graph, folder):
        env = processes.environment(spec, secrets.look_up([spec], {}).values)
        words = ["env", "-i", *(f"{key}={value}" for key, value in env.items()), *spec.words()]
        lines.append(f"{shlex.join(words)} >{shlex.quote(f'logs/{spec.name}.log')} 2>&1 </dev/null &")
    return "\n".join([*lines, "wait", "wait", ""])  # the first one ends with the signal, the second with the processes


def _specs(graph: Graph, folder: Path) -> tuple[ProcessSpec, ...]:
    plan = graph.plan
    python = environments.prepare(plan.install, preparing.own_python(graph.result), print, Signals())
    if graph.result.devices is None:
        raise Failed(f"{plan.name} has no devices")
    first = free_port()  # far from the ports that runs beside this one get: nobody holds those of a script
    with ports.held() as held:
        instances, _ = lay_out(plan, graph.result.devices, lambda number: number < first or held.taken(number))
    model = models.location(plan.model, RECIPES)
    return bind(plan, instances, Places(python, str(folder), model, gpus_are_real=not plan.virtual_gpus))


def first_answer(endpoint: Endpoint, process: Started, within: float = READY) -> float:
    """Ask a real request every 10 ms, one at a time; return when one was answered. Raises Failed."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        process.look()
        asked = time.perf_counter()
        if answers(endpoint):
            return time.perf_counter()
        time.sleep(max(0.0, asked + _PROBE - time.perf_counter()))
    raise process.failed(f"no answer within {within:g} s")


def answers(endpoint: Endpoint) -> bool:
    """Ask a real request once and tell whether it was answered."""
    reply = call(endpoint, endpoint.path, endpoint.body("Hello", 1), timeout=_SLOW)
    return reply is not None and reply.status == 200
