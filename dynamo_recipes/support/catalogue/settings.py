"""The keys of TensorRT-LLM's configuration: in dotted flags, and in mappings that become JSON or YAML.

The list is made from TensorRT-LLM's own manifest, which lacks texts and mappings, and is of one commit: an unknown key
is a warning.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from dynamo_recipes.findings import Finding, Path, finding
from dynamo_recipes.recipe.near import near, shown
from dynamo_recipes.support import data
from dynamo_recipes.support.catalogue.chain import DOTTED

_FLAGS = ("override-engine-args", "extra-engine-args")
_MOST = 20  # keys that are told of one mapping


def check(name: str, value: Any, place: Path) -> Iterator[Finding]:
    """Yield a warning for each key that is not known. `name`: the flag's, or a dotted one."""
    start = DOTTED.lstrip("-")
    if name.startswith(start):
        yield from _of_key(name.removeprefix(start), place)
    elif name in _FLAGS and isinstance(value, dict):
        for count, (key, at) in enumerate(_keys(value, (), place)):
            if count < _MOST:
                yield from _of_key(key, at)


def _keys(tree: Mapping[str, Any], above: tuple[str, ...], place: Path) -> Iterator[tuple[str, Path]]:
    """Yield the unknown keys of a tree: not those below a key that is unknown or open itself."""
    for key, value in tree.items():
        name = ".".join((*above, str(key)))
        if _unknown(name):
            yield name, (*place, key)
        elif isinstance(value, dict) and any(each.startswith(f"{name}.") for each in known()):
            yield from _keys(value, (*above, str(key)), (*place, key))


@cache
def known() -> frozenset[str]:
    """Return the keys, dotted, those of mappings included."""
    keys = [each["key"].split(".") for each in data.load("flags/tensorrt_llm/main.json")["keys"]]
    return frozenset(".".join(each[: end + 1]) for each in keys for end in range(len(each)))


def _unknown(name: str) -> bool:
    return name not in known()


def _of_key(name: str, place: Path) -> Iterator[Finding]:
    if not _unknown(name):
        return
    close = near(name, known())
    hint = f"Did you mean {' or '.join(close)}?" if close else "The list that we have may lack it."
    message = f"`{shown(name)}` is not a key that we know of TensorRT-LLM's configuration."
    yield finding("DR311", place, message, hint, "warning")
