"""One Dynamo release: what it installs from, what it can do, how its frontend spells flags. Judges nothing."""

from functools import cache
from typing import Any, NamedTuple

from dynamo_recipes.support import data


class Wheels(NamedTuple):
    """How the release is installed from a package index."""

    requirements: tuple[str, ...]
    options: tuple[str, ...]  # exact options of `uv pip install`
    python_minimum: str  # "3.10"
    python_below: str  # "3.13"
    disk_mib: int  # size of the environment on disk


class Platform(NamedTuple):
    """Machines that the release has wheels for."""

    os: tuple[str, ...]
    arch: tuple[str, ...]
    glibc: str


class Needs(NamedTuple):
    """What one process needs of the machine. What is not known is None or left out: it is not checked."""

    memory_mib: int | None = None
    headers: bool = False  # Python's own: the engine compiles when it starts
    libraries: tuple[tuple[str, str | None], ...] = ()  # name for the loader, Debian's package


class Release(NamedTuple):
    """A Dynamo release. Ask `can` for a capability; never compare version numbers."""

    version: str
    wheels: Wheels
    platform: Platform
    engines: tuple[tuple[str, str], ...]  # engine name, version
    capabilities: frozenset[str]
    router_modes: tuple[str, ...]  # as recipes spell them: round_robin
    frontend_module: str
    frontend_flags: tuple[tuple[str, str], ...]  # field of the recipe, flag that it sets
    needs: tuple[tuple[str, Needs], ...]  # `frontend` or engine name, what a process of it needs

    def can(self, capability: str) -> bool:
        """Tell whether the release has a capability."""
        return capability in self.capabilities

    def frontend_flag(self, field: str) -> str:
        """Return how this release's frontend spells the flag that a field of the recipe sets."""
        return dict(self.frontend_flags)[field]

    def needs_of(self, program: str) -> Needs:
        """Return what a process of the frontend or of an engine needs."""
        return dict(self.needs).get(program, Needs())


@cache
def release(version: str) -> Release:
    """Return a release that has a data file."""
    raw = data.load(f"releases/{version}.json")
    return Release(
        version=raw["release"],
        wheels=_wheels(raw),
        platform=_platform(raw["platform"]),
        engines=tuple((name, each["version"]) for name, each in sorted(raw["engines"].items())),
        capabilities=frozenset(name for name, has in raw["capabilities"].items() if has),
        router_modes=tuple(mode.replace("-", "_") for mode in raw["router_modes"]),
        frontend_module=raw["frontend"]["module"],
        frontend_flags=tuple(sorted(raw["frontend"]["flags"].items())),
        needs=tuple((program, _needs(each)) for program, each in sorted(raw["needs"].items())),
    )


def _wheels(raw: dict[str, Any]) -> Wheels:
    wheels, python = raw["wheels"], raw["python"]
    return Wheels(
        tuple(wheels["requirements"]),
        tuple(wheels["options"]),
        python["minimum"],
        python["below"],
        wheels["disk_mib"],
    )


def _needs(raw: dict[str, Any]) -> Needs:
    libraries = raw["libraries"] or {}
    return Needs(raw["memory_mib"], bool(raw["headers"]), tuple(sorted(libraries.items())))


def _platform(raw: dict[str, Any]) -> Platform:
    return Platform(tuple(raw["os"]), tuple(raw["arch"]), raw["glibc"])
