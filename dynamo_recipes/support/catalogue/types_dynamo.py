"""Converters of Dynamo's own flags that are of one flag only. Each has the verdict of the real one.

Rests on `dynamo/common/configuration/groups/{kv_router_args,runtime_args}.py`, ai-dynamo 1.5.0 to 1.6.1.
"""

import json
from collections.abc import Callable, Mapping

from dynamo_recipes.support.catalogue.types_sglang import strict_json

_WORDS = ("true", "1", "yes", "on", "false", "0", "no", "off")


def _is(*kinds: type) -> Callable[[object], bool]:
    """Return what tells whether a value of JSON is of a kind: true is no number there."""
    return lambda value: isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


def _one_of(*texts: object) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str | None) and value in texts


_CONDITIONS: Mapping[str, Callable[[object], bool]] = {
    "policy": _is(str),
    "eff_isl_threshold": _is(int),
    "eff_isl_ratio_threshold": _is(int, float),
    "prefill_busy_threshold": _is(int, float, type(None)),
    "decode_busy_threshold": _is(int, float, type(None)),
}
_TAG: Mapping[str, Callable[[object], bool]] = {
    "scope": _one_of("auto", "always"),
    "schema": _one_of("auto", "strict"),
    "allow_tool_calls_with_structured_output": _is(bool),
    "exclude_special_tokens": _is(bool, type(None)),
    "reasoning_boundary": _one_of("auto", "structural_tag", "backend"),
    "tool_arguments_any_order": _is(bool),
}


def renamed(text: str) -> object:
    """Take a choice by its old name too: AI Configurator became AI Simulate."""
    return "ais" if text == "aic" else text


def conditions(text: str) -> object:
    """Take the settings of conditional disaggregation."""
    return _with(_CONDITIONS, json.loads(text))


def structural_tag(text: str) -> object:
    """Take a word for true or false, or the settings of structural tags."""
    return text if text.strip().lower() in _WORDS else _with(_TAG, strict_json(text))


def _with(fields: Mapping[str, Callable[[object], bool]], value: object) -> object:
    if not isinstance(value, dict) or not all(name in fields and fields[name](inner) for name, inner in value.items()):
        raise ValueError
    return value


def positive(text: str) -> int:
    """Take a whole number above nought."""
    return _at_least(int(text), 1)


def natural(text: str) -> int:
    """Take a whole number, nought too."""
    return _at_least(int(text), 0)


def amount(text: str) -> float:
    """Take a number that is not below nought. As the real one does, take nan."""
    value = float(text)
    if value < 0:
        raise ValueError
    return value


def _at_least(value: int, least: int) -> int:
    if value < least:
        raise ValueError
    return value


def name(text: str) -> str:
    """Take a text that is not blank."""
    if not text.strip():
        raise ValueError
    return text.strip()


def settings(text: str) -> object:
    """Take a mapping, or the path of a file with one: what is in the file only the machine knows."""
    if text.lstrip().startswith("{"):
        return json.loads(text)
    return text


def none_or(convert: Callable[[str], object]) -> Callable[[str], object]:
    """Return a converter that takes `None` too, and the empty text not."""
    return lambda text: None if text == "None" else convert(text)
