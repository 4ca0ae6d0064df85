"""What the parsers take, and the program refuses afterwards or will not take for long. Data: `flags/refused.json`.

A row of that file: `flag` of a `component` is refused always, or with a value that is not one of `only`, with more
than `most` values, beside the flag `not_with`, or without the flag that it `needs`. `now` says what to do. `since` and
`until` are the first and the last release of which that is true; left out, all.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dynamo_recipes.findings import Finding, Path, finding
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.support import data
from dynamo_recipes.support.catalogue.model import versions
from dynamo_recipes.support.catalogue.names import find
from dynamo_recipes.support.catalogue.programs import Program
from dynamo_recipes.support.catalogue.reading import Use


def of_use(use: Use, program: Program, place: Path) -> Iterator[Finding]:
    """Yield what is to be said of a flag that a parser takes, by itself."""
    rows = [each for each in _rows(program) if each["flag"] == use.flag.name]
    refused = [each for each in rows if not {"not_with", "needs"} & set(each)]
    for row in refused:
        yield from _refused(row, use, program, place)
    if not refused:  # what is said of a shared flag may not hold for this program
        yield from _deprecated(use, program, place)


def _rows(program: Program) -> list[dict[str, Any]]:
    rows = [each for each in data.load("flags/refused.json") if each["component"] in program.components]
    return [each for each in rows if _holds(each, program)]


def _holds(row: Mapping[str, Any], program: Program) -> bool:
    """Tell whether a row is about the program's release."""
    if program.chain is None or not {"since", "until"} & set(row):
        return program.chain is not None
    order = versions(row["component"])
    first, last = row.get("since", order[0]), row.get("until", order[-1])
    return program.chain.catalogues[0].version in order[order.index(first) : order.index(last) + 1]


def _refused(row: Mapping[str, Any], use: Use, program: Program, place: Path) -> Iterator[Finding]:
    name = use.flag.name
    if "only" not in row:
        yield finding("DR310", place, f"`{name}` is refused by {program.title}.", row["now"])
        return
    wrong = [each for each in use.values if each not in row["only"]]
    if wrong or len(use.values) > row["most"]:
        said = shown(" ".join(wrong or use.values))
        yield finding("DR310", place, f"`{name}` does not take `{said}` in {program.title}.", row["now"])


def _deprecated(use: Use, program: Program, place: Path) -> Iterator[Finding]:
    flag = use.flag
    if use.spelling in flag.obsolete:
        yield finding("DR307", place, f"`{use.spelling}` is deprecated.", f"Write `{flag.name}`.", "warning")
    elif flag.deprecated:
        told = flag.deprecated if isinstance(flag.deprecated, dict) else {}
        until = f" and will be removed in {told['until']}" if "until" in told else ""
        # The help of a group that programs share may name a flag that this one does not have.
        named = re.search(r"--[\w-]+", told.get("use", ""))
        there = named and program.chain is not None and find(program.chain, named[0]) is not None
        now = f"Use {told['use']}." if there else "Its own help names nothing in its place."
        yield finding("DR307", place, f"`{use.spelling}` is deprecated{until}.", now, "warning")


def of_section(names: Mapping[str, Path], program: Program) -> Iterator[Finding]:
    """Yield what is to be said of flags that stand together. `names`: full names, and where each is written."""
    for row in _rows(program):
        place = names.get(row["flag"])
        if place is None:
            continue
        other = row.get("not_with")
        beside = next((each for each in names if other and (each == other or _dotted(each, other))), None)
        if beside is not None:
            message = f"`{row['flag']}` and `{shown(beside)}` exclude each other in {program.title}."
            yield finding("DR310", place, message, row["now"])
        if "needs" in row and row["needs"] not in names:
            yield finding("DR310", place, f"`{row['flag']}` needs `{row['needs']}` in {program.title}.", row["now"])


def _dotted(name: str, start: str) -> bool:
    return start.endswith(".") and name.startswith(start)
