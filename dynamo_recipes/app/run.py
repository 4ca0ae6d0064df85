"""Run a recipe on this machine: prepare, start, gate on readiness, serve or ask, stop."""

import atexit
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

from dynamo_recipes.app import here, models
from dynamo_recipes.app.composing import NOTHING, Inputs, read
from dynamo_recipes.app.machines import Machines
from dynamo_recipes.app.planning import ANYWHERE, Against, Planned, planned_at
from dynamo_recipes.app.preparing import Preparation, busy, fixed_ports, refuse
from dynamo_recipes.errors import DynamoRecipesError, Refused, WrongAnswer
from dynamo_recipes.launch import folders, guarded, leftovers, masking, ports, runner, secrets, signals, smoke
from dynamo_recipes.launch.ask import Endpoint
from dynamo_recipes.plan.bind import Places, ProcessSpec, Secret, bind
from dynamo_recipes.plan.layout import lay_out
from dynamo_recipes.plan.model import Instance, Plan
from dynamo_recipes.support.target import LOCAL

if TYPE_CHECKING:
    from dynamo_recipes.app.site import Place

Say = Callable[[str, str], None]


@dataclass(frozen=True)
class Options:
    """How a recipe is run: which environment, and who hears what is going on."""

    say: Say  # a process or run, what became of it
    show: Say | None  # a process, a line of its log
    environment: str | None = None  # a virtual environment that has Dynamo
    python: str | None = None  # version or path for the environment that is made
    inputs: Inputs = NOTHING  # what is laid over the recipe
    against: Against = ANYWHERE


def keep_status() -> None:
    """Let no signal change this process's exit status in its last moments: the graph has ended then."""
    atexit.register(signals.ignore)


@dataclass(frozen=True)
class Started:
    """A graph that serves."""

    run: runner.Run
    endpoint: Endpoint
    seconds: float
    metrics: tuple[str, ...]


def serve(name: str, options: Options, ready: Callable[[Started], None]) -> NoReturn:
    """Run a recipe until a signal comes or a component ends. `ready` is told when the graph serves."""
    with started(name, options) as graph:
        with graph.run.signals.interruptible():  # telling can block, when nobody reads
            ready(graph)
        graph.run.wait_for_end()


def ask(name: str, options: Options, answered: Callable[[smoke.Answered], None]) -> None:
    """Run a recipe, ask it real questions, stop it. Raises WrongAnswer when an answer is wrong."""
    with started(name, options) as graph:
        try:
            with graph.run.signals.interruptible():
                for each in smoke.checks(graph.endpoint, timeout=60.0):
                    answered(each)
        except WrongAnswer:
            graph.run.look_for_deaths()
            raise


@contextmanager
def started(name: str, options: Options) -> Iterator[Started]:
    """Start a recipe's graph and wait until it serves; stop it on leaving."""
    source = read(name, options.inputs)
    result = planned_at(source, options.against._replace(target=LOCAL, machines=_machines(options)))
    if not result.ok or result.plan is None:
        raise Refused(*result.findings)
    plan = result.plan
    with (
        signals.watched() as watched,
        folders.run_folder(plan.name, _saying(options, "run"), watched) as folder,
        guarded.guarded(folder, plan.stop_grace) as graph,
        ports.held() as held,
    ):
        leftovers.end_others(folders.runs_root(), plan.name, _saying(options, "run"), watched)
        model = models.location(plan.model, source.folder)
        paths = tuple((each.name, str(each.path)) for each in result.files)
        places = Places("python", str(folder.path), model, gpus_are_real=not plan.virtual_gpus, files=paths)
        ways = _ways(options.against.place)
        python = Preparation(result, folder, watched, ways).interpreter(
            options.environment, options.python, places, _saying(options, "environment")
        )
        # Only now: an environment can take minutes to make, and a port that was free before it may not be so any more.
        instances = _placed(result, plan, held)
        specs = bind(plan, instances, replace(places, python=python))
        endpoint = _endpoint(plan, instances)
        values = _secrets(specs, ways, result)
        run = runner.Run(specs, graph, endpoint, plan.stop_grace, _hiding(options.say), watched)
        with _findings_hidden(), runner.running(run, values, options.show) as pump:
            seconds = run.wait_ready(plan.ready_timeout, plan.idle_timeout, pump)
            held.release()
            yield Started(run, endpoint, seconds, tuple(_metrics(instances, endpoint)))


def _machines(options: Options) -> Machines:
    """Return the machines to judge on, else this one; into an environment that is given nothing is installed."""
    found = options.against.machines or here.launchable(options.python)
    given = options.environment is not None
    return Machines(tuple((name, facts._replace(environment=given)) for name, facts in found.hosts))


def _ways(site: "Place | None") -> dict[str, secrets.Way]:
    """Return where a site says that secrets are."""
    if site is None:
        return {}
    return {
        name: secrets.Way(each.env, site.secret_file(name), each.kubernetes.name if each.kubernetes else None)
        for name, each in site.site.secrets.items()
    }


def _secrets(specs: tuple[ProcessSpec, ...], ways: Mapping[str, secrets.Way], result: Planned) -> dict[Secret, str]:
    """Return the secrets of the processes; from now on this process shows none of them."""
    found = secrets.look_up(specs, ways)
    refuse(found.missing, result)
    masking.hide(masking.Masks(found.values.values()))
    return found.values


def _hiding(say: Say) -> Say:
    return lambda name, text: say(name, masking.hidden(text))


@contextmanager
def _findings_hidden() -> Iterator[None]:
    """Let no finding show a secret: it may quote what a process said."""
    try:
        yield
    except DynamoRecipesError as error:
        hidden = masking.hidden
        error.findings = tuple(replace(each, message=hidden(each.message)) for each in error.findings)
        raise


def _saying(options: Options, name: str) -> Callable[[str], None]:
    return lambda text: options.say(name, text)


def _placed(result: Planned, plan: Plan, held: ports.Held) -> tuple[Instance, ...]:
    """Return the processes with ports that are free now, and held. Raises Refused when the frontend's is in use."""
    refuse(busy(plan), result)
    host = plan.service.host
    lost = [number for number in fixed_ports(plan) if not held.hold(host, number)]
    refuse(tuple(ports.in_use(host, number, ("frontend", "port")) for number in lost), result)
    if result.devices is None:
        raise ValueError("a plan without devices cannot be placed")
    instances, found = lay_out(plan, result.devices, held.taken)
    refuse(found, result)
    return instances


def _endpoint(plan: Plan, instances: tuple[Instance, ...]) -> Endpoint:
    first = next(each for each in instances if each.component == plan.service.component)
    number = dict(first.ports)[plan.service.port]
    return Endpoint(plan.service.reached, number, plan.service.model, plan.service.task)


def _metrics(instances: tuple[Instance, ...], endpoint: Endpoint) -> Iterator[str]:
    yield f"{endpoint.url}/metrics"
    for each in instances:
        numbers = dict(each.ports)
        if "system" in numbers:
            yield f"http://127.0.0.1:{numbers['system']}/metrics"
