"""From a parser of argparse to its entry in a catalogue."""

import argparse
import re
from collections.abc import Iterable
from typing import Any

from tools.flags import sglang
from tools.flags.converters import type_of
from tools.flags.programs import OPEN

_UNTIL = re.compile(
    r"(?:removed|removal) (?:in|from|with)(?: a?\s*(?:version|release|dynamo))? (v?\d+\.\d+(?:\.\d+)?)", re.I
)
_USE = re.compile(r"(?:use|alias (?:for|of))\s+[`']?(--[a-z](?:[\w.-]*\w)?)", re.I)
# The key of a file that takes the place of a flag: `worker_selection.prefill`, not the first word of a sentence.
_KEY = re.compile(r"\w*[_.\[][\w.\[\]]*")
_SWITCHES = ("StoreTrue", "StoreFalse", "StoreConst", "Count", "BooleanOptional", "AppendConst")


def described(parser: argparse.ArgumentParser) -> dict[str, Any]:
    """Return a parser as a catalogue has it."""
    groups = {id(action): group.title for group in parser._action_groups for action in group._group_actions}
    flags = [flag(each, parser, groups.get(id(each))) for each in own_actions(parser)]
    flags = paired(flags)
    found: dict[str, Any] = {"abbreviations": parser.allow_abbrev}
    if type(parser).__name__ == "FlexibleArgumentParser":
        found["flexible"] = True
    return {**found, "flags": sorted(flags, key=lambda each: each["names"][0])}


def paired(flags: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return flags with `--no-x` as the negation of `--x` where a parser has the two as flags of their own."""
    by_name = {each["names"][0]: each for each in flags}
    for name, flag in list(by_name.items()):
        other = by_name.get(f"--{name.removeprefix('--no-')}") if name.startswith("--no-") else None
        if other and flag.get("values") == other.get("values") == 0 and not other.get("off"):
            other["off"] = flag["names"]
            del by_name[name]
    return list(by_name.values())


def own_actions(parser: argparse.ArgumentParser) -> Iterable[argparse.Action]:
    """Return the flags of a parser: not those that are shown in its help and read by another."""
    return {id(each): each for each in parser._option_string_actions.values()}.values()


def flag(action: argparse.Action, parser: argparse.ArgumentParser, group: str | None) -> dict[str, Any]:
    """Return a flag as a catalogue has it."""
    kinds = " ".join(each.__name__ for each in type(action).__mro__)
    found: dict[str, Any] = {"names": _names(action, parser)}
    off = [each for each in action.option_strings if _negates(each, action, kinds)]
    if off:
        found["names"] = [each for each in found["names"] if each not in off]
        found["off"] = off
    found |= _values(action, kinds)
    found |= _habits(action, kinds)
    told = getattr(action, "told", {}).get("env_var")
    if env := best_variable(getattr(action, "read", ()), found["names"]) or told:
        found["env"] = env
    found |= _default(action.default)
    found |= _deprecated(action, parser)
    found |= sglang.facts(action)
    if group and not group.startswith(("option", "optional")):
        found["group"] = group.split(". ")[0].strip()
    return found


def best_variable(variables: Iterable[str], names: list[str]) -> str | None:
    """Return the variable that a flag's default comes from: the one that shares most words with a name of the flag.

    Others may be read between two flags: older names of the same, or those of a deprecated one.
    """
    words = {word for name in names for word in name.upper().lstrip("-").split("-")}
    shared = {each: len(words & set(each.split("_")[1:])) for each in variables}
    best = max(shared, key=lambda each: shared[each], default=None)
    return best if best and shared[best] else None


def _names(action: argparse.Action, parser: argparse.ArgumentParser) -> list[str]:
    """Return the spellings that still lead to this flag, the first long one first."""
    alive = [each for each in action.option_strings if parser._option_string_actions.get(each) is action]
    return sorted(alive, key=lambda each: not each.startswith("--"))


def _negates(name: str, action: argparse.Action, kinds: str) -> bool:
    return "BooleanOptional" in kinds and name.startswith("--no-") and f"--{name[5:]}" in action.option_strings


def _values(action: argparse.Action, kinds: str) -> dict[str, Any]:
    if action.nargs == 0 or any(each in kinds for each in _SWITCHES):
        return {"values": 0}
    found: dict[str, Any] = {} if action.nargs is None else {"values": action.nargs}
    found |= type_of(action.type)
    if action.choices is not None:
        listed = [getattr(each, "value", each) for each in action.choices if each is not None]
        # Sorted: those of Dynamo's compiled part come in another order in every process.
        found["choices"] = sorted(listed, key=lambda each: (isinstance(each, str), each))
        if found.get("type", "").endswith("?") and None not in action.choices:
            found = _without_none(found)
    return found


def _without_none(found: dict[str, Any]) -> dict[str, Any]:
    """Return a flag whose converter makes None of "" and "None", and whose choices then refuse it (vLLM to 0.28)."""
    kind = found["type"].removesuffix("?")
    choices = [each for each in found["choices"] if each != "None"]
    return {**{key: value for key, value in found.items() if key != "type" or kind != "text"}, "choices": choices} | (
        {} if kind == "text" else {"type": kind}
    )


def _habits(action: argparse.Action, kinds: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if any(each in kinds for each in ("_Append", "_Extend", "_Count")):
        found["repeats"] = True
    if action.choices is not None and not set(OPEN).isdisjoint(action.option_strings):
        found["open"] = True
    if "_UniqueAlias" in kinds:
        found["one_spelling"] = True
    if action.required:
        found["required"] = True
    if action.help == argparse.SUPPRESS:
        found["hidden"] = True
    if "_HelpAction" in kinds or "_VersionAction" in kinds:
        found["ends"] = True
    return found


def _default(value: Any) -> dict[str, Any]:
    plain = plain_of(value)
    return {} if plain is None else {"default": plain}


def plain_of(value: Any) -> Any:
    """Return a default as JSON; None for what is none, or cannot be said in JSON."""
    value = getattr(value, "value", value)
    if isinstance(value, bool | int | float | str):
        return None if value == argparse.SUPPRESS else value
    if isinstance(value, list | tuple) and all(isinstance(each, bool | int | float | str) for each in value):
        return list(value)
    return None


def _deprecated(action: argparse.Action, parser: argparse.ArgumentParser) -> dict[str, Any]:
    """Return what a flag's action and help tell of its end: facts, not sentences.

    What Dynamo's functions around `add_argument` are told counts first, then Python's and SGLang's marks, then words.
    """
    text, told = action.help or "", getattr(action, "told", {})
    old = told.get("obsolete_flag")
    found: dict[str, Any] = {"obsolete": [old]} if old else {}
    declared = told.get("deprecated")
    if declared is not None:
        return {**found, "deprecated": ended(declared.replacement, declared.remove_in)}
    marked = action in getattr(type(parser), "_deprecated", ()) or getattr(action, "deprecated", False)
    named = type(action).__name__.lstrip("_").startswith(("Deprecated", "Ignored"))
    first = text.split("\n")[0].split(". ")[0].lower()
    # Not `allow deprecated methods`, nor `will be deprecated when`.
    if not (marked or named or re.search(r"(?<!allow )(?<!enable )(?<!be )\bdeprecated\b", first)):
        return found
    found_in = {"use": _USE.search(text), "until": _UNTIL.search(text)}
    facts = {key: match[1] for key, match in found_in.items() if match}
    if facts.get("use") in action.option_strings:
        return found  # the flag is the way out of something else that is deprecated
    return {**found, "deprecated": facts or True}


def ended(replacement: str, remove_in: str) -> dict[str, str]:
    """Return the facts of a declared end: the flag to use, with the key of its file where one is named; the release."""
    flags = re.findall(r"--[a-z](?:[\w-]*\w)?", replacement)
    key = replacement.partition(" ")[0]
    within = f"{key} in " if _KEY.fullmatch(key) else ""
    return ({"use": f"{within}{flags[-1]}"} if flags else {}) | {"until": remove_in}
