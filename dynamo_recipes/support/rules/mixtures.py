"""What does not go together, though each part alone is fine: KVBM, combinations that are broken, versions."""

from collections.abc import Iterator

from dynamo_recipes.findings import Finding, Path, finding
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.support import broken, data
from dynamo_recipes.support.case import Case
from dynamo_recipes.support.rules.feature import UNSURE, feature, note
from dynamo_recipes.support.rules.unknown import unknown
from dynamo_recipes.support.rules.words import ORIGIN, listed, title

_OFFLOAD: Path = ("kv", "offload", "engine")
_MOST_LINES = 2  # between frontend and workers


def kvbm(case: Case) -> Iterator[Finding]:
    """DR219: refuse KVBM where it fails or is not there; warn where it is experimental or deprecated.

    Sources: COMP, FM09, SM07, PR9258, KI, DEP, D150.
    """
    if "kvbm" not in case.features:
        return
    engine, version, status = title(case), case.release.version, feature(case, "kvbm").status
    native = "Let the engine offload by itself, `engine: native`, or remove `kv.offload`."
    if status is None:
        yield unknown(case, f"whether {engine} has KVBM", _OFFLOAD)
    elif status == "no":
        message = f"KVBM does not work with {engine} in Dynamo {version}{note(case, 'kvbm')}."
        yield finding("DR219", _OFFLOAD, message, native)
        return
    elif status in UNSURE:
        message = f"KVBM on {engine} {UNSURE[status]} in Dynamo {version}{note(case, 'kvbm')}."
        yield finding("DR219", _OFFLOAD, message, native, "warning")
    yield from _kvbm_python(case)
    if case.release.can("kvbm_deprecated"):
        yield finding("DR219", _OFFLOAD, f"KVBM is deprecated in Dynamo {version}.", native, "warning")


def _kvbm_python(case: Case) -> Iterator[Finding]:
    wanted = case.release.kvbm_pythons
    if wanted is not None and case.python is not None and case.python not in wanted:
        only = listed(wanted)
        message = f"KVBM of Dynamo {case.release.version} runs on Python {only} only, not on {case.python}."
        yield finding("DR219", _OFFLOAD, message, f"Use Python {only}, or a newer release.")


def known_broken(case: Case) -> Iterator[Finding]:
    """DR224: refuse combinations that are known to fail in this release; warn of those that fail now and then.

    Sources: KI, GH131, D160. `broken.json` says when a caveat of the release applies, `caveats.json` how bad it is.
    """
    rows = data.load("broken.json")
    for name in case.release.caveats:
        place = broken.place(case, rows[name]["when"]) if name in rows else None
        if place:
            what, instead = rows[name]["what"], rows[name]["instead"]
            message = f"{what}: {title(case)} in Dynamo {case.release.version}."
            hint = f"{instead} {broken.later(case.release, name)}".strip()
            yield finding("DR224", place, message, hint, data.load("caveats.json")[name]["severity"])


def version_window(case: Case) -> Iterator[Finding]:
    """DR225: refuse workers far from the frontend, prefill and decode of two versions, upgrades that skip a line.

    Sources: COMP, D160. The frontend is of the release. Versions of workers are those in the tags of images that are
    named like the engine's own; another name, `latest` or a digest says nothing.
    """
    if case.target.path != "image":
        return
    version = case.release.version
    for place, image, found in _images(case):
        apart = data.lines_apart(found, version)
        if apart is not None and abs(apart) > _MOST_LINES:
            message = f"The frontend is Dynamo {version}; {shown(image, 120)} is more than two minor lines away."
            yield finding("DR225", place, message, "Use an image of the release, or leave `image` out.")
    yield from _halves(case)
    yield from _upgrade(case)


def _images(case: Case) -> Iterator[tuple[Path, str, str]]:
    """Yield each image that the recipe names and that has a version: where, what, and the version."""
    named: list[tuple[Path, str | None]] = [(("engine", "image"), case.recipe.engine.image)]
    named += [(("workers", name, "image"), worker.image) for name, worker in case.recipe.workers.items()]
    for place, image in named:
        found = _version(case, image) if image else None
        if image and found:
            yield place, image, found


def _halves(case: Case) -> Iterator[Finding]:
    """Compare prefill and decode workers; those without an image of their own have the engine's or the release's."""
    by_role: dict[str, dict[str, str]] = {"prefill": {}, "decode": {}}
    for name, worker in case.recipe.workers.items():
        image = worker.image or case.recipe.engine.image
        version = _version(case, image) if image else case.release.version
        if version and (worker.role or name) in by_role:
            by_role[worker.role or name][name] = version
    for one, other in ((one, other) for one in by_role["prefill"].items() for other in by_role["decode"].items()):
        if one[1] != other[1]:
            message = f"`{one[0]}` is Dynamo {one[1]} and `{other[0]}` is {other[1]}: they exchange KV caches."
            yield finding("DR225", ("workers", other[0]), message, "Give prefill and decode workers the same image.")
            return


def _upgrade(case: Case) -> Iterator[Finding]:
    there, version = case.facts.operator, case.release.version
    apart = data.lines_apart(there, version) if there and case.target.cluster else None
    if there and apart is not None and apart < -1:
        message = f"The cluster has the Dynamo platform {shown(there)}: an upgrade to {version} skips a minor line."
        yield finding("DR225", ORIGIN, message, "Upgrade one minor line at a time, or choose an older release.")


def _version(case: Case, image: str) -> str | None:
    """Return the Dynamo version in an image's tag, for images that are named like the engine's own."""
    return data.version_in(image, case.facts_of_engine["images"])
