"""What changed between two versions of a component's flags: the migration table that nobody publishes."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from dynamo_recipes.support import data
from dynamo_recipes.support.catalogue.model import Catalogue, Flag, catalogue
from dynamo_recipes.support.catalogue.unknown import successor

# What of a flag is compared, and what it is called.
_FACTS = (
    ("values", "takes"),
    ("type", "type"),
    ("choices", "choices"),
    ("default", "default"),
    ("env", "variable"),
    ("required", "required"),
    ("repeats", "repeats"),
    ("off", "negation"),
    ("keys", "keys"),
)


class Renamed(NamedTuple):
    """A flag that goes by another name. `now` says it where it is not simply that name. `still`: the old one works."""

    flag: str
    now: str
    still: bool


class Changed(NamedTuple):
    """A fact of a flag that is another now."""

    flag: str
    fact: str
    was: Any
    now: Any

    @property
    def said(self) -> str:
        """The change in words; of lists what came and what went."""
        if isinstance(self.was, tuple) and isinstance(self.now, tuple):
            came = [f"+{each}" for each in self.now if each not in self.was]
            went = [f"-{each}" for each in self.was if each not in self.now]
            return f"{self.fact}: {' '.join([*came, *went]) or 'another order'}"
        return f"{self.fact}: {json.dumps(self.was)} -> {json.dumps(self.now)}"


class Changes(NamedTuple):
    """What changed in one component between two versions."""

    component: str
    old: str
    new: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    renamed: tuple[Renamed, ...]
    changed: tuple[Changed, ...]
    deprecated: tuple[str, ...]

    def only(self, wanted: Callable[[str], bool]) -> "Changes":
        """Return the changes of some flags."""
        return self._replace(
            added=tuple(filter(wanted, self.added)),
            removed=tuple(filter(wanted, self.removed)),
            renamed=tuple(each for each in self.renamed if wanted(each.flag) or wanted(each.now)),
            changed=tuple(each for each in self.changed if wanted(each.flag)),
            deprecated=tuple(filter(wanted, self.deprecated)),
        )

    def lines(self) -> Iterator[str]:
        """Yield a line for each change."""
        yield from (f"added      {each}" for each in self.added)
        yield from (f"removed    {each}" for each in self.removed)
        for each in self.renamed:
            yield f"renamed    {each.flag} -> {each.now}{' (the old name still works)' if each.still else ''}"
        yield from (f"changed    {each.flag}: {each.said}" for each in self.changed)
        yield from (f"deprecated {each}" for each in self.deprecated)


def between(component: str, old: str, new: str) -> Changes:
    """Return what changed in a component from one version to another. Raises KeyError without a catalogue of both."""
    before, after = catalogue(component, old), catalogue(component, new)
    if before is None or after is None:
        raise KeyError(old if before is None else new)
    there, now = _by_name(before), _by_name(after)
    pairs = [(flag, _same(flag, now)) for flag in _flags(before)]
    gone = [flag for flag, other in pairs if other is None]
    stayed = [(flag, other) for flag, other in pairs if other is not None]
    renamed = [*(each for each in map(_renamed, stayed) if each), *_replaced(component, gone, now)]
    old_names = {each.flag for each in renamed}
    targets = {each.now for each in renamed}
    return Changes(
        component,
        old,
        new,
        tuple(each.name for each in _flags(after) if _same(each, there) is None and each.name not in targets),
        tuple(each.name for each in gone if each.name not in old_names),
        tuple(sorted(renamed)),
        tuple(change for flag, other in stayed for change in _changed(flag, other)),
        tuple(other.name for flag, other in stayed if other.deprecated and not flag.deprecated),
    )


def _flags(found: Catalogue) -> list[Flag]:
    """Return the flags of all parsers, each once, by name; not those that print and end."""
    flags = {flag.name: flag for parser in reversed(found.parsers) for flag in parser.flags if not flag.ends}
    return [flags[name] for name in sorted(flags)]


def _by_name(found: Catalogue) -> dict[str, Flag]:
    return {name: flag for flag in _flags(found) for name in flag.names}


def _same(flag: Flag, others: dict[str, Flag]) -> Flag | None:
    return next((others[each] for each in flag.names if each in others), None)


def _renamed(pair: tuple[Flag, Flag]) -> Renamed | None:
    flag, other = pair
    if flag.name == other.name:
        return None
    return Renamed(flag.name, other.name, still=flag.name in other.names)


def _replaced(component: str, gone: list[Flag], now: dict[str, Flag]) -> Iterator[Renamed]:
    """Yield the flags that are gone and that the table of renames has something for."""
    table = {row["flag"]: row for row in data.load("flags/renames.json") if component in row["components"]}
    for flag in gone:
        entry = table.get(flag.name)
        flags = [each for each in entry["flags"] if each in now] if entry and entry.get("flags") else []
        if entry and flags:
            yield Renamed(flag.name, successor(entry).replace("`", ""), still=False)


def _changed(flag: Flag, other: Flag) -> Iterator[Changed]:
    for fact, said in _FACTS:
        was, now = getattr(flag, fact), getattr(other, fact)
        if was != now and not (fact == "choices" and set(was) == set(now)):
            yield Changed(other.name, said, was, now)
