"""What uv makes of a release: on which Pythons wheels alone install it, and what is in the way on the others.

Asks the package indexes that uv is set up for. Installs nothing into an environment and runs nothing of a package.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from uv import find_uv_bin

ARCHES = ("x86_64", "aarch64")
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
_PICKED = "3.12"  # the documented Python: by it wheels are fetched and glibc is looked for
_GLIBC = ("2.28", "2.31", "2.34", "2.35")
_PLATFORM = f"manylinux_{_GLIBC[-1].replace('.', '_')}"
_SECONDS = 600
# Packages that upstream serves from an index of its own: where no other has their wheels, that one does.
_OTHER_INDEX = ("aisimulate", "aiconfigurator")

_NAME = r"(?P<name>[A-Za-z0-9._-]+?)(?:\[[^\]]*\])?(?:\{[^}]*\})?"
_VERSION = r"(?:==(?P<version>\S+)|(?P<range>[<>]=?\S+))"
_NONE = r"(?:no usable wheels|no wheels with a matching \w+)"
# What uv says of the package that is in the way; the earliest in its text is the cause.
_REASONS = (
    rf"{_NAME}{_VERSION} has {_NONE}",
    rf"all versions of {_NAME} have {_NONE}",
    rf"[Oo]nly {_NAME}[<>=]+\S+ is available and \S+ depends on (?P=name)(?P<range>\S+?),",
    rf"there is no version of {_NAME}==(?P<version>\S+)",
    rf"{_NAME}{_VERSION} depends on Python",
    rf"not satisfy Python\S+ and you require {_NAME}==(?P<version>[^\s,]+)",
    rf"{_NAME} was not found in the package registry",
)
_NO_SUCH_PYTHON = re.compile(r"matching Python|depends on Python|not satisfy Python")


class Answer(NamedTuple):
    """What uv answers: the versions it would install, or the package that is in the way."""

    versions: dict[str, str]
    package: str = ""
    told: str = ""  # "aisimulate 0.13.0", "certifi>=2026.10.19"
    python: bool = False  # the package has nothing for this Python; it may have for others


Ask = Callable[[str, str, str, Sequence[str]], Answer]  # requirement, Python, platform, overrides


class Tried(NamedTuple):
    """All that is in the way on a Python, and what uv installs when it is taken out."""

    blocking: tuple[Answer, ...]
    versions: dict[str, str]
    overrides: tuple[str, ...]


def ask(requirement: str, python: str, platform: str, overrides: Sequence[str]) -> Answer:
    """Ask uv what it would install. Raises SystemExit when it does not say, as without a network."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "overrides.txt")
        file.write_text("\n".join(overrides), encoding="utf-8")
        words = ["--no-header", "--no-annotate", "--python-version", python, "--python-platform", platform]
        done = _uv("pip", "compile", "--no-build", *words, "--override", str(file), "-", told=requirement)
    if done.returncode == 0:
        pins = (line.split(";")[0].strip().split("==") for line in done.stdout.splitlines() if "==" in line)
        return Answer({name.split("[")[0].lower(): version for name, version in pins})
    return refusal(done.stderr)


def refusal(text: str) -> Answer:
    """Return what is in the way, by what uv prints."""
    told = " ".join(text.split())
    if "No solution found" not in told:
        raise SystemExit(f"uv cannot resolve: {told[-400:]}")
    found = [match for each in _REASONS for match in re.finditer(each, told)]
    if not found:
        return Answer({}, "unknown", "unknown", bool(_NO_SUCH_PYTHON.search(told)))
    first = min(found, key=lambda match: match.start())
    parts = first.groupdict()
    version = f" {parts['version']}" if parts.get("version") else parts.get("range") or ""
    return Answer({}, first["name"], f"{first['name']}{version}", bool(_NO_SUCH_PYTHON.search(first[0])))


def resolved(requirement: str, overrides: Sequence[str], asked: Ask = ask) -> dict[str, Any]:
    """Return what a release file says of an engine's wheels: Pythons, what is in the way, arches, CUDA, glibc."""
    tried = {python: _try(requirement, python, overrides, asked) for python in PYTHONS}
    fits = [python for python, each in tried.items() if not each.blocking]
    blocked: dict[tuple[str, str], list[str]] = {}
    for python, each in tried.items():
        for way in each.blocking:
            blocked.setdefault((_kind(way, requirement, tried), way.told), []).append(python)
    ways = [{"kind": kind, "package": package, "pythons": on} for (kind, package), on in sorted(blocked.items())]
    found = {"pythons": fits, "blocked": ways}
    python = _PICKED if _PICKED in fits or not fits else fits[0]
    return found | _elsewhere(requirement, python, tried[python], asked)


def _try(requirement: str, python: str, overrides: Sequence[str], asked: Ask) -> Tried:
    """Ask again and again, without what was in the way: behind one package there may be another."""
    blocking: dict[str, Answer] = {}
    left_out = list(overrides)
    while True:
        answer = asked(requirement, python, f"{ARCHES[0]}-{_PLATFORM}", left_out)
        done = bool(answer.versions) or answer.package in blocking
        if not answer.versions:
            blocking.setdefault(answer.package, answer)
        # What is asked for itself cannot be left out, nor what uv does not name.
        if done or answer.package == "unknown" or answer.package == re.split(r"[\[=]", requirement)[0]:
            return Tried(tuple(blocking.values()), answer.versions, tuple(left_out))
        left_out.append(f"{answer.package} ; sys_platform == 'never'")


def _elsewhere(requirement: str, python: str, tried: Tried, asked: Ask) -> dict[str, Any]:
    """Return where wheels install, by the Python that is documented; what blocks on all of them is left out."""
    if not tried.versions:
        return {}
    low = next((each for each in _GLIBC if _asked(requirement, python, ARCHES[0], each, tried, asked)), None)
    arch = [each for each in ARCHES if _asked(requirement, python, each, _GLIBC[-1], tried, asked)]
    return {"arch": arch, "cuda": _cuda(tried.versions), "glibc": low}


def _asked(requirement: str, python: str, arch: str, glibc: str, tried: Tried, asked: Ask) -> bool:
    platform = f"{arch}-manylinux_{glibc.replace('.', '_')}"
    return bool(asked(requirement, python, platform, tried.overrides).versions)


def _kind(way: Answer, requirement: str, tried: dict[str, Tried]) -> str:
    """Return the kind of what is in the way: what is not so on another Python lacks a wheel for this one.

    Where the release or its engine are in the way, nobody asked for the packages that they need.
    """
    if way.package.startswith(_OTHER_INDEX):
        return "index"
    asked_for = {*re.split(r"[\[\]=]+", requirement), "unknown"}
    blocking = [{each.package for each in found.blocking} for found in tried.values()]
    elsewhere = any(way.package not in each for each in blocking if not each & asked_for)
    return "python" if way.python or elsewhere else "wheel"


def _cuda(versions: dict[str, str]) -> str | None:
    """Return the CUDA that is installed along: 13.0 of `nvidia-cuda-runtime`, 12.8 of `nvidia-cuda-runtime-cu12`."""
    found = next((version for name, version in versions.items() if name.startswith("nvidia-cuda-runtime")), None)
    return ".".join(found.split(".")[:2]) if found else None


def unpack(requirement: str, arch: str, folder: Path) -> bool:
    """Unpack the wheel of a requirement for an arch; returns whether there is one."""
    words = ["--python-version", _PICKED, "--python-platform", f"{arch}-{_PLATFORM}"]
    done = _uv("pip", "install", "--no-deps", "--no-build", *words, "--target", str(folder / arch), requirement)
    if done.returncode and "No solution found" not in done.stderr:
        raise SystemExit(f"uv cannot fetch {requirement}: {done.stderr.strip()[-400:]}")
    return done.returncode == 0


def _uv(*words: str, told: str = "") -> subprocess.CompletedProcess[str]:
    """Run uv. Byte-code is not compiled and no interpreter is fetched: nothing that is not ours runs."""
    env = {**os.environ, "NO_COLOR": "1", "UV_COMPILE_BYTECODE": "0", "UV_PYTHON_DOWNLOADS": "never"}
    argv = [str(find_uv_bin()), "--quiet", *words, "--python", sys.executable]
    # Away from this folder, so that no settings of a project are in force but the user's own.
    with tempfile.TemporaryDirectory() as cwd:
        return subprocess.run(
            argv, input=told, capture_output=True, text=True, env=env, cwd=cwd, timeout=_SECONDS, check=False
        )
