"""The recording import from outside: runs the child, and makes catalogues of what it prints."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.flags.programs import ENGINES, PROGRAMS

ROOT = Path(__file__).resolve().parents[2]
_SECONDS = 300


def record(component: str, folders: Sequence[Path]) -> list[dict[str, Any]]:
    """Return the parsers of a component, in the order in which they read; each with its name."""
    found: list[dict[str, Any]] = _child("record", component, folders, None)
    for name, parser in zip(_names(component, len(found)), found, strict=True):
        parser["name"] = name
        for flag in parser["flags"]:
            flag.pop("converter", None)
    found[0]["flags"] = sorted([*found[0]["flags"], *_taken(component, folders, found)], key=lambda each: each["names"])
    return [{"name": each.pop("name"), **each} for each in found]


# Flags that a program takes out of its words before or after its parser: in some releases, as its verdict shows.
_TAKEN: dict[str, list[dict[str, Any]]] = {
    "dynamo.frontend": [{"names": ["--trust-remote-code"], "values": 0}],
    "dynamo.trtllm": [
        {
            "names": ["--publish-events-and-metrics"],
            "off": ["--no-publish-events-and-metrics"],
            "values": 0,
            "deprecated": {"use": "--publish-kv-events and --publish-metrics"},
        }
    ],
}


def _taken(component: str, folders: Sequence[Path], parsers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the flags that a program takes although none of its parsers has them."""
    there = {name for parser in parsers for flag in parser["flags"] for name in flag["names"]}
    asked = [each for each in _TAKEN.get(component, []) if each["names"][0] not in there]
    if not asked:
        return []
    verdicts = judge(component, folders, [[*PROGRAMS[component].argv, each["names"][0]] for each in asked])
    return [each for each, wrong in zip(asked, verdicts, strict=True) if not wrong]


def _names(component: str, count: int) -> tuple[str, ...]:
    """Return what the parsers are called; the router's came with Dynamo 1.5."""
    if component in ENGINES:
        return (component,)
    names = PROGRAMS[component].parsers
    return names if count == len(names) else tuple(each for each in names if each != "router")


def judge(component: str, folders: Sequence[Path], lines: Sequence[Sequence[str]]) -> list[str]:
    """Return the verdict of the real parsers on command lines: nothing, or what is wrong."""
    found: list[str] = _child("judge", component, folders, json.dumps(lines))
    return found


def _child(mode: str, component: str, folders: Sequence[Path], told: str | None) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "tools.flags.child", mode, component, *map(str, folders)],
        input=told,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{component}: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout)


def catalogue(component: str, version: str, sources: Sequence[str], parsers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a catalogue of recorded parsers."""
    return {"component": component, "version": version, "from": list(sources), "parsers": parsers}


def changes(there: dict[str, Any], plain: dict[str, Any]) -> dict[str, Any]:
    """Return what a Dynamo program adds to its engine's parser: flags, and choices of flags."""
    by_name = {each["names"][0]: each for each in plain["flags"]}
    added = [each for each in there["flags"] if each["names"][0] not in by_name]
    choices = {
        each["names"][0]: more
        for each in there["flags"]
        if (more := _more(each.get("choices", []), by_name.get(each["names"][0], {}).get("choices", [])))
        and each["names"][0] in by_name
    }
    return {key: value for key, value in (("flags", added), ("choices", choices)) if value}


# Values that Dynamo's other workers know and SGLang does not, or one that nobody knows.
_PROBES = {"sglang": (("--disaggregation-mode", ("agg", "pd", "encode", "prefill_and_decode", "no-such-mode")),)}
# Flags that name a file with further flags of the engine's.
_FILES = {"sglang": ("--config", "--disagg-config")}


def rewrites(component: str, folders: Sequence[Path]) -> dict[str, Any]:
    """Return which values a Dynamo program replaces before its engine's parser reads them, and its files of flags."""
    program = PROGRAMS[component]
    engine = program.engine or ""
    probes = [(flag, value) for flag, values in _PROBES.get(engine, ()) for value in values]
    found: dict[str, dict[str, str | None]] = {}
    if probes:
        lines = [[*program.argv, flag, value] for flag, value in probes]
        for (flag, value), words in zip(probes, _child("handed", component, folders, json.dumps(lines)), strict=True):
            new = words[words.index(flag) + 1] if flag in words else None
            if new != value:
                found.setdefault(flag, {})[value] = new
    changed = {"rewrites": found, "files": list(_FILES.get(engine, ()))}
    return {key: value for key, value in changed.items() if value}


def _more(there: list[Any], plain: list[Any]) -> list[Any]:
    return [each for each in there if each not in plain]
