"""Flags and their changes as text for people, and as JSON."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from dynamo_recipes.app.flags import Known, Listed, Listing
from dynamo_recipes.support.catalogue import types
from dynamo_recipes.support.catalogue.changes import Changes
from dynamo_recipes.support.catalogue.model import Flag

_WIDE = 46
_FEW = 12  # flags that are shown with all that is known of each


def programs_text(found: Iterable[Known]) -> str:
    """Return the table of programs, and the versions of engines."""
    rows = [("PROGRAM", "DYNAMO RELEASES")]
    rows += [(each.program, ", ".join(each.releases)) for each in found]
    lines = [f"{name:<16}{rest}" for name, rest in rows]
    for each in found:
        if each.engine:
            pins = dict.fromkeys(version for _, version in each.engine)
            lines += ["", f"{each.program}'s own: {', '.join(pins)}"]
    return _text(lines)


def programs_json(found: Iterable[Known]) -> str:
    """Return the same as data."""
    return _json([{"program": each.program, "releases": each.releases, "engine": dict(each.engine)} for each in found])


def listing_text(found: Listing) -> str:
    """Return the flags one a line; few of them with all that is known of each."""
    lines = [f"{len(found.flags)} flag{'' if len(found.flags) == 1 else 's'} of {found.title}"]
    lines += [f"Did you mean {' or '.join(found.near)}?"] if found.near else []
    parser = ""
    for each in found.flags:
        if each.parser != parser:
            parser = each.parser
            lines += ["", f"{parser}:"]
        lines.append(f"  {_spelled(each.flag):<{_WIDE}} {takes(each.flag)}{_marks(each)}".rstrip())
        if len(found.flags) <= _FEW:
            lines += [f"      {line}" for line in _details(each)]
    return _text(lines)


def _spelled(flag: Flag) -> str:
    """Return all spellings; `--[no-]x` for a flag and its negation."""
    folded = [f"--[no-]{each[2:]}" if f"--no-{each[2:]}" in flag.off else each for each in flag.names]
    return ", ".join((*folded, *(each for each in flag.off if f"--{each[5:]}" not in flag.names)))


def takes(flag: Flag) -> str:
    """Return what a flag takes, in words."""
    if flag.values == 0:
        return "switch"
    word = "|".join(map(str, flag.choices)) if flag.choices else types.of(flag.type).wanted.split(",")[0]
    word = word if len(word) <= 60 else word[:59] + "…"
    many = {1: "", "?": " (or none)", "*": " (any number)", "+": " (one or more)"}.get(flag.values)
    return f"{word}{many if many is not None else f' ({flag.values} of them)'}{' (repeatable)' if flag.repeats else ''}"


def _marks(each: Listed) -> str:
    flag = each.flag
    default = (
        "" if flag.default is None or (flag.values == 0 and flag.default is False) else f"  [{_short(flag.default)}]"
    )
    marks = [
        word
        for word, there in (
            ("required", flag.required),
            ("deprecated", flag.deprecated),
            ("set by the tool", each.owned),
        )
        if there
    ]
    return default + (f"  ({', '.join(marks)})" if marks else "")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 24 else text[:23] + "…"


def _details(each: Listed) -> Iterator[str]:
    flag = each.flag
    if flag.env:
        yield f"variable: {flag.env}"
    if flag.choices:
        yield f"choices{' (there may be more)' if flag.open else ''}: {', '.join(map(str, flag.choices))}"
    if flag.keys:
        yield f"keys: {', '.join(flag.keys)}"
    if isinstance(flag.deprecated, dict):
        yield "deprecated: " + ", ".join(f"{key} {value}" for key, value in sorted(flag.deprecated.items()))
    if flag.obsolete:
        yield f"old names: {', '.join(flag.obsolete)}"
    if each.owned:
        yield f"in a recipe: {each.owned.place}"


def listing_json(found: Listing) -> str:
    """Return all that is known of the flags."""
    flags = [
        {
            **{key: value for key, value in each.flag._asdict().items() if value not in ((), None, False)},
            "values": each.flag.values,
            "parser": each.parser,
            "recipe": each.owned.field if each.owned else None,
        }
        for each in found.flags
    ]
    return _json({"title": found.title, "dynamo": found.release, "flags": flags})


def changes_text(found: Iterable[Changes]) -> str:
    """Return a line for each change, one component after the other."""
    lines: list[str] = []
    for each in found:
        lines += ["", f"{each.component} {each.old} -> {each.new}"]
        lines += [f"  {line}" for line in each.lines()] or ["  nothing changed"]
    return _text(lines[1:])


def changes_json(found: Iterable[Changes]) -> str:
    """Return the same as data."""
    return _json(
        [
            {
                **each._asdict(),
                "renamed": [one._asdict() for one in each.renamed],
                "changed": [one._asdict() for one in each.changed],
            }
            for each in found
        ]
    )


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
