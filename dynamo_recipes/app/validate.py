"""Validate recipes: shape, release, flags, graph, layout. Changes nothing, asks no network and no daemon."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dynamo_recipes.app import sources
from dynamo_recipes.app.planning import planned
from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding


class Validated(NamedTuple):
    """One recipe and what is to be said about it."""

    file: str
    findings: tuple[Finding, ...]


def validate(names: Iterable[str]) -> Iterator[Validated]:
    """Yield the result for every recipe, whatever is wrong with the others."""
    for name in names:
        try:
            for file in sources.expanded([name]):
                yield _one(file)
        except Refused as refused:
            yield Validated(name, refused.findings)


def _one(name: str) -> Validated:
    try:
        source = sources.read(name)
    except Refused as refused:
        return Validated(name, refused.findings)
    return Validated(source.file, planned(source.raw, source.file).findings)
