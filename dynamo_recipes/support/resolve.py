"""From a recipe and the facts of a machine to what will run, with a reason for each decision. No network, no probe."""

from typing import NamedTuple

from dynamo_recipes.findings import Finding, errors_of, finding
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.recipe.near import did_you_mean, shown
from dynamo_recipes.support import data, gpus
from dynamo_recipes.support.facts import HostFacts
from dynamo_recipes.support.releases import Release, release


class Choice(NamedTuple):
    """A decision and its reason."""

    what: str
    value: str
    because: str


class Resolution(NamedTuple):
    """What will run: release and engine, and why."""

    release: Release
    engine: str
    engine_module: str
    choices: tuple[Choice, ...]


def resolve(recipe: Recipe, facts: HostFacts) -> tuple[Resolution | None, tuple[Finding, ...]]:
    """Return what fits the recipe and the machine, or None and the reasons why nothing does."""
    found = (*_engine(recipe), *(gpus.check(recipe.hardware.gpu) if recipe.hardware.gpu else ()))
    versions, because, wrong = _candidates(recipe.dynamo.version)
    if not versions:
        return None, (*found, *wrong)
    chosen, judged = _first_that_fits(recipe, versions, facts)
    found += judged
    if errors_of(found):
        return None, found
    version = chosen.version
    choices = (
        Choice("dynamo", version, because),
        Choice(
            "engine",
            f"{recipe.engine.name} {dict(chosen.engines)[recipe.engine.name]}",
            f"the version that belongs to Dynamo {version}",
        ),
        Choice(
            "python",
            f">={chosen.wheels.python_minimum},<{chosen.wheels.python_below}",
            f"the range that Dynamo {version} is known to run on",
        ),
    )
    module = data.load("engines.json")[recipe.engine.name]["module"]
    return Resolution(chosen, recipe.engine.name, module, choices), found


def _engine(recipe: Recipe) -> tuple[Finding, ...]:
    known = data.load("engines.json")
    name = recipe.engine.name
    if name in known:
        return ()
    hint = did_you_mean(name, known)
    return (finding("DR203", ("engine",), f"This version of dynamo-recipes has no engine `{shown(name)}`.", hint),)


def _first_that_fits(
    recipe: Recipe, versions: tuple[str, ...], facts: HostFacts
) -> tuple[Release, tuple[Finding, ...]]:
    """Return the newest release that fits and its findings; where none fits, the newest and why it does not."""
    newest: tuple[Release, tuple[Finding, ...]] | None = None
    for version in versions:
        each = release(version)
        judged = (*_platform(each, facts), *_python(each, facts), *_abilities(recipe, each))
        if not errors_of(judged):
            return each, judged
        newest = newest or (each, judged)
    return newest or (release(versions[0]), ())


def _candidates(wanted: str | None) -> tuple[tuple[str, ...], str, tuple[Finding, ...]]:
    """Return the releases that the recipe allows, newest first, why one of them is taken, and what is wrong."""
    known = data.release_names()
    if wanted is None:
        return known, "the newest release that fits and is fully known; the recipe names none", ()
    if wanted in known:
        return (wanted,), "the recipe names it", ()
    return _in_range(wanted, known)


def _in_range(wanted: str, known: tuple[str, ...]) -> tuple[tuple[str, ...], str, tuple[Finding, ...]]:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # only for ranges: it costs 10 ms

    path = ("dynamo",)
    if wanted[:1].isdigit():
        return (), "", (finding("DR201", path, f"Dynamo {shown(wanted)} is not known.", _known(known)),)
    try:
        allowed = SpecifierSet(wanted)
    except InvalidSpecifier:
        allowed = SpecifierSet()
    if not allowed:  # an empty set would allow everything
        message = f"`{shown(wanted)}` is neither a release nor a range."
        hint = 'Write a release such as "1.4.2" or a range ">=1.4,<1.7".'
        return (), "", (finding("DR110", path, message, hint),)
    fitting = tuple(each for each in known if allowed.contains(each))
    if fitting:
        return fitting, f"the newest release in {shown(wanted, 200)} that fits and is fully known", ()
    return (), "", (finding("DR202", path, f"No known Dynamo release is in {shown(wanted)}.", _known(known)),)


def _known(versions: tuple[str, ...]) -> str:
    return "Known: " + ", ".join(versions) + "."


def _platform(chosen: Release, facts: HostFacts) -> tuple[Finding, ...]:
    """Rests on the list of wheels on PyPI: manylinux_2_28 for x86_64 and aarch64, nothing else."""
    wheels, missing = chosen.platform, ""
    if facts.os is not None and facts.os not in wheels.os:
        missing = f"the operating system {facts.os}"
    elif facts.arch is not None and facts.arch not in wheels.arch:
        missing = f"the architecture {facts.arch}"
    elif facts.glibc is not None and _pair(facts.glibc) < _pair(wheels.glibc):
        missing = f"glibc {facts.glibc}"
    if not missing:
        return ()
    hint = f"It needs {' or '.join(wheels.os)} on {' or '.join(wheels.arch)} with glibc {wheels.glibc} or newer."
    return (finding("DR207", ("dynamo",), f"Dynamo {chosen.version} has no wheels for {missing}.", hint),)


def runs_on(release: Release, python: str) -> bool:
    """Tell whether a release runs on a Python version, `3.11` or `3.11.7`."""
    return _pair(release.wheels.python_minimum) <= _pair(python) < _pair(release.wheels.python_below)


def _python(chosen: Release, facts: HostFacts) -> tuple[Finding, ...]:
    if not facts.python or any(runs_on(chosen, each) for each in facts.python):
        return ()
    hint = f"Install Python {chosen.wheels.python_minimum} or newer, below {chosen.wheels.python_below}."
    message = f"Dynamo {chosen.version} does not run on Python {', '.join(facts.python)}."
    return (finding("DR206", ("dynamo",), message, hint),)


def _pair(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _abilities(recipe: Recipe, chosen: Release) -> tuple[Finding, ...]:
    found: tuple[Finding, ...] = ()
    name = recipe.engine.name
    if name in data.load("engines.json") and name not in dict(chosen.engines):
        message = f"Dynamo {chosen.version} has no engine `{shown(name)}`."
        found += (finding("DR205", ("engine",), message, did_you_mean(name, dict(chosen.engines))),)
    mode = recipe.frontend.router.mode
    if mode not in chosen.router_modes:
        message = f"Dynamo {chosen.version} has no router mode `{shown(mode)}`."
        found += (finding("DR205", ("frontend", "router", "mode"), message, did_you_mean(mode, chosen.router_modes)),)
    if recipe.infrastructure.response_plane != "auto" and not chosen.can("response_plane"):
        message = f"Dynamo {chosen.version} does not let one choose the response plane."
        found += (finding("DR205", ("infrastructure", "response_plane"), message, "Remove the key, or write auto."),)
    return found
