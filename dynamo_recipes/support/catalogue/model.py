"""A catalogue: the flags of one program in one version, by the parsers that read its command line one after another."""

from functools import cache, cached_property
from typing import Any, Literal, NamedTuple

from dynamo_recipes.support import data

Values = int | Literal["?", "*", "+"]


class Flag(NamedTuple):
    """One flag. `values` is how many it takes, as argparse's `nargs`; 0 for a switch.

    A flag that is `refused` is only there so that the parser can say what has replaced it.
    One of `one_spelling` may not be given in two of its spellings.
    `choices` that are `open` depend on the machine or on a registry: there may be more.
    """

    names: tuple[str, ...]
    off: tuple[str, ...] = ()
    values: Values = 1
    type: str = "text"
    choices: tuple[str | int | float, ...] = ()
    open: bool = False
    repeats: bool = False
    required: bool = False
    hidden: bool = False
    ends: bool = False
    refused: bool = False
    one_spelling: bool = False
    env: str | None = None
    default: Any = None
    default_from: str | None = None
    group: str | None = None
    deprecated: "bool | dict[str, str]" = False
    obsolete: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The spelling that it is known by: the first long one."""
        return self.names[0]


class Parser:
    """One parser: which flags it takes, and its habits. What it does not take, the next one gets."""

    def __init__(self, raw: dict[str, Any]) -> None:
        """Take a parser of a catalogue file."""
        self.name: str = raw["name"]
        self.abbreviations: bool = raw.get("abbreviations", False)
        self.flexible: bool = raw.get("flexible", False)
        self.rewrites: dict[str, dict[str, str | None]] = raw.get("rewrites", {})
        self.files: tuple[str, ...] = tuple(raw.get("files", ()))
        self._raw: list[dict[str, Any]] = raw["flags"]
        self._made: dict[str, Flag] = {}

    @cached_property
    def spellings(self) -> dict[str, dict[str, Any]]:
        """Every spelling, negations included, and the flag's entry in the file."""
        return {name: each for each in self._raw for name in (*each["names"], *each.get("off", ()))}

    @cached_property
    def flags(self) -> tuple[Flag, ...]:
        """All flags, by name."""
        return tuple(self.flag(each["names"][0]) for each in self._raw)

    def flag(self, spelling: str) -> Flag:
        """Return the flag of a spelling; raises KeyError where there is none."""
        entry = self.spellings[spelling]
        name = entry["names"][0]
        if name not in self._made:
            lists = {key: tuple(value) for key, value in entry.items() if key in _TUPLES}
            self._made[name] = Flag(**{**entry, **lists})
        return self._made[name]

    def changed(self, changes: dict[str, Any]) -> "Parser":
        """Return a parser with what a program changes in it.

        `flags` are further ones, `choices` further ones of flags that it has, `rewrites` values that it gets in place
        of others, and `files` flags that name a file from which come more flags, and required ones maybe.
        """
        choices = changes.get("choices", {})
        more = [
            {**each, "choices": [*each["choices"], *choices[each["names"][0]]]} if each["names"][0] in choices else each
            for each in self._raw
        ]
        habits: dict[str, Any] = {"name": self.name, "abbreviations": self.abbreviations, "flexible": self.flexible}
        habits |= {key: changes[key] for key in ("rewrites", "files") if key in changes}
        return Parser({**habits, "flags": [*more, *changes.get("flags", [])]})


_TUPLES = ("names", "off", "choices", "obsolete", "keys")


class Catalogue(NamedTuple):
    """The flags of one component in one version."""

    component: str
    version: str
    sources: tuple[str, ...]
    parsers: tuple[Parser, ...]
    engine: dict[str, Any]  # what the program changes in the parser of its engine
    dotted: bool = False  # what is left may be `--trtllm.<key> <value>`


def path(component: str, version: str) -> str:
    """Return where a catalogue is, below `data/`."""
    return f"flags/{component}/{version}.json"


@cache
def catalogue(component: str, version: str) -> Catalogue | None:
    """Return the catalogue of a component in a version; None where there is none."""
    if version not in versions(component):
        return None
    raw = data.load(path(component, version))
    parsers = tuple(Parser(each) for each in raw["parsers"])
    return Catalogue(component, version, tuple(raw["from"]), parsers, raw.get("engine", {}), raw.get("dotted", False))


@cache
def versions(component: str) -> tuple[str, ...]:
    """Return the versions of a component that have a catalogue, oldest first."""
    return data.versions_in(f"flags/{component}")
