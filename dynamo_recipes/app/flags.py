"""The flags of a program in a Dynamo release, and what changed in them between two releases."""

from fnmatch import fnmatchcase
from typing import NamedTuple

from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding, Where
from dynamo_recipes.recipe.near import did_you_mean, near, shown
from dynamo_recipes.support import data
from dynamo_recipes.support.catalogue.chain import Chain
from dynamo_recipes.support.catalogue.changes import Changes, between
from dynamo_recipes.support.catalogue.model import Flag, catalogue, versions
from dynamo_recipes.support.catalogue.owned import Owned, owned
from dynamo_recipes.support.catalogue.programs import Program, of_engine, of_program
from dynamo_recipes.support.releases import release
from dynamo_recipes.support.spelling import canonical


class Listed(NamedTuple):
    """A flag, the parser that takes it, and who sets it instead of the author."""

    flag: Flag
    parser: str
    owned: Owned | None


class Listing(NamedTuple):
    """The flags of a program, those of one parser after those of another, by name."""

    title: str
    release: str
    flags: tuple[Listed, ...]
    near: tuple[str, ...] = ()  # names that are close to a pattern that fits none


class Known(NamedTuple):
    """A program, and the releases that have a catalogue of it, oldest first."""

    program: str
    releases: tuple[str, ...]
    engine: tuple[tuple[str, str], ...]  # for an engine: each release with the engine's version in it


def known() -> tuple[Known, ...]:
    """Return each program with the releases that have a catalogue of it."""
    return tuple(_known(each) for each in data.programs())


def _known(program: str) -> Known:
    releases = versions(f"dynamo.{program}")
    facts = data.load("engines.json").get(program, {})
    pairs = ((each, release(each).engine(program).version) for each in releases) if facts.get("flags") else ()
    return Known(program, releases, tuple((each, version) for each, version in pairs if version))


def listing(program: str, dynamo: str | None, pattern: str | None) -> Listing:
    """Return the flags of a program in a release, else in the newest one with a catalogue. Raises Refused."""
    name = _program(program)
    version = _release(name, dynamo or versions(f"dynamo.{name}")[-1], "--dynamo")
    found = _found(name, version)
    chain = found.chain
    if chain is None:
        raise Refused(Finding("DR308", f"There is no catalogue of the flags of {found.missing}."))
    ours = owned(found.components)
    flags = tuple(
        Listed(flag, parser.name, _keeper(flag, ours))
        for parser in chain.parsers
        for flag in parser.flags
        if matches(pattern, *flag.names, *flag.off)
    )
    close = () if flags or pattern is None else near(canonical(pattern), _names(chain))
    return Listing(found.title, version, flags, close)


def _names(chain: Chain) -> set[str]:
    return {canonical(each) for parser in chain.parsers for each in parser.spellings}


def _found(program: str, version: str) -> Program:
    if program in data.load("engines.json"):
        return of_engine(program, version, release(version).engine(program).version)
    return of_program(program, version)


def _keeper(flag: Flag, ours: dict[str, Owned]) -> Owned | None:
    return next((ours[canonical(each)] for each in flag.names if canonical(each) in ours), None)


def matches(pattern: str | None, *names: str) -> bool:
    """Tell whether a pattern is in one of the names, in any spelling; `*` and `?` stand for any letters and one."""
    if pattern is None:
        return True
    wanted = canonical(pattern)
    glob = wanted if any(each in wanted for each in "*?[") else f"*{wanted}*"
    return any(fnmatchcase(canonical(each), glob) for each in names)


def changes(program: str, old: str, new: str, pattern: str | None) -> tuple[Changes, ...]:
    """Return what changed between two releases: in Dynamo's program, and in the engine behind it. Raises Refused."""
    name = _program(program)
    for each in (old, new):
        _release(name, each, "--changes")
    found = [between(f"dynamo.{name}", old, new)]
    own = data.load("engines.json").get(name, {}).get("flags")
    pins = [release(each).engine(name).version or "" for each in (old, new)] if own else []
    if own and all(catalogue(own, each) for each in pins) and pins[0] != pins[1]:
        found.append(between(own, *pins))
    return tuple(each.only(lambda flag: matches(pattern, flag)) for each in found)


def _program(name: str) -> str:
    wanted = name.replace("-", "_").removeprefix("dynamo.")
    if wanted not in data.programs():
        raise Refused(
            Finding(
                "DR203", f"There is no program `{shown(name)}`.", did_you_mean(wanted, data.programs()), Where("flags")
            )
        )
    return wanted


def _release(program: str, version: str, where: str) -> str:
    having = versions(f"dynamo.{program}")
    if version in having:
        return version
    code, known_release = "DR201", version in data.release_names()
    message = f"There is no Dynamo release `{shown(version)}`."
    if known_release:
        code, message = "DR308", f"There is no catalogue of the flags of {program} in Dynamo {version}."
    raise Refused(Finding(code, message, f"There is one for {', '.join(having)}.", Where(where)))
