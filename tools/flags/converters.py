"""From a converter of argparse to a type of the catalogues."""

from collections.abc import Callable, Iterator
from typing import Any, get_args

from tools.flags import sglang

_NAMES = {
    "str": None,
    "int": "int",
    "float": "float",
    "Path": "path",
    "parse_bool": "bool",
    "positive_int": "positive",
    "non_negative_int": "natural",
    "non_negative_float": "amount_or_0",
    "validate_model_name": "name",
    "validate_model_path": "folder",
    "parse_ais_perf_config": "settings",
    "nullable_int": "int?",
    "nullable_float": "float?",
    "loads": "json",
    "human_readable_int": "size",
    "human_readable_int_or_auto": "length",
    "union_dict_and_str": "text_or_json",
    "_conditional_disagg_config_arg": "conditions",
    "_parse_structural_tag": "structural_tag",
}
_WRAPPERS = {"_optional_type": "?", "_parse_type": ""}


def type_of(converter: Callable[[str], Any] | str | None) -> dict[str, Any]:
    """Return the type of a converter, as a flag's entry has it."""
    if converter is None:
        return {}
    name, inner = getattr(converter, "__name__", str(converter)), _inner(converter)
    if name in _WRAPPERS:
        found = type_of(inner)
        base = found.get("type", "text")
        return {**found, "type": base + _WRAPPERS[name]} if base + _WRAPPERS[name] != "text" else found
    if getattr(converter, "__module__", "").startswith("sglang."):
        return sglang.type_of(name)
    return _named(name, converter)


def _named(name: str, converter: Any) -> dict[str, Any]:
    """Return the type of a converter that wraps no other."""
    if name == "parse_dataclass":
        return {"type": "object" if _takes_sizes(converter) else "plain_object", **_keys(converter)}
    if name in ("_nullable_int", "_nullable_float"):  # the same name, with and without the empty text
        return {"type": _nullable(name.removeprefix("_nullable_"), converter)}
    if name not in _NAMES:
        return _tried(converter) if name == "<lambda>" else {"type": "any", "converter": name}
    return {} if _NAMES[name] is None else {"type": _NAMES[name]}


def _nullable(base: str, converter: Callable[[str], Any]) -> str:
    try:
        converter("")
    except ValueError:
        return f"{base}_or_none"
    return f"{base}?"


def _tried(converter: Any) -> dict[str, Any]:
    """Return the type of a converter without a name, by what it makes of a text."""
    if converter("A-b") == "a_b":
        return {"type": "folded"}
    if converter("2, GPU-a") == [2, "GPU-a"]:  # a list in one word, of whatever
        return {}
    if converter("aic") == "ais":
        return {"type": "renamed"}
    return {"type": "any", "converter": "<lambda>"}


def _takes_sizes(converter: Any) -> bool:
    """Tell whether JSON may have numbers such as 80m in it, as it may from vLLM 0.20 on."""
    return "_expand_json_human_readable_numbers" in converter.__code__.co_names


def _inner(converter: Any) -> Any:
    """Return the converter inside one that wraps it."""
    cells = [each.cell_contents for each in getattr(converter, "__closure__", None) or ()]
    return next((each for each in cells if callable(each)), None)


def _keys(converter: Any) -> dict[str, Any]:
    """Return the keys of the dataclass that a JSON value becomes, if it takes no others."""
    found = sorted(_keys_of(converter.__defaults__[0]))
    return {"keys": found} if found else {}


def _keys_of(kind: Any) -> Iterator[str]:
    """Yield the keys of a dataclass that takes no others, and those below them: `pass_config.fuse_norm_quant`."""
    if (getattr(kind, "__pydantic_config__", None) or {}).get("extra") != "forbid":
        return
    for each in kind.__dataclass_fields__.values():
        if each.init:
            yield each.name
            for inner in (each.type, *get_args(each.type)):
                yield from (f"{each.name}.{below}" for below in _keys_of(inner))
