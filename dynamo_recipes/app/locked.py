"""Lock files as they are read: what a recipe was resolved to, and what differs from it now.

Loaded only when a lock is asked for: `validate` without one does not pay for it.
"""

import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dynamo_recipes.app import sources
from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding, Where, finding
from dynamo_recipes.recipe import shape
from dynamo_recipes.recipe.load import load
from dynamo_recipes.recipe.lock_file import Locked, LockedEngine, LockedImage, LockedModel, LockedWheels, LockFile
from dynamo_recipes.recipe.model import Recipe, Release
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.recipe.positions import Document
from dynamo_recipes.support import candidates, data
from dynamo_recipes.support.choices import Choice
from dynamo_recipes.support.facts import HostFacts
from dynamo_recipes.support.releases import release
from dynamo_recipes.support.resolve import Answer, Resolution
from dynamo_recipes.support.resolve import resolve as answer_of
from dynamo_recipes.support.target import Target

_OF_MACHINE = ("target", "python")  # choices that another machine makes otherwise
_COMPARED = ("engine", "wheels", "image", "model", "workers")


def path_of(name: str) -> Path:
    """Return where a recipe's lock file is: beside it, with its whole name and `.lock`."""
    return Path(f"{name}.lock")


def read_lock(path: Path) -> LockFile:
    """Read a lock file. Raises Refused with all that is wrong with it."""
    if os.path.exists(path) and not os.path.isfile(path):  # a pipe would be waited for
        raise Refused(Finding("DR234", f"{path} is no plain file.", "Remove it.", Where(str(path))))
    try:
        source = sources.read(str(path))
    except Refused as refused:
        text = refused.findings[0].message
        raise Refused(Finding("DR234", text, "Write it: `dynamo-recipe lock RECIPE`.", Where(str(path)))) from refused
    document, found = load(source.raw, source.file)
    if document is None:
        raise Refused(*found)
    try:
        file = LockFile.model_validate(document.data)
    except ValidationError as error:
        raise Refused(*found, *shape.findings(error, document, LockFile)) from error
    return _without_twins(file, document)


def _without_twins(file: LockFile, document: Document) -> LockFile:
    """Return the file. Raises Refused (DR115) when two of its entries are about the same."""
    keys = [(each.target, tuple(each.variants)) for each in file.locked]
    twin = next((at for at, key in enumerate(keys) if key in keys[:at]), None)
    if twin is None:
        return file
    message = f"`locked[{twin}]` is about the same target and variants as an entry above."
    raise Refused(Finding("DR115", message, "Keep one.", document.where(("locked", twin))))


def entry_of(resolution: Resolution, recipe: Recipe, variants: tuple[str, ...] = ()) -> Locked:
    """Return what a lock file says of a resolution."""
    return Locked(
        target=resolution.target.name,  # type: ignore[arg-type]
        variants=list(variants),
        dynamo=resolution.release.version,
        engine=LockedEngine(name=resolution.engine, version=resolution.engine_version),
        wheels=_wheels(resolution),
        image=_image(resolution),
        model=_model(recipe),
        workers={name: each.image for name, each in recipe.workers.items() if each.image and resolution.image_name},
        because={each.what: each.because for each in resolution.choices if each.what not in _OF_MACHINE},
    )


def _wheels(resolution: Resolution) -> LockedWheels | None:
    wheels = resolution.wheels
    if wheels is None:
        return None
    return LockedWheels(
        requirements=list(wheels.requirements), options=list(wheels.options), overrides=list(wheels.overrides)
    )


def _image(resolution: Resolution) -> LockedImage | None:
    name, image = resolution.image_name, resolution.image
    if name is None:
        return None
    if image is None:
        return LockedImage(name=name)
    return LockedImage(name=name, cuda=image.cuda, arch=list(image.arch) if image.arch else None)


def _model(recipe: Recipe) -> LockedModel:
    model = recipe.model
    revision = (model.revision or "main") if model.id else None
    adapters = {each.name: each.source for each in model.adapters}
    return LockedModel(id=model.id, path=model.path, packaged=model.packaged, revision=revision, adapters=adapters)


class Lock:
    """The lock file of a recipe, in place of `resolve`: it takes what is locked and refuses what differs."""

    def __init__(self, name: str, variants: tuple[str, ...]) -> None:
        self._path = path_of(name)
        self._variants = list(variants)
        self._file = read_lock(self._path)

    def __call__(self, recipe: Recipe, facts: HostFacts, target: Target) -> Answer:
        """Return the answer for a target as it is locked, or what has drifted (DR234)."""
        entry = _entry(self._file.locked, target.name, self._variants)
        if entry is None:
            named = f" with {' + '.join(self._variants)}" if self._variants else ""
            return self._drifted(f"has no entry for the target {target.name}{named}")
        if entry.dynamo not in candidates.of(recipe.dynamo.version).versions:
            return self._drifted(f"has Dynamo {shown(entry.dynamo)}, which the recipe does not allow")
        answer = answer_of(_pinned(recipe, entry), facts, target)
        if answer.resolution is None:
            return answer
        now = entry_of(answer.resolution, recipe, tuple(self._variants))
        installs = [each for each in _COMPARED if each != "wheels" or not facts.environment]
        drifted = [each for each in installs if getattr(entry, each) != getattr(now, each)]
        if drifted:
            return self._drifted("; ".join(_difference(each, entry, now) for each in drifted))
        return answer._replace(resolution=_as_locked(answer.resolution, entry))

    def _drifted(self, what: str) -> Answer:
        hint = "Look at the change, then write it anew: `dynamo-recipe lock`."
        return Answer(None, (finding("DR234", ("dynamo",), f"{self._path} {what}.", hint),))


def _pinned(recipe: Recipe, entry: Locked) -> Recipe:
    """Return a recipe that allows the locked release alone and, where that is the release's own, the locked image."""
    update: dict[str, Any] = {"dynamo": Release(version=entry.dynamo)}
    registry = data.load("images.json")["registry"]
    names = {f"{registry}/{each.repository}:{each.tag}" for each in release(entry.dynamo).images or ()}
    if entry.image and recipe.engine.image is None and entry.image.name in names:
        update["engine"] = recipe.engine.model_copy(update={"image": entry.image.name})
    return recipe.model_copy(update=update)


def _as_locked(resolution: Resolution, entry: Locked) -> Resolution:
    """Return a resolution with the reasons that it was locked with."""
    choices = (each._replace(because=entry.because.get(each.what, each.because)) for each in resolution.choices)
    return resolution._replace(choices=(Choice("lock", "kept", "what is below is as it was locked"), *choices))


def _difference(what: str, entry: Locked, now: Locked) -> str:
    locked, other = (_words(getattr(each, what)) for each in (entry, now))
    return f"has {what} {shown(locked, 300)}, and the recipe now has {shown(other, 300)}"


def _words(value: Any) -> str:
    """Return what is locked in a few words."""
    if not value:
        return "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return ", ".join(
        f"{key} {' '.join(each) if isinstance(each, list) else each}"
        for key, each in value.model_dump(exclude_none=True).items()
        if each not in ([], {})
    )


def release_of(name: str, variants: tuple[str, ...], target: str) -> str | None:
    """Return the release that a recipe's lock file has for a target; None where there is none that can be read."""
    try:
        entries = read_lock(path_of(name)).locked
    except Refused:
        return None
    entry = _entry(entries, target, list(variants))
    return entry.dynamo if entry else None


def _entry(entries: list[Locked], target: str, variants: list[str]) -> Locked | None:
    return next((each for each in entries if (each.target, each.variants) == (target, variants)), None)
