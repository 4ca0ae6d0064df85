"""The two methods side by side: the flags that the recording import and the syntax trees find.

What but one of them can see is in `allowed.json`, each entry with a reason: `only` says which of the two sees it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tools.flags import trees, trees_sglang, trees_vllm

ALLOWED = Path(__file__).with_name("allowed.json")

# By its names, what a flag is as far as a tree can tell; `computed`: the tree knows no more than the names.
Entries = dict[str, dict[str, Any]]


METHODS: Mapping[str, Callable[[Path, str], Entries]] = {
    "vllm": lambda folder, _: trees_vllm.names(folder),
    "sglang": lambda folder, _: trees_sglang.names(folder),
}


class Allowed(NamedTuple):
    """Flags that one method may see alone. No versions: in all."""

    component: str
    versions: tuple[str, ...]
    flags: frozenset[str]
    only: str  # "import" or "tree"
    reason: str

    def covers(self, component: str, version: str, flag: str, only: str) -> bool:
        """Tell whether a difference is allowed."""
        there = not self.versions or version in self.versions
        return (self.component, self.only) == (component, only) and there and flag in self.flags


@cache
def allowed() -> tuple[Allowed, ...]:
    """Return the allow-list."""
    return tuple(
        Allowed(component, tuple(each.get("versions", ())), frozenset(each["flags"]), each["only"], each["reason"])
        for each in json.loads(ALLOWED.read_text(encoding="utf-8"))
        for component in each["components"]
    )


def agreed(catalogue: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return a catalogue that the syntax trees bear out. Raises SystemExit with all that is not allowed."""
    found = list(differences(catalogue, folder))
    if found:
        who = f"{catalogue['component']} {catalogue['version']}"
        raise SystemExit("\n".join([f"{who}: the two methods differ.", *found]))
    return catalogue


def differences(catalogue: dict[str, Any], folder: Path) -> Iterator[str]:
    """Yield what only one of the methods sees, and what they see differently; not what the allow-list has."""
    component, version = catalogue["component"], catalogue["version"]
    method = METHODS.get(component, trees.names)
    found = method(folder, component).values()
    # What a program adds to its engine's parser is there when it has been recorded with the engine.
    read = [each for each in found if "engine" in catalogue or "engine" not in each]
    entries = {name: entry for entry in read for name in spellings(entry)}
    flags = {name: flag for flag in _flags(catalogue) for name in spellings(flag)}
    for only, names in (("import", flags.keys() - entries.keys()), ("tree", entries.keys() - flags.keys())):
        for name in sorted(names):
            if not any(each.covers(component, version, name, only) for each in allowed()):
                yield f"{name}: only the {only} sees it"
    for name in sorted(flags.keys() & entries.keys()):
        yield from _facts(name, flags[name], entries[name])


def spellings(flag: dict[str, Any]) -> tuple[str, ...]:
    """Return all ways to write a flag, its negations too."""
    return (*flag["names"], *flag.get("off", ()))


def _flags(catalogue: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the flags of a catalogue but those that every parser has of itself."""
    for parser in (*catalogue["parsers"], {"flags": catalogue.get("engine", {}).get("flags", [])}):
        yield from (each for each in parser["flags"] if "--help" not in each["names"])


def _facts(name: str, flag: dict[str, Any], entry: dict[str, Any]) -> Iterator[str]:
    """Yield what the two say of one flag, where a tree tells it."""
    for fact in ("choices", "type", "values", "env", "obsolete", "deprecated"):
        if fact in entry and not entry.get("computed") and _plain(entry[fact]) != _plain(flag.get(fact)):
            yield f"{name}: {fact}: the import says {flag.get(fact)}, the tree {entry[fact]}"


def _plain(value: Any) -> Any:
    return sorted(map(str, value)) if isinstance(value, list) else value
