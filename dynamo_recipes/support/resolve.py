"""From a recipe and the facts of a machine to what will run, with a reason for each decision. No network, no probe."""

from collections.abc import Iterator
from typing import NamedTuple

from dynamo_recipes.findings import Finding, errors_of, finding
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.recipe.near import did_you_mean, shown
from dynamo_recipes.support import candidates, data, features, gpus, rules
from dynamo_recipes.support.case import Case
from dynamo_recipes.support.choices import Choice, choices
from dynamo_recipes.support.facts import HostFacts
from dynamo_recipes.support.releases import Image, Release, Wheels, release
from dynamo_recipes.support.target import LOCAL, Target

# Documented first, newest of those first: what is picked where several fit.
PYTHONS = ("3.12", "3.11", "3.10", "3.13", "3.14")
_EXPLAIN = "`dynamo-recipe resolve --explain` lists each, and why not."


class TurnedDown(NamedTuple):
    """A release that was considered, and the first rule that turned it down."""

    version: str
    rule: Finding


class Resolution(NamedTuple):
    """What will run, and why. On the wheel path `pythons` are those that fit, `python` the one that is picked."""

    target: Target
    release: Release
    engine: str
    engine_version: str | None
    engine_module: str
    choices: tuple[Choice, ...]
    wheels: Wheels | None = None
    python: str | None = None
    pythons: tuple[str, ...] = ()
    image: Image | None = None
    own_image: str | None = None  # that the recipe names

    @property
    def image_name(self) -> str | None:
        """The image's whole name, where images are used."""
        if self.own_image or self.image is None or self.image.tag is None:
            return self.own_image
        return f"{data.load('images.json')['registry']}/{self.image.repository}:{self.image.tag}"

    @property
    def python_range(self) -> str:
        """The Pythons that fit and stand beside the one that is picked, as uv takes them: `>=3.10,<3.14`."""
        minors = [int(each.split(".")[1]) for each in self.pythons]
        low = high = int(self.python.split(".")[1]) if self.python else 0
        while low - 1 in minors:
            low -= 1
        while high + 1 in minors:
            high += 1
        return f">=3.{low},<3.{high + 1}" if self.python else ""


class Answer(NamedTuple):
    """What fits, or None; what is to be said; and the releases that were turned down on the way, newest first."""

    resolution: Resolution | None
    findings: tuple[Finding, ...]
    turned_down: tuple[TurnedDown, ...] = ()


class Judged(NamedTuple):
    """A release in the form in which it fits best, and what is to be said about it."""

    case: Case
    findings: tuple[Finding, ...]

    def fits(self, pinned: bool) -> bool:
        """Tell whether it may be taken: one that is not fully known only when it is pinned."""
        return not any(each.severity == "error" or (each.code == "DR229" and not pinned) for each in self.findings)

    @property
    def distance(self) -> tuple[bool, int]:
        """How far it is from fitting: by its errors; what is not known in full would show too few of them."""
        return any(each.code == "DR229" for each in self.findings), len(errors_of(self.findings))


def resolve(recipe: Recipe, facts: HostFacts, target: Target = LOCAL) -> Answer:
    """Return what fits the recipe, the machine and the target; or the reasons why nothing does.

    Those are the reasons of the release that comes closest: that with the fewest errors, the newest of them. What is
    wrong with the recipe's own names (engine, GPU) is told beside them.
    """
    wanted = _wanted(recipe, target)
    engine, gpu = _engine(recipe), gpus.check(recipe.hardware.gpu)
    if engine or not wanted.versions:
        # Of an engine that nobody knows only this can be judged.
        able = _abilities(recipe, facts, target, wanted.versions) if engine else ()
        return Answer(None, (*engine, *gpu, *wanted.wrong, *able))
    answer = _answer(recipe, facts, target, wanted)
    found = (*gpu, *answer.findings)
    return answer._replace(resolution=None if errors_of(gpu) else answer.resolution, findings=found)


def _wanted(recipe: Recipe, target: Target) -> candidates.Candidates:
    """Return the releases that may be taken; an image of a release that the recipe names decides where it does not."""
    image = recipe.engine.image
    if image is None or target.path != "image" or recipe.dynamo.version is not None:
        return candidates.of(recipe.dynamo.version)
    version = data.version_in(image, data.load("engines.json").get(recipe.engine.name, {}).get("images", ()))
    if version not in data.release_names():
        return candidates.of(None)
    return candidates.of(version)._replace(because="the image that the recipe names is of this release")


def _answer(recipe: Recipe, facts: HostFacts, target: Target, wanted: candidates.Candidates) -> Answer:
    asked = features.asked(recipe)
    turned_down: list[TurnedDown] = []
    closest: Judged | None = None
    for version in wanted.versions:
        each = judge(_case(recipe, release(version), facts, target, asked), wanted.pinned)
        if each.fits(wanted.pinned):
            return Answer(_resolution(each.case, wanted.because), each.findings, tuple(turned_down))
        turned_down.append(TurnedDown(version, _first(each)))
        if closest is None or each.distance < closest.distance:
            closest = each
    last = finding("DR208", ("dynamo",), _none(wanted.versions, target), _EXPLAIN)
    return Answer(None, (*(closest.findings if closest else ()), last), tuple(turned_down))


def _abilities(recipe: Recipe, facts: HostFacts, target: Target, versions: tuple[str, ...]) -> tuple[Finding, ...]:
    """Return what the newest release that is known in full cannot do; nothing when an older one can."""
    known = [each for each in map(release, versions) if each.can("launch")]
    found = [tuple(rules.RULES["abilities"](_case(recipe, each, facts, target, frozenset()))) for each in known]
    # That no release has the engine is told by DR203.
    found = [tuple(one for one in each if one.where.path != ("engine",)) for each in found]
    return found[0] if found and all(found) else ()


def _none(versions: tuple[str, ...], target: Target) -> str:
    """Return that no release fits, in words."""
    if len(versions) == 1:
        return f"Dynamo {versions[0]} does not fit on the target {target.name}."
    span = f"{len(versions)} Dynamo releases from {versions[-1]} to {versions[0]}"
    return f"None of the {span} fits on the target {target.name}."


def judged(recipe: Recipe, version: str, facts: HostFacts, target: Target = LOCAL) -> Judged:
    """Return how the rules judge one release for a recipe whose engine is known."""
    return judge(_case(recipe, release(version), facts, target, features.asked(recipe)), pinned=False)


def judge(case: Case, pinned: bool) -> Judged:
    """Return a release with the Python or image of it that fits; where none does, with what is wrong with the best.

    Of those that fit, one that is known in full comes first.
    """
    best: Judged | None = None
    for each in _options(case):
        judged = Judged(each, rules.judged(each))
        if judged.fits(pinned=False):
            return judged
        if best is None or _worse(best, pinned) > _worse(judged, pinned):
            best = judged
    return best or Judged(case, rules.judged(case))


def _worse(judged: Judged, pinned: bool) -> tuple[bool, int]:
    return not judged.fits(pinned), len(errors_of(judged.findings))


def _case(recipe: Recipe, chosen: Release, facts: HostFacts, target: Target, asked: frozenset[str]) -> Case:
    judged_by = facts.gpus or gpus.wanted(recipe.hardware.gpu)
    case = Case(recipe, chosen, target, facts, judged_by, asked)
    if facts.arch is not None or not judged_by or not data.load("engines.json").get(recipe.engine.name, {}).get("gpu"):
        return case
    # GB200 and the like come with processors of one architecture only.
    return case._replace(facts=facts._replace(arch=gpus.host_arch(judged_by)))


def _first(judged: Judged) -> Finding:
    """Return what turned a release down: the first error, else that it is not fully known."""
    return next(iter((*errors_of(judged.findings), *(each for each in judged.findings if each.code == "DR229"))))


def _options(case: Case) -> Iterator[Case]:
    """Yield the ways to install a release: by Python on the wheel path, by image on the other."""
    if case.target.path == "image":
        yield from (case._replace(image=each) for each in _images(case))
    elif case.installs:
        yield from (case._replace(python=each) for each in _pythons(case.facts))


def _pythons(facts: HostFacts) -> tuple[str, ...]:
    """Return the Pythons that may be used, the preferred one first."""
    if not facts.python:
        return PYTHONS
    there = {".".join(each.split(".")[:2]) for each in facts.python}
    return (*(each for each in PYTHONS if each in there), *sorted(there - set(PYTHONS)))


def _images(case: Case) -> tuple[Image, ...]:
    """Return the engine's images: supported before experimental, and that of the fabric before all."""
    if case.recipe.engine.image:
        return tuple(each for each in case.release.images or () if each.tag and _is(each, case.recipe.engine.image))
    names: list[str] = case.facts_of_engine["images"]
    efa = case.facts.fabric == "efa"
    usable = [each for each in case.release.images or () if each.repository in names and (each.variant != "efa" or efa)]
    return tuple(
        sorted(
            usable,
            key=lambda each: (
                names.index(each.repository),
                efa and each.variant != "efa",
                each.status != "supported",
                each.variant != "default",
            ),
        )
    )


def _is(image: Image, name: str) -> bool:
    """Tell whether a recipe names an image of the release, in its own registry or in a mirror."""
    return name.partition("@")[0].rpartition("/")[2] == f"{image.repository}:{image.tag}"


def _engine(recipe: Recipe) -> tuple[Finding, ...]:
    known = data.load("engines.json")
    name = recipe.engine.name
    if name in known:
        return ()
    hint = did_you_mean(name, known)
    return (finding("DR203", ("engine",), f"This version of dynamo-recipes has no engine `{shown(name)}`.", hint),)


def _resolution(case: Case, because: str) -> Resolution:
    name = case.recipe.engine.name
    pythons = _fitting(case) if case.installs else ()
    return Resolution(
        target=case.target,
        release=case.release,
        engine=name,
        engine_version=case.recipe.engine.version or (None if case.own_image else case.engine.version),
        engine_module=case.facts_of_engine["module"],
        choices=tuple(choices(case, because, pythons)),
        wheels=case.engine.wheels if case.installs else None,
        python=case.python,
        pythons=pythons,
        image=case.image,
        own_image=case.recipe.engine.image if case.target.path == "image" else None,
    )


def _fitting(case: Case) -> tuple[str, ...]:
    """Return all Pythons that fit, oldest first."""
    fits = (
        each
        for each in _pythons(case.facts)
        if each == case.python or not errors_of(rules.judged(case._replace(python=each)))
    )
    return tuple(sorted(fits, key=lambda each: int(each.split(".")[1])))


def runs_on(resolution: Resolution, python: str) -> bool:
    """Tell whether what is installed runs on a Python version, `3.11` or `3.11.7`."""
    return ".".join(python.split(".")[:2]) in resolution.pythons
