"""Validate recipes: shape, release, flags, graph, layout. Changes nothing, asks no network and no daemon."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from dynamo_recipes.app import sources
from dynamo_recipes.app.composing import NOTHING, Inputs, Source, read
from dynamo_recipes.app.fitting import Answering
from dynamo_recipes.app.planning import ANYWHERE, Against, Planned, planned_at
from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding
from dynamo_recipes.recipe.compose import combinations, composed
from dynamo_recipes.recipe.load import load

Locks = Callable[[str, Inputs], Answering]


class Chosen(NamedTuple):
    """What a target comes to; None: nothing fits there."""

    target: str
    dynamo: str | None


class Validated(NamedTuple):
    """One recipe and what is to be said about it."""

    file: str
    findings: tuple[Finding, ...]
    variants: tuple[str, ...] = ()
    targets: tuple[Chosen, ...] = ()


def validate(
    names: Iterable[str],
    inputs: Inputs = NOTHING,
    all_variants: bool = False,
    against: Against = ANYWHERE,
    locks: Locks | None = None,
) -> Iterator[Validated]:
    """Yield the result for every recipe, or for each combination of its variants, whatever is wrong with the others.

    `locks` gives the lock file of each recipe.
    """
    for name in names:
        try:
            for file in sources.expanded([name]):
                yield from _one(file, inputs, all_variants, against, locks)
        except Refused as refused:
            yield Validated(name, refused.findings)


def _one(name: str, inputs: Inputs, all_variants: bool, against: Against, locks: Locks | None) -> Iterator[Validated]:
    try:
        source = read(name, inputs)
        for variants in _combinations(source) if all_variants else (inputs.variants,):
            chosen = source._replace(inputs=source.inputs._replace(variants=variants))
            at = against._replace(answering=locks(name, chosen.inputs)) if locks else against
            result = planned_at(chosen, at)
            yield Validated(source.file, result.findings, variants, tuple(_chosen(result)))
    except Refused as refused:
        yield Validated(name, refused.findings)


def _chosen(result: Planned) -> Iterator[Chosen]:
    """Yield the release that each target gets."""
    for each in result.targets:
        resolution = each.answer.resolution
        yield Chosen(each.target.name, resolution.release.version if resolution else None)


def _combinations(source: Source) -> tuple[tuple[str, ...], ...]:
    document, _ = load(source.raw, source.file)
    if document is None:  # a text that cannot be read has none
        return ((),)
    plain = composed(document, source.inputs._replace(variants=(), settings=()))
    return combinations(plain.document)
