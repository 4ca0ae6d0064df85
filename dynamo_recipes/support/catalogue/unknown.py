"""A flag that the program does not have: near names, the version that last had it, and what replaced it.

A row of `flags/renames.json`: the `flag` of some `components`, and what is there now: other `flags`, with a `value`
where it is one, or `now` in words. `gone_before` names the first release without it where no catalogue has it.
`flags/serve.json` has the flags of an engine's own server, by engine, each with what to do instead or null.
"""

from typing import Any

from dynamo_recipes.findings import Finding, Path, finding
from dynamo_recipes.recipe.near import near, shown
from dynamo_recipes.support import data
from dynamo_recipes.support.catalogue.model import catalogue, versions
from dynamo_recipes.support.catalogue.programs import FRONTEND, Program
from dynamo_recipes.support.spelling import canonical


def finding_of(key: str, program: Program, place: Path, hints: bool, instead: str = "") -> Finding:
    """Return the finding for a key that no parser takes.

    `hints`: whether to look for what is known of it, and for near names, which takes time. `instead`: where the recipe
    says it.
    """
    name = canonical(key)
    message = f"There is no flag `{_spelled(name)}` in {program.title}."
    if not hints:
        return finding("DR304", place, message, instead or f"{program.look_up()} lists those that there are.")
    entry = _row(name, program)
    since = f"It was gone before Dynamo {entry['gone_before']}." if "gone_before" in entry else last_seen(name, program)
    known = " ".join(filter(None, (since, instead or _now(entry), _elsewhere(name, program))))
    return finding("DR304", place, message, known or _near(name, program))


def _spelled(name: str) -> str:
    return shown(("-" if len(name) == 1 else "--") + name)


def _row(name: str, program: Program) -> dict[str, Any]:
    """Return what the table of renames says of a flag of a program, or nothing."""
    for row in data.load("flags/renames.json"):
        if set(row["components"]) & set(program.components) and canonical(row["flag"]) in (
            name,
            name.removeprefix("no-"),
        ):
            found: dict[str, Any] = row
            return found
    return {}


def _now(row: dict[str, Any]) -> str:
    if "flags" in row:
        return f"Now: {successor(row)}."
    return str(row.get("now", ""))


def successor(row: dict[str, Any]) -> str:
    """Return what a row of the table of renames has in place of a flag: other flags."""
    return str(row.get("now") or f"`{' '.join([*row['flags'], *filter(None, [row.get('value')])])}`")


def last_seen(name: str, program: Program) -> str:
    """Return which version last had a flag, or first has it; nothing where none has."""
    for each in program.chain.catalogues if program.chain else ():
        order = versions(each.component)
        having = [version for version in order if has(each.component, version, name)]
        if not having:
            continue
        who = "Dynamo" if each.component.startswith("dynamo.") else program.title.partition(" ")[0]
        older = [version for version in having if order.index(version) < order.index(each.version)]
        return f"{who} {older[-1]} had it last." if older else f"{who} {having[0]} is the first that has it."
    return ""


def has(component: str, version: str, name: str) -> bool:
    """Tell whether a component has a flag, in its full spelling, in some version."""
    found = catalogue(component, version)
    spellings = (f"--{name}", f"-{name}", f"--{name.replace('-', '_')}")
    return found is not None and any(each in parser.spellings for parser in found.parsers for each in spellings)


def _elsewhere(name: str, program: Program) -> str:
    """Return where else a flag would be known: as one of the engine's own server, or of the frontend."""
    for component in program.components:
        served = {canonical(flag): now for flag, now in data.load("flags/serve.json").get(component, {}).items()}
        if name in served:
            return f"It is a flag of the engine's own server, not of Dynamo's workers. {served[name] or ''}".strip()
    release = program.chain.catalogues[0].version if program.chain else ""
    if program.component != FRONTEND and has(FRONTEND, release, name):
        return "The frontend has it: put it into `frontend.args`."
    return ""


def _near(name: str, program: Program) -> str:
    """Return the near names among all spellings."""
    parsers = program.chain.parsers if program.chain else ()
    known = {canonical(each) for parser in parsers for each in parser.spellings}
    close = near(name, known)
    return f"Did you mean {' or '.join(close)}?" if close else f"{program.look_up()} lists those that there are."
