"""From the bytes of a recipe to its plan, as far as it gets, and everything that is wrong on the way."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from dynamo_recipes import engines
from dynamo_recipes.app import files, fitting
from dynamo_recipes.app.composing import Source
from dynamo_recipes.app.files import File
from dynamo_recipes.app.fitting import Answering
from dynamo_recipes.findings import Finding, errors_of
from dynamo_recipes.plan.build import build
from dynamo_recipes.plan.checks import check_flags, check_graph
from dynamo_recipes.plan.layout import inventory, lay_out
from dynamo_recipes.plan.model import Instance, Plan
from dynamo_recipes.plan.place import Inventory
from dynamo_recipes.recipe import secrets
from dynamo_recipes.recipe.compose import Inputs
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.recipe.read import Reading, in_order, read
from dynamo_recipes.support.facts import UNKNOWN, HostFacts
from dynamo_recipes.support.resolve import Resolution, resolve
from dynamo_recipes.support.target import LOCAL, TARGETS, Target

if TYPE_CHECKING:
    from dynamo_recipes.app.machines import Judge, Machines
    from dynamo_recipes.app.site import Place

_MOST_NAME = 40


class Against(NamedTuple):
    """What a recipe is judged against. Without a target, all; without machines, where nothing is known.

    `place` says where secrets are; `answering` may be a lock file.
    """

    place: "Place | None" = None
    target: Target | None = None
    answering: Answering = resolve
    machines: "Machines | None" = None

    def judged(self, judge: "Judge") -> "Planned":
        """Return what a recipe comes to on the first machine that it fits."""
        return self.machines.judged(judge) if self.machines else judge(UNKNOWN)


ANYWHERE = Against()


def against(place: "Place | None" = None, target: str | None = None, machines: "Machines | None" = None) -> Against:
    """Return what a recipe is judged against: a site, a target by its name, and machines."""
    return Against(place, TARGETS[target] if target else None, machines=machines)


class Planned(NamedTuple):
    """How far a recipe got. What is None was not reached; `findings` says why."""

    reading: Reading
    findings: tuple[Finding, ...]
    resolution: Resolution | None = None
    targets: tuple[fitting.Fit, ...] = ()  # every target that was judged
    plan: Plan | None = None
    devices: Inventory | None = None
    instances: tuple[Instance, ...] = ()
    files: tuple[File, ...] = ()

    @property
    def ok(self) -> bool:
        """Tell whether nothing stops the recipe."""
        return not errors_of(self.findings)


def planned(
    raw: bytes,
    file: str,
    facts: HostFacts = UNKNOWN,
    inputs: Inputs = Inputs(),  # noqa: B008 - it is frozen
    folder: Path | None = None,
    target: Target | None = LOCAL,
) -> Planned:
    """Return the plan of a recipe's text, with the ports that it gets where none is taken.

    `folder` is where its relative paths start; without it the recipe's files are not looked at. Without a `target` all
    are judged.
    """
    return _plan_of(read(raw, file, inputs), inputs.variants, folder, facts, Against(target=target))


def reading_of(source: Source) -> Reading:
    """Return a recipe that was read with all that is laid over it; what is wrong with that is among its findings."""
    reading = read(source.raw, source.file, source.inputs)
    if not source.findings:
        return reading
    found = secrets.masked(in_order((*reading.findings, *source.findings)), None)
    return reading._replace(recipe=None, findings=found)


def _plan_of(
    reading: Reading, variants: tuple[str, ...], folder: Path | None, facts: HostFacts, against: Against
) -> Planned:
    recipe = reading.recipe or reading.rest
    if recipe is None:
        return Planned(reading, reading.findings)
    given, unusable = files.read(recipe.files, folder)
    fits = fitting.judged(recipe, facts, against.target, against.answering)
    resolution, found = fitting.chosen(fits), (*fitting.findings(fits, recipe, facts, against.answering), *unusable)
    unable = fitting.unable(resolution) if resolution else ()
    if resolution is None or unable:
        graph = (*check_graph(recipe), *(check_flags(recipe, resolution) if resolution else ()))
        return Planned(reading, _all(reading, (*found, *unable, *graph)), resolution, fits)
    engine = engines.load(resolution.engine)
    plan, more = build(recipe, run_name(recipe, reading.file, variants), resolution, engine)
    if plan is None:
        return Planned(reading, _all(reading, (*found, *more)), resolution, fits)
    devices = inventory(recipe.hardware, plan)
    instances, last = lay_out(plan, devices)
    findings = _all(reading, (*found, *more, *last))
    if reading.recipe is None:  # the plan of what is left of a wrong recipe only told what else is wrong
        return Planned(reading, findings)
    return Planned(reading, findings, resolution, fits, plan, devices, instances, given)


def planned_at(source: Source, against: Against = ANYWHERE) -> Planned:
    """Return the plan of a recipe on the first machine that it fits; without machines, where nothing is known."""
    reading = reading_of(source)
    return against.judged(lambda facts: _plan_of(reading, source.inputs.variants, source.folder, facts, against))


def _all(reading: Reading, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    placed = reading.placed(found)
    return in_order(reading.findings + placed) if placed else reading.findings


def run_name(recipe: Recipe, file: str, variants: tuple[str, ...] = ()) -> str:
    """Return the run's name, a DNS label of at most 40 characters: the recipe's, else the file's, then the variants."""
    whole = "-".join((recipe.name or _label(file), *variants))
    if len(whole) <= _MOST_NAME:
        return whole
    # What is cut off must still tell two runs apart.
    return f"{whole[: _MOST_NAME - 9].rstrip('-')}-{crc32(whole.encode()):08x}"


def _label(file: str) -> str:
    """Return a file's name as a DNS label."""
    stem = file.rsplit("/", 1)[-1].removesuffix(".yaml").removesuffix(".yml").lower()
    label = "".join(each if each.isascii() and each.isalnum() else "-" for each in stem).strip("-")[:40].strip("-")
    return label if label[:1].isalpha() else f"recipe-{label}"[:40].strip("-")
