"""From `args` of a recipe to the words of a command line. Knows the spelling of flags, not which flags exist."""

import json
from collections.abc import Mapping
from typing import Any

from dynamo_recipes.findings import Finding, Path, finding
from dynamo_recipes.recipe import references
from dynamo_recipes.recipe.near import shown

RAW = "raw"


def canonical(name: str) -> str:
    """Return one spelling for `--speedup_ratio`, `speedup_ratio` and `speedup-ratio`: the last."""
    return name.lstrip("-").replace("_", "-")


def spelled(name: str) -> str:
    """Return a flag as a command line has it."""
    return ("-" if len(canonical(name)) == 1 else "--") + canonical(name)


def words(name: str, value: Any) -> tuple[str, ...]:
    """Return the words that set a flag. `value` is true, false, text, a number or a mapping, without files.

    A value that starts with `-` is joined with `=`: argparse would read it as the next flag.
    """
    flag = spelled(name)
    if value is True:
        return (flag,)
    if value is False:
        return (f"--no-{canonical(name)}",)
    text = _text(value)
    return (f"{flag}={text}",) if text.startswith("-") else (flag, text)


def texts(args: Mapping[str, Any]) -> dict[str, Any]:
    """Return flags with mappings already as JSON: made once, however many workers have them. Not those with a file."""
    ready = {name for name, value in args.items() if isinstance(value, dict) and not references.inside(value)}
    return {name: _text(value) if name in ready else value for name, value in args.items()}


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return str(value)


def merged(engine: Mapping[str, Any], worker: Mapping[str, Any]) -> dict[str, Any]:
    """Return a worker's flags over those of its engine; null removes a flag, `raw` words follow one another."""
    result = {canonical(name): value for name, value in engine.items()}
    for name, value in worker.items():
        key = canonical(name)
        if key == RAW and isinstance(value, list):
            result[key] = [*result.get(key, []), *value]
        else:
            result[key] = value
    return {name: value for name, value in result.items() if value is not None}


def check(args: Mapping[str, Any], owned: Mapping[str, str], path: Path) -> tuple[Finding, ...]:
    """Return what is wrong with the flags of one section.

    `owned` says for each flag that the tool sets (canonical spelling) which field of the recipe it comes from.
    """
    found: list[Finding] = []
    seen: dict[str, str] = {}
    for name, value in args.items():
        key, place = canonical(name), (*path, name)
        first = seen.setdefault(key, name)
        if first != name:
            found.append(
                finding("DR115", place, f"`{shown(name)}` and `{shown(first)}` are the same flag.", "Keep one.")
            )
        found += [] if key == RAW and isinstance(value, list) else _of_tool(key, owned, place)
        found += _of_shape(key, value, place)
    return tuple(found)


def _of_tool(key: str, owned: Mapping[str, str], place: Path) -> list[Finding]:
    field = owned.get(key) or owned.get(key.removeprefix("no-"))
    if field is None:
        return []
    hint = f"Say it with {field}." if field.startswith("`") else field
    return [finding("DR301", place, f"The flag `--{shown(key)}` is set by the tool.", hint)]


def _of_shape(key: str, value: Any, place: Path) -> list[Finding]:
    if key == RAW:
        if isinstance(value, list) and all(isinstance(each, str) or references.name_of(each) for each in value):
            return []
        return [finding("DR303", place, "`raw` must be a list of words.", 'Write raw: ["--flag", "value"].')]
    if isinstance(value, list):
        return [
            finding(
                "DR303",
                place,
                f"`{shown(key)}` is a list, and it is not known how this flag takes several values.",
                "Write one text, or use `raw: [..]`.",
            )
        ]
    return []
