"""The support matrix: each release, what it is made of, and whether it fits a GPU and a driver, by the rules."""

from typing import NamedTuple

from dynamo_recipes.app.facts_words import Words, laid_over, read_words
from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding, Where, errors_of
from dynamo_recipes.recipe.model import Engine, Recipe
from dynamo_recipes.recipe.model import Release as Wanted
from dynamo_recipes.recipe.near import did_you_mean, shown
from dynamo_recipes.recipe.served import Model
from dynamo_recipes.support import candidates, data
from dynamo_recipes.support.facts import UNKNOWN, HostFacts
from dynamo_recipes.support.releases import Release, release
from dynamo_recipes.support.resolve import judged
from dynamo_recipes.support.target import DOCKER, LOCAL, Target

YES = "yes"
NOT_VERIFIED = "not verified"
ENGINES = tuple(name for name, each in data.load("engines.json").items() if each["gpu"])


class Filters(NamedTuple):
    """What is asked for; None: everything."""

    engine: str | None = None
    gpu: str | None = None
    driver: str | None = None
    release: str | None = None  # or a range of them


class Cell(NamedTuple):
    """An engine of a release: its version, CUDA and driver floor of its images, and whether each path is open.

    `wheels` and `image` are `yes`, `not verified`, or the code of the first rule that refuses; then it is told why.
    """

    engine: str
    version: str | None
    drivers: tuple[tuple[str, str], ...] | None
    pythons: tuple[str, ...]
    wheels: str
    image: str
    why_wheels: str | None = None
    why_image: str | None = None

    @property
    def open(self) -> bool:
        """Tell whether one path is not refused."""
        return not all(each.startswith("DR") for each in (self.wheels, self.image))


class Row(NamedTuple):
    """A release."""

    release: str
    date: str | None
    cells: tuple[Cell, ...]
    kubernetes: str | None
    notes: tuple[str, ...]  # ids of caveats that are errors


class Matrix(NamedTuple):
    """The rows, newest first: all, or those that fit a machine; and how many do not."""

    rows: tuple[Row, ...]
    left_out: int


def matrix(filters: Filters) -> Matrix:
    """Return the table. Raises Refused when an engine, a GPU or a release is not known.

    Where a machine is named, a release is left out when a rule refuses each of its paths there.
    """
    changes, wrong = read_words(Words(driver=filters.driver, gpu=filters.gpu))
    wanted = candidates.of(filters.release)
    wrong = (*_engine(filters.engine), *(each.at(Where("--release")) for each in wanted.wrong), *wrong)
    if wrong:
        raise Refused(*wrong)
    facts = laid_over(UNKNOWN, changes)
    rows = tuple(_row(release(each), filters.engine, facts) for each in wanted.versions)
    kept = tuple(each for each in rows if not changes or any(cell.open for cell in each.cells))
    return Matrix(kept, len(rows) - len(kept))


def _engine(name: str | None) -> tuple[Finding, ...]:
    known = data.load("engines.json")
    if name is None or name in known:
        return ()
    return (Finding("DR203", f"There is no engine `{shown(name)}`.", did_you_mean(name, known), Where("--engine")),)


def _row(each: Release, engine: str | None, facts: HostFacts) -> Row:
    engines = (engine,) if engine else ENGINES
    caveats, raw = data.load("caveats.json"), data.load(f"releases/{each.version}.json")
    notes = tuple(name for name in each.caveats if caveats[name]["severity"] == "error")
    cells = tuple(_cell(each, name, facts) for name in engines)
    return Row(each.version, raw["date"], cells, each.cluster.kubernetes, notes)


def _cell(each: Release, name: str, facts: HostFacts) -> Cell:
    engine = each.engine(name)
    pythons = engine.wheels.pythons if engine.wheels else ()
    (wheels, why_wheels), (image, why_image) = (_verdict(each.version, name, facts, at) for at in (LOCAL, DOCKER))
    return Cell(name, engine.version, engine.drivers, pythons, wheels, image, why_wheels, why_image)


def _verdict(version: str, engine: str, facts: HostFacts, target: Target) -> tuple[str, str | None]:
    recipe = Recipe(schema=1, model=Model(id="a/b"), engine=Engine(name=engine), dynamo=Wanted(version=version))
    found = judged(recipe, version, facts, target).findings
    refused = errors_of(found)
    if refused:
        return refused[0].code, refused[0].message
    unknown = next((each for each in found if each.code == "DR229"), None)
    return (NOT_VERIFIED, unknown.message) if unknown else (YES, None)
