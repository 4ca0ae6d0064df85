"""One Dynamo release: what it installs from, what it can do, how its frontend spells flags. Judges nothing.

None is unknown: nothing that was read says it. It never means that there is none.
"""

from functools import cache
from typing import Any, NamedTuple

from dynamo_recipes.support import data


class Blocked(NamedTuple):
    """Why wheels do not install from PyPI on some Python versions."""

    kind: str  # "index": another index has it; "wheel": there is none; "python": the engine has none for this Python
    package: str
    pythons: tuple[str, ...]


class Wheels(NamedTuple):
    """How the release and one engine are installed from a package index."""

    requirements: tuple[str, ...]
    options: tuple[str, ...]  # exact options of `uv pip install`
    overrides: tuple[str, ...]
    pythons: tuple[str, ...]  # on which wheels alone were seen to resolve
    blocked: tuple[Blocked, ...]
    arch: tuple[str, ...]  # on which wheels alone were seen to resolve
    cuda: str | None  # that the wheels bring, "13.0"; None: unknown, or none is needed
    glibc: str | None  # lowest that all wheels are known to run with
    disk_mib: int | None  # size of the environment on disk


class System(NamedTuple):
    """An operating system that the documentation lists."""

    name: str
    version: str
    arch: tuple[str, ...]
    scope: str  # "containers and wheels", "wheels only", "unspecified"…
    status: str


class Platform(NamedTuple):
    """Machines that the release has wheels for, and those that the documentation lists."""

    os: tuple[str, ...]
    arch: tuple[str, ...]
    glibc: str | None
    systems: tuple[System, ...] | None


class Image(NamedTuple):
    """A container image, below `registry` of `images.json`."""

    repository: str
    tag: str | None
    variant: str  # "default", "cuda13", "efa", "component"
    cuda: str | None
    arch: tuple[str, ...] | None  # "x86_64", "aarch64"
    status: str


class Engine(NamedTuple):
    """An engine in the version that the release was tested with."""

    version: str | None
    wheels: Wheels | None
    drivers: tuple[tuple[str, str], ...] | None  # CUDA of its images, lowest driver branch


_NOT_KNOWN = Engine(None, None, None)


class Feature(NamedTuple):
    """Whether an engine of this release has a feature."""

    status: str | None  # "yes", "caveat", "experimental", "no"
    note: str = ""
    not_with: tuple[str, ...] = ()  # features and layouts that it does not stand beside: "disaggregation", "ep_d"


class Cluster(NamedTuple):
    """What the release needs of a Kubernetes cluster."""

    kubernetes: str | None  # lowest version
    grove: str | None  # ">=v0.1.0-alpha.8,<v0.1.0-alpha.9"
    kai_scheduler: str | None


class Needs(NamedTuple):
    """What one process needs of the machine. What is not known is None or left out: it is not checked."""

    memory_mib: int | None = None
    headers: bool = False  # Python's own: the engine compiles when it starts
    libraries: tuple[tuple[str, str | None], ...] = ()  # name for the loader, Debian's package


class Release(NamedTuple):
    """A Dynamo release. Ask `can` for a capability; never compare version numbers."""

    version: str
    kind: str  # "stable", "main"
    engines: dict[str, Engine]
    python_minimum: str | None  # "3.10", of the wheels
    python_documented: tuple[str, ...] | None
    python_container: str | None  # "3.12", in the images
    platform: Platform
    images: tuple[Image, ...] | None
    features: dict[str, dict[str, Feature]]  # feature, engine
    kvbm_pythons: tuple[str, ...] | None  # None: any
    cluster: Cluster
    gpu_architectures: tuple[str, ...] | None
    capabilities: dict[str, bool | None]
    router_modes: tuple[str, ...] | None  # as recipes spell them: round_robin
    caveats: tuple[str, ...]
    frontend_module: str
    frontend_flags: dict[str, str]  # field of the recipe, flag that it sets
    needs: dict[str, Needs]  # `frontend` or engine name, what a process of it needs

    def can(self, capability: str) -> bool:
        """Tell whether the release is known to have a capability."""
        return bool(self.capabilities[capability])

    def feature(self, name: str, engine: str) -> Feature:
        """Return whether an engine has a feature; an unknown one has no status."""
        return self.features.get(name, {}).get(engine, Feature(None))

    def engine(self, name: str) -> Engine:
        """Return what is known of an engine in this release."""
        return self.engines.get(name, _NOT_KNOWN)

    def frontend_flag(self, field: str) -> str:
        """Return how this release's frontend spells the flag that a field of the recipe sets."""
        return self.frontend_flags[field]

    def needs_of(self, program: str) -> Needs:
        """Return what a process of the frontend or of an engine needs."""
        return self.needs.get(program, Needs())


@cache
def release(version: str) -> Release:
    """Return a release that has a data file."""
    raw = data.load(f"releases/{version}.json")
    python = raw["python"]
    return Release(
        version=raw["release"],
        kind=raw["kind"],
        engines={name: _engine(each) for name, each in raw["engines"].items()},
        python_minimum=python["minimum"],
        python_documented=_texts(python["documented"]),
        python_container=python["container"],
        platform=_platform(raw["platform"]),
        images=None if raw["images"] is None else tuple(_image(each) for each in raw["images"]),
        features={
            name: {engine: _feature(each) for engine, each in engines.items()}
            for name, engines in raw["features"].items()
        },
        kvbm_pythons=_texts(raw["kvbm_pythons"]),
        cluster=Cluster(**raw["cluster"]),
        gpu_architectures=_texts(raw["gpu_architectures"]),
        capabilities=raw["capabilities"],
        router_modes=None if raw["router_modes"] is None else tuple(m.replace("-", "_") for m in raw["router_modes"]),
        caveats=tuple(raw["caveats"]),
        frontend_module=raw["frontend"]["module"],
        frontend_flags=raw["frontend"]["flags"],
        needs={program: _needs(each) for program, each in raw["needs"].items()},
    )


def _texts(raw: list[str] | None) -> tuple[str, ...] | None:
    return None if raw is None else tuple(raw)


def _engine(raw: dict[str, Any]) -> Engine:
    drivers = raw["drivers"]
    return Engine(raw["version"], _wheels(raw["wheels"]), None if drivers is None else tuple(sorted(drivers.items())))


def _wheels(raw: dict[str, Any] | None) -> Wheels | None:
    if raw is None:
        return None
    return Wheels(
        tuple(raw["requirements"]),
        tuple(raw["options"]),
        tuple(raw["overrides"]),
        tuple(raw["pythons"]),
        tuple(Blocked(each["kind"], each["package"], tuple(each["pythons"])) for each in raw["blocked"]),
        tuple(raw["arch"]),
        raw["cuda"],
        raw["glibc"],
        raw["disk_mib"],
    )


def _feature(raw: dict[str, Any]) -> Feature:
    return Feature(raw["status"], raw.get("note", ""), tuple(raw.get("not_with", ())))


def _needs(raw: dict[str, Any]) -> Needs:
    libraries = raw["libraries"] or {}
    return Needs(raw["memory_mib"], bool(raw["headers"]), tuple(sorted(libraries.items())))


def _platform(raw: dict[str, Any]) -> Platform:
    systems = raw["systems"]
    return Platform(
        tuple(raw["os"]),
        tuple(raw["arch"]),
        raw["glibc"],
        None
        if systems is None
        else tuple(
            System(each["name"], each["version"], tuple(each["arch"]), each["scope"], each["status"])
            for each in systems
        ),
    )


def _image(raw: dict[str, Any]) -> Image:
    return Image(raw["repository"], raw["tag"], raw["variant"], raw["cuda"], _texts(raw["arch"]), raw["status"])
