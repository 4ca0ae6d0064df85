"""Options that give facts of a machine: `--driver 580.65.06`, `--gpu h100_sxm`, `--os ubuntu-22.04`."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from dynamo_recipes.app.hosts import ALIASES, mib
from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding, Where
from dynamo_recipes.recipe.near import did_you_mean, near, shown
from dynamo_recipes.support import gpus
from dynamo_recipes.support.facts import HostFacts

# What releases call a distribution, by what it calls itself in os-release.
DISTRIBUTIONS = {"amzn": "amazon-linux", "centos": "centos-stream"}
SYSTEMS = ("linux", "darwin", "windows")
ARCHITECTURES = ("x86_64", "aarch64")
_SYSTEM = re.compile(r"([a-z][a-z-]{0,38})-([0-9]{1,4}(?:\.[0-9]{1,6}){0,3})")
_OWN_GPU = re.compile(r"([ -9;-~]{1,60}):([1-9][0-9]{0,6}(?:Mi|Gi)):([0-9]{1,2}\.[0-9])")
# A version that is not whole, a range or a name is for uv, which knows them all; so is a path.
_PYTHON = re.compile(r"[0-9]{1,2}\.[0-9]{1,3}(\.[0-9]{1,3})?")
_FORMS = {
    "driver": (re.compile(r"[0-9]{2,4}(\.[0-9]{1,4}){0,2}"), "version of a driver", "580.65.06"),
    "cuda": (re.compile(r"[0-9]{1,2}\.[0-9]{1,2}"), "version of CUDA with two numbers", "12.9"),
    "glibc": (re.compile(r"[0-9]{1,2}\.[0-9]{1,3}"), "version of glibc", "2.36"),
}

Changes = Mapping[str, Any]


class Words(NamedTuple):
    """The words of each option, as they were written."""

    driver: str | None = None
    cuda: str | None = None
    gpu: str | None = None
    arch: str | None = None
    os: str | None = None
    glibc: str | None = None
    python: str | None = None


def read_words(words: Words) -> tuple[Changes, tuple[Finding, ...]]:
    """Return the facts that options give, by the names of HostFacts, and what is wrong with their words."""
    changes: dict[str, Any] = {}
    found: list[Finding] = []
    for option, word in words._asdict().items():
        if word is None:
            continue
        try:
            changes |= _READ[option](option, word)
        except Refused as refused:
            found += (each.at(Where(f"--{option}")) for each in refused.findings)
    return changes, tuple(found)


def laid_over(facts: HostFacts, changes: Changes) -> HostFacts:
    """Return facts with what options say. What rested on a fact that they change is then not known any more."""
    result = facts
    if any(name in changes and changes[name] != getattr(facts, name) for name in ("os", "distribution", "os_version")):
        result = result._replace(distribution=None, os_version=None, glibc=None)
    if "driver" in changes or "cuda" in changes:
        result = result._replace(driver=None, cuda=None)
    return result._replace(**changes)


def python_of(word: str | None) -> tuple[str, ...] | None:
    """Return the version that `--python` names; None where it names a path, a range or anything else of uv's."""
    return (word,) if word and _PYTHON.fullmatch(word) else None


def _version(option: str, word: str) -> Changes:
    form, what, example = _FORMS[option]
    if not form.fullmatch(word):
        raise _wrong("DR110", f"`{shown(word)}` is no {what}.", f"Write it as in `--{option} {example}`.")
    return {option: word}


def _arch(_option: str, word: str) -> Changes:
    arch = ALIASES.get(word, word)
    if arch not in ARCHITECTURES:
        raise _wrong("DR109", f"`{shown(word)}` is no architecture of Dynamo's.", did_you_mean(word, ARCHITECTURES))
    return {"arch": arch}


def _os(_option: str, word: str) -> Changes:
    system = ALIASES.get(word, word)
    if system in SYSTEMS:
        return {"os": system}
    if release := _SYSTEM.fullmatch(word):
        return {"os": "linux", "distribution": DISTRIBUTIONS.get(release[1], release[1]), "os_version": release[2]}
    close = near(word, SYSTEMS)
    hint = f"Did you mean {close[0]}?" if close else "Write linux, darwin, windows, or a release such as ubuntu-22.04."
    raise _wrong("DR110", f"`{shown(word)}` is no operating system.", hint)


def _gpu(_option: str, word: str) -> Changes:
    if own := _OWN_GPU.fullmatch(word):
        found = gpus.on_machine(own[1], mib(own[2]), own[3])
        return {"gpus": (found._replace(verified=False),)}
    known = gpus.known(word)
    if known:
        return {"gpus": (known,)}
    if ":" in word:
        hint = "Write NAME:MEMORY:CAPABILITY, such as h800:80Gi:9.0."
        raise _wrong("DR110", f"`{shown(word)}` does not say what a GPU is like.", hint)
    hint = f"{did_you_mean(word, gpus.names())} Or say what it is like: NAME:MEMORY:CAPABILITY, such as h800:80Gi:9.0."
    raise _wrong("DR204", f"The GPU `{shown(word)}` is not in the table.", hint)


def _python(_option: str, word: str) -> Changes:
    python = python_of(word)
    return {"python": python} if python else {}


def _wrong(code: str, message: str, hint: str) -> Refused:
    return Refused(Finding(code, message, hint))


_READ: dict[str, Callable[[str, str], Changes]] = {
    "driver": _version,
    "cuda": _version,
    "glibc": _version,
    "arch": _arch,
    "os": _os,
    "gpu": _gpu,
    "python": _python,
}
