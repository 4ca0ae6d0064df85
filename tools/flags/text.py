"""The text of a catalogue file: one flag a line, so that a change can be read. Same flags, same bytes."""

import json
from typing import Any

_HEAD = ("names", "off", "obsolete", "values", "type", "choices", "open", "keys")
_ORDER = (
    *_HEAD,
    "repeats",
    "required",
    "hidden",
    "ends",
    "refused",
    "one_spelling",
    "deprecated",
    "env",
    "default",
    "default_from",
    "group",
)


def text_of(catalogue: dict[str, Any]) -> str:
    """Return a catalogue as the text of its file."""
    head = [f" {_dumped(key)}: {_dumped(catalogue[key])}," for key in ("component", "version", "from")]
    parsers = ",\n".join(_parser(each) for each in catalogue["parsers"])
    if catalogue.get("dotted"):
        head.append(' "dotted": true,')
    lines = ["{", *head, f' "parsers": [\n{parsers}\n ]']
    if catalogue.get("engine"):
        lines[-1] += ","
        lines.append(f' "engine": {_dumped(catalogue["engine"])}')
    return "\n".join([*lines, "}"]) + "\n"


def _parser(parser: dict[str, Any]) -> str:
    habits = {key: value for key, value in parser.items() if key != "flags" and (value or key == "name")}
    flags = ",\n".join(f"   {_dumped(_ordered(each))}" for each in parser["flags"])
    return f'  {_dumped(habits)[:-1]}, "flags": [\n{flags}\n  ]}}'


def _ordered(flag: dict[str, Any]) -> dict[str, Any]:
    assert set(flag) <= set(_ORDER), set(flag) - set(_ORDER)
    return {key: flag[key] for key in _ORDER if key in flag}


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
