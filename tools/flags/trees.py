"""The flags of Dynamo's programs, from their syntax trees alone: nothing is imported, nothing is run.

Follows the function that parses the words, with all that it calls in the wheel, and notes each flag that is added to a
parser on the way. Where it is not known which way a program takes, all are followed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.flags.modules import Modules
from tools.flags.programs import PROGRAMS
from tools.flags.reading import Reader
from tools.flags.recorded import best_variable, ended, paired
from tools.flags.running import Run
from tools.flags.values import UNKNOWN, Defined, Env, External, Instance, Member, plain

_SWITCHES = ("store_true", "store_false", "store_const", "append_const", "count", "help", "version")


def names(folder: Path, component: str) -> dict[str, dict[str, Any]]:
    """Return the flags of a program by their first long name, those of all its parsers together.

    Each has `names`, `off`, and as far as the tree tells them `env`, `values`, `choices`, `obsolete`, `deprecated`,
    None for what the flag does not have. Flags that a program adds to its engine's parser have `engine`.
    """
    program, modules = PROGRAMS[component], Modules(folder)
    run = Run(modules)
    run.start(program.module, program.function)
    reader = Reader(modules, program.module, {}, run.call)
    found: dict[str, dict[str, Any]] = {}
    for parser in run.parsers:
        flags = [each for added in parser.added for each in _flag(*added, reader)]
        if parser.engine:
            flags = [{**each, "engine": True} for each in flags]
        found |= {each["names"][0]: each for each in paired(flags) if each["names"][0] not in found}
    there = {name for each in found.values() for name in (*each["names"], *each.get("off", ()))}
    # A program with an engine also looks for flags that are the engine's.
    looked_for = set() if program.engine else run.compared - there
    return found | {name: {"names": [name]} for name in sorted(looked_for)}


def _flag(args: tuple[Any, ...], words: dict[str, Any], reader: Reader) -> Iterator[dict[str, Any]]:
    """Yield the flag that a call of `add_argument` adds, or of a function around it; nothing for a plain argument."""
    obsolete = words.get("obsolete_flag")
    spelled = [*args, *([obsolete] if obsolete else [])]
    if not plain(spelled) or not spelled:
        raise SystemExit(f"The tree does not tell the names of a flag: {spelled}")
    if not spelled[0].startswith("-"):
        return
    kinds = tuple(reader.kinds(words.get("action")))
    negated = "BooleanOptionalAction" in kinds or "negatable" in words.get("by", "")
    found = {"names": sorted(spelled, key=lambda each: not each.startswith("--"))}
    if negated:
        found["off"] = [f"--no-{each[2:]}" for each in spelled if each.startswith("--")]
    yield {
        **found,
        **_values(words, negated),
        **_choices(words.get("choices")),
        **_ended(words.get("deprecated")),
        "env": _env(words, found["names"]),
        "obsolete": [obsolete] if obsolete else None,
    }


def _values(words: dict[str, Any], negated: bool) -> dict[str, Any]:
    action, count = words.get("action", "store"), words.get("nargs")
    if negated or action in _SWITCHES:
        return {"values": 0}
    if isinstance(action, Defined) and "nargs" not in words:
        return {}  # a class of its own may say how many it takes
    return {"values": count} if plain(count) else {}


def _choices(listed: Any) -> dict[str, Any]:
    if listed is None:
        return {"choices": None}
    if not isinstance(listed, list | tuple | set | dict) or isinstance(listed, Env | External) or not plain(listed):
        return {}
    return {"choices": [each.value if isinstance(each, Member) else each for each in listed if each is not None]}


def _env(words: dict[str, Any], named: list[str]) -> str | None:
    """Return the variable from which a flag's default comes; the one most like it where there may be several."""
    source = words.get("env_var", words.get("default"))
    if "env_var" in words and isinstance(source, str):
        return source
    return best_variable(source.names if isinstance(source, Env) else (), named)


def _ended(deprecated: Any) -> dict[str, Any]:
    """Return what a program declares about the end of a flag."""
    if not isinstance(deprecated, Instance):
        return {}
    told = deprecated.held.get("replacement"), deprecated.held.get("remove_in")
    return {} if UNKNOWN in told else {"deprecated": ended(*map(str, told))}
