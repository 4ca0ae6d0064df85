"""Validate recipes: shape, release, flags, graph, layout. Changes nothing, asks no network and no daemon."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from dynamo_recipes.app import sources
from dynamo_recipes.app.composing import NOTHING, Inputs, Source, read
from dynamo_recipes.app.planning import planned_at
from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding
from dynamo_recipes.recipe.compose import combinations, composed
from dynamo_recipes.recipe.load import load

if TYPE_CHECKING:
    from dynamo_recipes.app.site import Place


class Validated(NamedTuple):
    """One recipe and what is to be said about it."""

    file: str
    findings: tuple[Finding, ...]
    variants: tuple[str, ...] = ()


def validate(
    names: Iterable[str], inputs: Inputs = NOTHING, all_variants: bool = False, place: "Place | None" = None
) -> Iterator[Validated]:
    """Yield the result for every recipe, or for each combination of its variants, whatever is wrong with the others."""
    for name in names:
        try:
            for file in sources.expanded([name]):
                yield from _one(file, inputs, all_variants, place)
        except Refused as refused:
            yield Validated(name, refused.findings)


def _one(name: str, inputs: Inputs, all_variants: bool, place: "Place | None") -> Iterator[Validated]:
    try:
        source = read(name, inputs)
        choices = _combinations(source) if all_variants else (inputs.variants,)
    except Refused as refused:
        yield Validated(name, refused.findings)
        return
    for variants in choices:
        chosen = source._replace(inputs=source.inputs._replace(variants=variants))
        yield Validated(source.file, planned_at(place, chosen).findings, variants)


def _combinations(source: Source) -> tuple[tuple[str, ...], ...]:
    document, _ = load(source.raw, source.file)
    if document is None:  # a text that cannot be read has none
        return ((),)
    plain = composed(document, source.inputs._replace(variants=(), settings=()))
    return combinations(plain.document)
