"""From the bytes of a recipe to its plan, as far as it gets, and everything that is wrong on the way."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from dynamo_recipes import engines
from dynamo_recipes.app import files
from dynamo_recipes.app.composing import Source
from dynamo_recipes.app.files import File
from dynamo_recipes.findings import Finding, errors_of
from dynamo_recipes.plan.build import build
from dynamo_recipes.plan.checks import check_graph
from dynamo_recipes.plan.layout import inventory, lay_out
from dynamo_recipes.plan.model import Instance, Plan
from dynamo_recipes.plan.place import Inventory
from dynamo_recipes.recipe import secrets
from dynamo_recipes.recipe.compose import Inputs
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.recipe.read import Reading, in_order, read
from dynamo_recipes.support.facts import UNKNOWN, HostFacts
from dynamo_recipes.support.resolve import Resolution, resolve

if TYPE_CHECKING:
    from dynamo_recipes.app.site import Place

_MOST_NAME = 40


class Planned(NamedTuple):
    """How far a recipe got. What is None was not reached; `findings` says why."""

    reading: Reading
    findings: tuple[Finding, ...]
    resolution: Resolution | None = None
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
) -> Planned:
    """Return the plan of a recipe's text, with the ports that it gets where none is taken.

    `folder` is where its relative paths start; without it the recipe's files are not looked at.
    """
    return _plan_of(read(raw, file, inputs), facts, inputs.variants, folder)


def planned_of(source: Source, facts: HostFacts = UNKNOWN) -> Planned:
    """Return the plan of a recipe that was read with all that is laid over it."""
    reading = read(source.raw, source.file, source.inputs)
    if source.findings:
        found = secrets.masked(in_order((*reading.findings, *source.findings)), None)
        reading = reading._replace(recipe=None, findings=found)
    return _plan_of(reading, facts, source.inputs.variants, source.folder)


def _plan_of(reading: Reading, facts: HostFacts, variants: tuple[str, ...], folder: Path | None) -> Planned:
    recipe = reading.recipe or reading.rest
    if recipe is None:
        return Planned(reading, reading.findings)
    given, unusable = files.read(recipe.files, folder)
    resolution, found = resolve(recipe, facts)
    found = (*found, *unusable)
    if resolution is None:
        return Planned(reading, _all(reading, (*found, *check_graph(recipe))))
    engine = engines.load(resolution.engine)
    plan, more = build(recipe, run_name(recipe, reading.file, variants), resolution, engine)
    if plan is None:
        return Planned(reading, _all(reading, (*found, *more)), resolution)
    devices = inventory(recipe.hardware, plan)
    instances, last = lay_out(plan, devices)
    findings = _all(reading, (*found, *more, *last))
    if reading.recipe is None:  # the plan of what is left of a wrong recipe only told what else is wrong
        return Planned(reading, findings)
    return Planned(reading, findings, resolution, plan, devices, instances, given)


def planned_at(place: "Place | None", source: Source) -> Planned:
    """Return the plan of a recipe on a host of a site; without one, where nothing is known."""
    return place.judged(partial(planned_of, source)) if place else planned_of(source)


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
