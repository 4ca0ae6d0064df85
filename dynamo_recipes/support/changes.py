"""The smallest change with which a recipe fits, where nothing does.

What may change, in this order: the driver, the release, the GPU, the Python, the path (the target). One change is
smaller than two; of one kind, the value nearest to what is there is the smallest. What is unknown turns nothing down,
so it is never changed. Other things of a machine (its system, its cluster) are taken as they are.
"""

from collections.abc import Callable, Iterator
from itertools import combinations, product
from typing import Any, NamedTuple

from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.recipe.model import Release as Wanted
from dynamo_recipes.support import candidates, data, gpus
from dynamo_recipes.support.facts import Gpu, HostFacts
from dynamo_recipes.support.resolve import PYTHONS, resolve
from dynamo_recipes.support.target import TARGETS, Target

_MOST = 3  # changes at once: more is another recipe on another machine


class Situation(NamedTuple):
    """A recipe on a machine and a target."""

    recipe: Recipe
    facts: HostFacts
    target: Target

    def fits(self, known: bool = False) -> bool:
        """Tell whether a release is found; if wanted, only one whose facts are `known`, pinned or not."""
        answer = resolve(self.recipe, self.facts, self.target)
        verified = not (known and any(each.code == "DR229" for each in answer.findings))
        return answer.resolution is not None and verified


class Change(NamedTuple):
    """One change: of what kind, in words, and what it makes of a situation."""

    kind: str
    words: str
    made: Callable[[Situation], Situation]


def smallest(situation: Situation) -> tuple[Change, ...]:
    """Return the changes that make it fit, as few and as small as can be; none where nothing of the kind helps."""
    if not _could_fit(situation):
        return ()
    of_kind = {kind: tuple(find(situation)) for kind, find in KINDS.items()}
    for count in range(1, _MOST + 1):
        for kinds in combinations(KINDS, count):
            for changes in product(*(of_kind[kind] for kind in kinds)):
                if applied(situation, changes).fits(known="release" in kinds):
                    return changes
    return ()


def applied(situation: Situation, changes: tuple[Change, ...]) -> Situation:
    """Return the situation after some changes."""
    for change in changes:
        situation = change.made(situation)
    return situation


def in_words(changes: tuple[Change, ...]) -> str:
    """Return a hint that names some changes."""
    return f"The smallest change that makes it fit: {', and '.join(each.words for each in changes)}."


def advice(situation: Situation, others: tuple[Target, ...] = ()) -> str:
    """Return a hint for a situation that does not fit; `others` are targets on which it may run as well."""
    targets = (situation.target, *others)
    found = [(each, smallest(situation._replace(target=each))) for each in targets]
    fitting = [(len(changes), at) for at, (_, changes) in enumerate(found) if changes]
    if fitting:
        target, changes = found[min(fitting)[1]]
        return (
            in_words(changes)
            if target == situation.target
            else f"{in_words(changes)[:-1]}, on the target {target.name}."
        )
    if _could_fit(situation):
        return f"More than {_MOST} changes of driver, release, GPU, Python and target are needed."
    return "No other driver, release, GPU, Python or target makes it fit: change what the errors name."


def _could_fit(situation: Situation) -> bool:
    """Tell whether it fits when all that may change is left open, on any target."""
    recipe, facts, _ = situation
    pinned = recipe.model_copy(update={"hardware": recipe.hardware.model_copy(update={"gpu": None})})
    free = pinned.model_copy(update={"dynamo": Wanted()})  # a pinned one may be taken that is not known in full
    anywhere = facts._replace(driver=None, cuda=None, gpus=None, python=None)
    return any(Situation(each, anywhere, target).fits() for each in (pinned, free) for target in TARGETS.values())


def _drivers(situation: Situation) -> Iterator[Change]:
    """Yield newer driver branches, the oldest first; none where no driver is known."""
    facts = situation.facts
    if facts.driver is None and facts.cuda is None:
        return
    floors = data.load("drivers.json")["floors"].values()
    for branch in sorted({int(each["branch"]) for each in floors}):
        if facts.driver is None or int(facts.driver.split(".")[0]) < branch:
            yield Change(
                "driver", f"a driver of the {branch} branch or newer", _with_facts(driver=str(branch), cuda=None)
            )


def _releases(situation: Situation) -> Iterator[Change]:
    """Yield releases that the recipe does not allow, the nearest to the newest that it allows first."""
    known, allowed = data.release_names(), candidates.of(situation.recipe.dynamo.version).versions
    at = known.index(allowed[0]) if allowed else 0
    for version in sorted(
        set(known) - set(allowed) - {"main"}, key=lambda each: (abs(known.index(each) - at), known.index(each))
    ):
        yield Change("release", f'Dynamo {version} (`dynamo: "{version}"`)', _with_release(version))


def _gpus(situation: Situation) -> Iterator[Change]:
    """Yield GPUs of the table, the nearest by compute capability first; none where no GPU is known."""
    now = situation.facts.gpus or gpus.wanted(situation.recipe.hardware.gpu)
    if not now:
        return
    had = max(_capability(each) for each in now)
    others = (
        each for name in gpus.names() if (each := gpus.known(name)) and each.name not in {gpu.name for gpu in now}
    )
    for gpu in sorted(others, key=lambda each: (abs(_capability(each) - had), _capability(each), each.name)):
        yield Change("gpu", f"the GPU {gpu.name}", _with_facts(gpus=(gpu,)))


def _capability(gpu: Gpu) -> float:
    return float(gpu.compute_capability or 0)


def _pythons(situation: Situation) -> Iterator[Change]:
    """Yield other Pythons, the nearest to the newest there first; none where no Python is known."""
    if situation.facts.python is None:
        return
    there = {int(each.split(".")[1]) for each in situation.facts.python if each.startswith("3.")}
    others = {int(each.split(".")[1]) for each in PYTHONS} - there
    at = max(there, default=12)
    for minor in sorted(others, key=lambda each: (abs(each - at), each)):
        yield Change("python", f"Python 3.{minor} (`--python 3.{minor}`)", _with_facts(python=(f"3.{minor}",)))


def _paths(situation: Situation) -> Iterator[Change]:
    """Yield the other targets, in their order."""
    for target in TARGETS.values():
        if target != situation.target:
            yield Change("path", f"the target {target.name} (`-t {target.name}`)", _with_target(target))


def _with_facts(**facts: Any) -> Callable[[Situation], Situation]:
    return lambda situation: situation._replace(facts=situation.facts._replace(**facts))


def _with_release(version: str) -> Callable[[Situation], Situation]:
    update = {"dynamo": Wanted(version=version)}
    return lambda situation: situation._replace(recipe=situation.recipe.model_copy(update=update))


def _with_target(target: Target) -> Callable[[Situation], Situation]:
    return lambda situation: situation._replace(target=target)


KINDS: dict[str, Callable[[Situation], Iterator[Change]]] = {
    "driver": _drivers,
    "release": _releases,
    "gpu": _gpus,
    "python": _pythons,
    "path": _paths,
}
