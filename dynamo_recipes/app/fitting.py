"""What fits a recipe on one target, or on any: one answer of `resolve` for each target, and what they come to."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from dynamo_recipes import engines
from dynamo_recipes.findings import Finding, finding
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.support.changes import Situation, advice
from dynamo_recipes.support.choices import Choice
from dynamo_recipes.support.facts import HostFacts
from dynamo_recipes.support.resolve import Answer, Resolution, resolve
from dynamo_recipes.support.target import TARGETS, Target

_SAID_ONCE = ("DR208", "DR234")  # that nothing fits there is in the line of each recipe

Answering = Callable[[Recipe, HostFacts, Target], Answer]


class Fit(NamedTuple):
    """A target and what fits there."""

    target: Target
    answer: Answer


def judged(recipe: Recipe, facts: HostFacts, target: Target | None, answering: Answering = resolve) -> tuple[Fit, ...]:
    """Return the answer for a target; without one, for every target. `answering` may be a lock file."""
    wanted = (target,) if target is not None else TARGETS.values()
    return tuple(Fit(each, answering(recipe, facts, each)) for each in wanted)


def chosen(fits: tuple[Fit, ...]) -> Resolution | None:
    """Return the resolution on the first target that fits; it says why it is that one."""
    found = next((each.answer.resolution for each in fits if each.answer.resolution), None)
    if found is None or len(fits) == 1:
        return found
    because = f"the first of {', '.join(each.target.name for each in fits)} that fits"
    return found._replace(choices=(Choice("target", found.target.name, because), *found.choices))


def findings(fits: tuple[Fit, ...], recipe: Recipe, facts: HostFacts, answering: Answering) -> tuple[Finding, ...]:
    """Return what is to be said: of the first target that fits, and what is wrong with the others as notes.

    Where none fits, what is wrong with the first, and the smallest change with which it would fit.
    """
    told = next((each for each in fits if each.answer.resolution), fits[0])
    if told.answer.resolution is None:
        if answering is not resolve:  # what would help another release does not help the one that is locked
            return told.answer.findings
        others = tuple(each.target for each in fits if each is not told)
        return tuple(_advised(each, Situation(recipe, facts, told.target), others) for each in told.answer.findings)
    notes = (
        replace(each, severity="note", message=f"On the target {other.target.name}: {each.message}")
        for other in fits
        if other is not told
        for each in other.answer.findings
        if each not in told.answer.findings and each.code not in _SAID_ONCE
    )
    return (*told.answer.findings, *notes)


def _advised(found: Finding, situation: Situation, others: tuple[Target, ...]) -> Finding:
    """Return the finding that nothing fits with the smallest change as its hint."""
    if found.code != "DR208":
        return found
    return replace(found, hint=f"{advice(situation, others)} {found.hint}")


def unable(resolution: Resolution) -> tuple[Finding, ...]:
    """Return findings when this version of the tool cannot write the commands of what was resolved."""
    name, version = resolution.engine, resolution.release.version
    if name not in engines.ENGINES:
        message = f"This version of dynamo-recipes cannot write the commands of {name}: it says what fits, no more."
        return (finding("DR203", ("engine",), message, "`dynamo-recipe resolve` shows the resolution."),)
    launch = resolution.release.capabilities["launch"]
    if launch is None:
        message = f"How the processes of Dynamo {version} are launched is not known."
        return (
            finding("DR231", ("dynamo",), message, "Take a release that is known in full: `dynamo-recipe matrix`."),
        )
    if not launch:
        message = f"Dynamo {version} is known, but too old to be launched: the first release that is, is 1.0.2."
        return (finding("DR231", ("dynamo",), message, 'Write a newer release, such as "1.0.2" or "1.4.2".'),)
    return ()
