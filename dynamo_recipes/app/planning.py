"""From the bytes of a recipe to its plan, as far as it gets, and everything that is wrong on the way."""

from typing import NamedTuple

from dynamo_recipes import engines
from dynamo_recipes.findings import Finding, errors_of
from dynamo_recipes.plan.build import build
from dynamo_recipes.plan.checks import check_graph
from dynamo_recipes.plan.layout import inventory, lay_out
from dynamo_recipes.plan.model import Instance, Plan
from dynamo_recipes.plan.place import Inventory
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.recipe.read import Reading, in_order, read
from dynamo_recipes.support.facts import UNKNOWN, HostFacts
from dynamo_recipes.support.resolve import Resolution, resolve


class Planned(NamedTuple):
    """How far a recipe got. What is None was not reached; `findings` says why."""

    reading: Reading
    findings: tuple[Finding, ...]
    resolution: Resolution | None = None
    plan: Plan | None = None
    devices: Inventory | None = None
    instances: tuple[Instance, ...] = ()

    @property
    def ok(self) -> bool:
        """Tell whether nothing stops the recipe."""
        return not errors_of(self.findings)


def planned(raw: bytes, file: str, facts: HostFacts = UNKNOWN) -> Planned:
    """Return the plan of a recipe's text, with the ports that it gets where none is taken."""
    reading = read(raw, file)
    recipe = reading.recipe or reading.rest
    if recipe is None:
        return Planned(reading, reading.findings)
    resolution, found = resolve(recipe, facts)
    if resolution is None:
        return Planned(reading, _all(reading, (*found, *check_graph(recipe))))
    engine = engines.load(resolution.engine)
    plan, more = build(recipe, run_name(recipe, file), resolution, engine)
    if plan is None:
        return Planned(reading, _all(reading, (*found, *more)), resolution)
    devices = inventory(recipe.hardware, plan)
    instances, last = lay_out(plan, devices)
    findings = _all(reading, (*found, *more, *last))
    if reading.recipe is None:  # the plan of what is left of a wrong recipe only told what else is wrong
        return Planned(reading, findings)
    return Planned(reading, findings, resolution, plan, devices, instances)


def _all(reading: Reading, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    placed = reading.placed(found)
    return in_order(reading.findings + placed) if placed else reading.findings


def run_name(recipe: Recipe, file: str) -> str:
    """Return the run's name: the recipe's, else the file's, made a DNS label."""
    if recipe.name:
        return recipe.name
    stem = file.rsplit("/", 1)[-1].removesuffix(".yaml").removesuffix(".yml").lower()
    label = "".join(each if each.isascii() and each.isalnum() else "-" for each in stem).strip("-")[:40].strip("-")
    return label if label[:1].isalpha() else f"recipe-{label}"[:40].strip("-")
