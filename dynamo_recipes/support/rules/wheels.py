"""What wheels ask of Python, of the package index and of the system. Silent where no wheels are installed."""

from collections.abc import Iterator

from dynamo_recipes.findings import Finding, finding
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.support.case import Case
from dynamo_recipes.support.numbers import pair
from dynamo_recipes.support.releases import Blocked
from dynamo_recipes.support.rules.words import ORIGIN, engine, listed

_CONTAINER = "Run the release's container: -t docker."


def python_range(case: Case) -> Iterator[Finding]:
    """DR206: refuse a Python below the one that the release's own wheels are built for.

    Rests on `Requires-Python` and on the tag of `ai-dynamo-runtime` (WHL, PYPI): cp310-abi3, later cp311-abi3.
    """
    if case.python and too_old(case):
        message = f"Dynamo {case.release.version} does not run on Python {shown(case.python)}."
        yield finding("DR206", ORIGIN, message, f"Install Python {case.release.python_minimum} or newer.")


def platform(case: Case) -> Iterator[Finding]:
    """DR207: refuse a machine for which the release itself has no wheels.

    Rests on the file list of `ai-dynamo-runtime` (PYPI): manylinux_2_28 for x86_64 and aarch64, nothing else.
    """
    missing = _missing(case) if case.installs else ""
    if missing:
        wheels = case.release.platform
        hint = f"It needs {listed(wheels.os, 'or')} on {listed(wheels.arch, 'or')}"
        hint += f" with glibc {wheels.glibc} or newer." if wheels.glibc else "."
        yield finding("DR207", ORIGIN, f"Dynamo {case.release.version} has no wheels for {missing}.", hint)


def engine_glibc(case: Case) -> Iterator[Finding]:
    """DR216: refuse a glibc that is new enough for Dynamo's own wheels, and too old for those of the engine.

    Rests on the engines' wheel tags and on resolutions at several glibc versions (PYPI, UV).
    """
    wheels, there = case.engine.wheels, case.facts.glibc
    if not case.installs or wheels is None or wheels.glibc is None or there is None or _missing(case):
        return
    if pair(there) < pair(wheels.glibc):
        message = f"The wheels of {engine(case)} need glibc {wheels.glibc}, and this machine has {shown(there)}."
        yield finding("DR216", ORIGIN, message, "Run the release's container, which brings its own: -t docker.")


def index(case: Case) -> Iterator[Finding]:
    """DR214: refuse where a package has its wheels in NVIDIA's own Python index only, and uv does not ask that one.

    Rests on resolutions from PyPI alone (WHL, PYPI, UV): releases of `aisimulate` have only a placeholder there.
    """
    for each in () if case.facts.nvidia_index else _blocked(case, "index"):
        message = f"{_needed(case, each)} has no wheel on PyPI."
        hint = f"Let uv also ask NVIDIA's own Python index.{_elsewhere(case)}"
        yield finding("DR214", ORIGIN, message, hint)


def missing_wheel(case: Case) -> Iterator[Finding]:
    """DR215: refuse where no wheel of a package fits what the release and its engine ask for.

    Rests on resolutions with wheels only, for each Python and architecture (UV, WHL): `cuda-tile` for SGLang, `certifi`
    for 1.6.1, and what SGLang needs on aarch64.
    """
    for each in _blocked(case, "wheel"):
        message = f"{_needed(case, each)} has no wheel that fits."
        yield finding("DR215", ORIGIN, message, f"{_CONTAINER}{_elsewhere(case)}")
    arch, wheels = case.facts.arch, case.engine.wheels
    if case.installs and wheels and arch in case.release.platform.arch and arch not in wheels.arch:
        message = f"Not all packages that {_needs(case)} needs have wheels for {arch}."
        yield finding("DR215", ORIGIN, message, f"{_CONTAINER} Wheels are there for {listed(wheels.arch)}.")


def engine_python(case: Case) -> Iterator[Finding]:
    """DR218: refuse a Python for which the engine, or what it needs, has no wheel; warn of one that nobody documents.

    Rests on the engines' wheel tags and on resolutions with each Python (PYPI, UV), and on the documented Pythons
    (COMP).
    """
    blocked = tuple(_blocked(case, "python"))
    for each in blocked:
        message = f"{_needed(case, each)} has no wheel for Python {case.python}."
        yield finding("DR218", ORIGIN, message, _elsewhere(case).strip() or _CONTAINER)
    documented = case.release.python_documented
    if blocked or case.python is None or documented is None or case.python in documented or too_old(case):
        return
    message = f"Dynamo {case.release.version} is not documented to run on Python {shown(case.python)}."
    yield finding("DR218", ORIGIN, message, f"Documented: {listed(documented)}.", "warning")


def _missing(case: Case) -> str:
    """Return what the release itself has no wheels for; nothing when it has, or when the machine is not known."""
    machine, wheels = case.facts, case.release.platform
    if machine.os is not None and machine.os not in wheels.os:
        return f"the operating system {shown(machine.os)}"
    if machine.arch is not None and machine.arch not in wheels.arch:
        return f"the architecture {shown(machine.arch)}"
    if machine.glibc is not None and wheels.glibc is not None and pair(machine.glibc) < pair(wheels.glibc):
        return f"glibc {shown(machine.glibc)}"
    return ""


def too_old(case: Case) -> bool:
    """Tell whether the Python of the case is below what the release's own wheels are built for."""
    lowest = case.release.python_minimum
    return bool(case.python and lowest and pair(case.python) < pair(lowest))


def _blocked(case: Case, kind: str) -> Iterator[Blocked]:
    """Yield what keeps the wheels from installing on the case's Python."""
    for each in case.engine.wheels.blocked if case.engine.wheels and case.installs else ():
        if each.kind == kind and case.python in each.pythons:
            yield each


def _needed(case: Case, blocked: Blocked) -> str:
    return f"The package `{blocked.package}`, which {_needs(case)} needs,"


def _needs(case: Case) -> str:
    return f"Dynamo {case.release.version} with {engine(case)}"


def _elsewhere(case: Case) -> str:
    """Return on which Pythons the wheels install as they are."""
    fits = case.engine.wheels.pythons if case.engine.wheels else ()
    return f" On Python {listed(fits, 'or')} it installs from PyPI as it is." if fits else ""
