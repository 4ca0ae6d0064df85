"""Say which release, engine and installation a recipe gets, why, and what was turned down on the way."""

import json
from functools import partial
from typing import Any

from dynamo_recipes.app import fitting, locked
from dynamo_recipes.app.composing import NOTHING, Inputs, Source, read
from dynamo_recipes.app.hosts import document, written
from dynamo_recipes.app.planning import ANYWHERE, Against, Planned, reading_of
from dynamo_recipes.findings import Finding, finding
from dynamo_recipes.recipe import near
from dynamo_recipes.recipe.model import Recipe, Release
from dynamo_recipes.support import candidates, data
from dynamo_recipes.support.facts import HostFacts
from dynamo_recipes.support.resolve import Resolution, TurnedDown
from dynamo_recipes.support.resolve import resolve as answer_of

_LOCK_ANEW = "Write the lock file anew when you want that: `dynamo-recipe lock`."


def resolve(name: str, inputs: Inputs = NOTHING, against: Against = ANYWHERE) -> Planned:
    """Return what a recipe comes to, without a plan. Without a target it is for the first that fits.

    Where nothing fits its findings say why; `targets` has what was turned down in any case.
    """
    return against.judged(partial(_resolved, read(name, inputs), against))


def _resolved(source: Source, against: Against, facts: HostFacts) -> Planned:
    reading = reading_of(source)
    if reading.recipe is None:
        return Planned(reading, reading.findings)
    fits = fitting.judged(reading.recipe, facts, against.target, against.answering)
    resolution = fitting.chosen(fits)
    found = fitting.findings(fits, reading.recipe, facts, against.answering)
    if resolution:
        found = (*found, *_newer(reading.recipe, facts, resolution), *_behind(source, resolution))
    return Planned(reading, (*reading.findings, *reading.placed(found)), resolution, fits)


def _newer(recipe: Recipe, facts: HostFacts, resolution: Resolution) -> tuple[Finding, ...]:
    """Return a note when a release fits that is newer than all that the recipe allows."""
    free = recipe.model_copy(update={"dynamo": Release()})
    best = answer_of(free, facts, resolution.target).resolution
    if best is None or not data.is_newer(best.release.version, resolution.release.version):
        return ()
    message = f"Dynamo {best.release.version} fits too, and is newer than {resolution.release.version}."
    allowed = best.release.version in candidates.of(recipe.dynamo.version).versions
    hint = _LOCK_ANEW if allowed else f'Write dynamo: "{best.release.version}" to take it.'
    return (finding("DR236", ("dynamo",), message, hint, "note"),)


def _behind(source: Source, resolution: Resolution) -> tuple[Finding, ...]:
    """Return a note when the recipe's lock file, if it has one, keeps it at an older release."""
    kept = locked.release_of(source.file, source.inputs.variants, resolution.target.name)
    if kept is None or not data.is_newer(resolution.release.version, kept):
        return ()
    file = near.shown(str(locked.path_of(source.file)))
    message = f"{file} has Dynamo {kept}, and {resolution.release.version} fits too and is newer."
    return (finding("DR236", ("dynamo",), message, _LOCK_ANEW, "note"),)


def shown(result: Planned, explain: bool) -> str:
    """Return a resolution as people read it: each decision with its reason; if wanted, what was turned down."""
    lines: list[str] = []
    if result.resolution:
        choices = result.resolution.choices
        wide, long = (max(len(each[at]) for each in choices) for at in (0, 1))
        lines += [f"{each.what:<{wide}}  {each.value:<{long}}  {each.because}".rstrip() for each in choices]
    for each in _explained(result) if explain else ():
        lines += ["", f"turned down on {each.target.name}", *(_line(down) for down in each.answer.turned_down)]
    return "".join(f"{line}\n" for line in lines)


def _explained(result: Planned) -> tuple[fitting.Fit, ...]:
    """Return the targets whose turned down releases matter: the chosen one and those before it; else all."""
    at = next((at for at, each in enumerate(result.targets) if each.answer.resolution), len(result.targets))
    return tuple(each for each in result.targets[: at + 1] if each.answer.turned_down)


def _line(down: TurnedDown) -> str:
    return f"  {down.version:<12}  {down.rule.code}  {down.rule.message}"


def as_json(result: Planned, against: Against = ANYWHERE) -> str:
    """Return the same as data, with what each target turned down, and the machines that it was judged on.

    `facts` is a whole facts file, or null where nothing was known. `resolution: 1` is the version of this form.
    """
    machines = against.machines.hosts if against.machines else ()
    found = result.resolution
    whole = {
        "resolution": 1,
        "recipe": result.reading.file,
        "target": found.target.name if found else None,
        "dynamo": found.release.version if found else None,
        "engine": {"name": found.engine, "version": found.engine_version} if found else None,
        "install": _install(found) if found else None,
        "choices": [each._asdict() for each in found.choices] if found else [],
        "turned_down": {
            each.target.name: [
                {"dynamo": down.version, "code": down.rule.code, "message": down.rule.message}
                for down in each.answer.turned_down
            ]
            for each in result.targets
        },
        "facts": document({name or "here": written(facts) for name, facts in machines}) if machines else None,
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _install(found: Resolution) -> dict[str, Any]:
    if found.target.path == "image":
        image = found.image
        return {
            "path": "image",
            "image": found.image_name,
            "cuda": image.cuda if image else None,
            "arch": list(image.arch) if image and image.arch else None,
        }
    wheels = found.wheels
    return {
        "path": "wheels",
        "requirements": list(wheels.requirements) if wheels else [],
        "options": list(wheels.options) if wheels else [],
        "overrides": list(wheels.overrides) if wheels else [],
        "cuda": wheels.cuda if wheels else None,
        "python": found.python,
        "pythons": list(found.pythons),
    }
