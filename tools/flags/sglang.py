"""What only SGLang's own code tells of its flags: types of converters, choices that plugins extend, successors."""

import argparse
import json
import re
import sys
import types
from collections.abc import Iterator
from typing import Any

_TYPES = {
    "human_readable_int": "amount",
    "json_list_type": "strict_json",
    "nullable_str": None,  # makes None of some texts, and takes all
    "parse_cuda_graph_config_arg": "sections",
}
_MODULES = ("sglang.srt.server_args", "sglang.srt.arg_groups.choices")
_GRAPHS = "sglang.srt.model_executor.cuda_graph_config"
# Made of a registry, or by the environment, while the parser is made.
_REGISTRIES = ("--reasoning-parser", "--tool-call-parser", "--sampling-backend")


def orjson() -> types.ModuleType:
    """Return a stand-in for orjson, which SGLang parses some values with: it refuses what that refuses."""
    from dynamo_recipes.support.catalogue.types_sglang import strict_json

    def loads(text: str) -> Any:
        try:
            return strict_json(text)
        except ValueError as error:
            raise json.JSONDecodeError(str(error), text, 0) from None

    module = types.ModuleType("orjson")
    vars(module).update(loads=loads, dumps=json.dumps, JSONDecodeError=json.JSONDecodeError)
    return module


def type_of(name: str) -> dict[str, Any]:
    """Return the type of one of SGLang's converters."""
    if name not in _TYPES:
        return {"type": "any", "converter": name}
    found = {} if _TYPES[name] is None else {"type": _TYPES[name]}
    return {**found, "keys": _graph_keys()} if _TYPES[name] == "sections" else found


def _graph_keys() -> list[str]:
    keys = sys.modules[_GRAPHS].ALLOWED_KEYS_PER_PHASE
    return sorted(f"{phase}.{key}" for phase, inner in keys.items() for key in inner)


def facts(action: argparse.Action) -> dict[str, Any]:
    """Return what an action's class and its choices tell: nothing for the flags of other programs."""
    if _MODULES[0] not in sys.modules:
        return {}
    found: dict[str, Any] = {}
    if type(action).__name__ == "LoRAPathAction":
        found["type"] = "lora"
    if action.choices is not None and _opened(action):
        found["open"] = True
    new = getattr(action, "new_flag", None)
    if new:
        found["deprecated"] = {"use": _both(new)}
    if getattr(action, "error_message", None):
        found["refused"] = True
    return found


def _both(flag: str) -> str:
    """Write `--a-{b,c}=d` out."""
    several = re.fullmatch(r"(.*){(.*)}(.*)", flag)
    if several is None:
        return flag
    start, middle, end = several.groups()
    return " and ".join(f"{start}{each}{end}" for each in middle.split(","))


def _opened(action: argparse.Action) -> bool:
    """Tell whether plugins extend the list of choices: SGLang has a function for each such list."""
    if action.option_strings[0] in _REGISTRIES:
        return True
    choices = action.choices
    return any(choices is each or (isinstance(choices, list) and _longer(choices, each)) for each in _extended())


def _longer(choices: list[Any], start: list[Any]) -> bool:
    return len(choices) > len(start) > 1 and choices[: len(start)] == start


def _extended() -> Iterator[list[Any]]:
    for module in (sys.modules[each] for each in _MODULES if each in sys.modules):
        for name, value in list(vars(module).items()):
            if not name.startswith("add_"):
                continue
            if isinstance(value, types.BuiltinMethodType) and isinstance(value.__self__, list):
                yield value.__self__
            elif isinstance(value, types.FunctionType):
                grown = (vars(module).get(each) for each in value.__code__.co_names)
                yield from (each for each in grown if isinstance(each, list))
