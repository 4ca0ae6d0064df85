"""From `args` of a recipe to the words of a command line, where no catalogue says which flags exist and what they take.

The catalogues are in `support/catalogue/`.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from dynamo_recipes.recipe import references
from dynamo_recipes.support.spelling import RAW, canonical


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


def plain(name: str, value: Any) -> tuple[str, Any]:
    """Return a flag in its canonical spelling, and its value."""
    return canonical(name), value


def merged(
    engine: Mapping[str, Any],
    worker: Mapping[str, Any],
    normal: Callable[[str, Any], tuple[str, Any]] = plain,
) -> dict[str, Any]:
    """Return a worker's flags over those of its engine; null removes a flag, `raw` words follow one another.

    `normal` gives one name and value for all ways to write a flag.
    """
    result = dict(normal(name, value) for name, value in engine.items())
    for name, value in worker.items():
        key, value = normal(name, value)
        if key == RAW and isinstance(value, list):
            result[key] = [*result.get(key, []), *value]
        else:
            result[key] = value
    return {name: value for name, value in result.items() if value is not None}
