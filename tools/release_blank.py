"""The file of a release of which nothing is known yet, and what of a file is to be filled by hand. Reads no wheels."""

from collections.abc import Iterator
from typing import Any

from dynamo_recipes.support import data

# Facts that wheels do not tell: what they are, the kind of page that has them, and examples of that in `sources.json`.
# A star stands for each engine. In this order they are asked for.
HAND: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "date": ("the day of the release", "the page of the release", ("REL", "GH162")),
    "engines.*.version": ("the engine's version in the image", "compatibility", ("COMP", "SM")),
    "engines.*.drivers": ("CUDA of the images, lowest driver branch", "compatibility", ("COMP", "SM")),
    "engines.*.nixl.documented": ("NIXL in the image", "releases", ("REL", "COMP")),
    "engines.*.wheels.disk_mib": ("size of the environment, MiB", "measured by installing it", ("RUN",)),
    "engines.*.wheels.download_mib": ("size of what is fetched, MiB", "measured by installing it", ("RUN",)),
    "python.documented": ("Pythons that are supported", "compatibility", ("COMP", "SM")),
    "python.container": ("Python of the images", "the build's settings", ("CTX",)),
    "platform.systems": ("operating systems that are supported", "compatibility", ("COMP", "SM")),
    "images": ("images: tag, variant, CUDA, arch, status", "release artifacts", ("RA121", "REL")),
    "features": ("features of each engine", "feature matrix, compatibility", ("FM09", "COMP")),
    "cluster.kubernetes": ("lowest Kubernetes", "installation on Kubernetes", ("K8S",)),
    "cluster.grove": ("Grove versions", "multinode orchestration", ("MNODE", "K8S16")),
    "cluster.kai_scheduler": ("KAI Scheduler versions", "multinode orchestration", ("MNODE", "K8S16")),
    "charts": ("Helm charts", "release artifacts", ("RA121", "REL")),
    "gpu_architectures": ("GPU architectures", "compatibility", ("COMP", "SM")),
    "capabilities.launch": ("whether frontend and mocker run as the plan starts them", "tried", ("RUN",)),
    "capabilities.planner_image": ("whether there is a planner image", "release artifacts", ("RA121", "REL")),
    "capabilities.stored_v1beta1": ("whether clusters store v1beta1 graphs", "deprecations", ("DEP",)),
    "capabilities.component_image": ("whether each component has an image", "deprecations", ("DEP", "RN150")),
    "capabilities.cuda12_images": ("whether there are CUDA 12 images", "release artifacts", ("RA121", "REL")),
    "capabilities.kvbm_deprecated": ("whether KVBM is deprecated", "deprecations", ("DEP",)),
    "ucx": ("UCX in the images", "releases", ("REL", "COMP")),
    "needs": ("memory and libraries of each program", "measured by running it", ("RUN",)),
    "caveats": ("known issues, by the names in `caveats.json`", "known issues", ("KI", "KI141")),
}
_FROM_WHEELS = {
    "engines": ["UV", "WHL"],
    "python": ["WHL"],
    "platform": ["PYPI"],
    "capabilities": ["WHL"],
    "router_modes": ["WHL"],
    "frontend": ["WHL"],
}


def blank(version: str, engines: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the document of a release of which nothing is known, in the form of the others."""
    newest = data.load(f"releases/{data.release_names()[0]}.json")
    document: dict[str, Any] = {
        "release": version,
        "date": None,
        "kind": "nightly" if ".dev" in version else "stable",
        "engines": {name: _engine(facts) for name, facts in engines.items()},
        "python": {"minimum": None, "documented": None, "container": None},
        "platform": {"os": ["linux"], "arch": [], "glibc": None, "systems": None},
        "images": None,
        "features": {name: {engine: {"status": None} for engine in sorted(engines)} for name in newest["features"]},
        "kvbm_pythons": None,
        "cluster": {"kubernetes": None, "grove": None, "kai_scheduler": None},
        "charts": None,
        "gpu_architectures": None,
        "capabilities": dict.fromkeys(newest["capabilities"]),
        "router_modes": None,
        "ucx": None,
        "frontend": {"module": "dynamo.frontend", "flags": {}},
        "needs": {name: {"memory_mib": None, "headers": None, "libraries": None} for name in ("frontend", "mocker")},
        "caveats": [],
    }
    facts = (name for name in document if name not in ("release", "kind"))
    return {**document, "sources": {name: _FROM_WHEELS.get(name, []) for name in facts}}


def with_sections(document: dict[str, Any], engines: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a document in which wheels have their section, where they are new since the file was written."""
    for name, fresh in blank(document["release"], engines)["engines"].items():
        engine = document["engines"].setdefault(name, fresh)
        engine["wheels"] = engine["wheels"] or fresh["wheels"]
    return document


def _engine(facts: dict[str, Any]) -> dict[str, Any]:
    """Return an engine; one that needs no GPU needs no driver and brings no NIXL."""
    wheels = {
        "requirements": [],
        "options": ["--no-build"],
        "overrides": [],
        "pythons": [],
        "blocked": [],
        "arch": [],
        "cuda": None,
        "glibc": None,
        "disk_mib": None,
        "download_mib": None,
    }
    return {
        "version": None,
        "wheels": None if facts["container_only"] else wheels,
        "drivers": None if facts["gpu"] else {},
        "nixl": {"documented": None, "wheels": None} if facts["gpu"] else None,
    }


def to_fill(document: dict[str, Any]) -> Iterator[str]:
    """Yield what is not filled, and where it is documented."""
    for place, (what, where, sources) in HAND.items():
        for found in _places(document, place.split("."), document["engines"]):
            yield f"{found}: {what}; {where} ({', '.join(sources)})"
    for name, value in document["capabilities"].items():
        if value is None and f"capabilities.{name}" not in HAND:
            yield f"capabilities.{name}: as in the other releases; tried (RUN)"


def _places(inside: Any, place: list[str], engines: dict[str, Any], before: str = "") -> Iterator[str]:
    """Yield the places that are unknown; a section that is null as a whole is none of this release's."""
    first, *rest = place
    for name in engines if first == "*" else [first]:
        value = inside.get(name)
        if not rest and _unknown(value):
            yield before + name
        elif rest and value is not None:
            yield from _places(value, rest, engines, f"{before}{name}.")


def _unknown(value: Any) -> bool:
    """Tell whether a fact is missing: null, no list, or a mapping of nothing but that. `{}` says that there is none."""
    if isinstance(value, dict):
        return bool(value) and all(map(_unknown, value.values()))
    return value is None or value == []
