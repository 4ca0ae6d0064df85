"""From bytes to a recipe and everything that is wrong with it, all at once."""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from pydantic import ValidationError

from dynamo_recipes.findings import Finding, errors_of
from dynamo_recipes.recipe import rules, secrets, shape
from dynamo_recipes.recipe.load import load
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.recipe.positions import Document

MOST_FINDINGS = 1000  # nobody reads more, and printing them would take megabytes


class Reading(NamedTuple):
    """A text, the recipe in it (None when it is wrong) and the findings about it, in reading order."""

    file: str
    recipe: Recipe | None
    document: Document | None
    findings: tuple[Finding, ...]

    def placed(self, found: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return findings of later stages with file, line and column added from their path."""
        if self.document is None:
            return tuple(found)
        return tuple(each.at(self.document.where(each.where.path)) for each in found)


def read(raw: bytes, file: str) -> Reading:
    """Read one recipe. `file` is the name to show, not a path to open."""
    document, found = load(raw, file)
    if document is None:
        return Reading(file, None, None, secrets.masked(found, None))
    early = [*rules.unfit_values(document.root), *secrets.literal_secrets(document.data)]
    found += tuple(each.at(document.where(each.where.path)) for each in early)
    try:
        recipe = Recipe.model_validate(document.data)
    except ValidationError as error:
        found += shape.findings(error, document, Recipe)
        return Reading(file, None, document, _shown(found, document))
    reading = Reading(file, recipe, document, found)
    found += reading.placed(rules.check(recipe))
    return Reading(file, None if errors_of(found) else recipe, document, _shown(found, document))


def _shown(found: tuple[Finding, ...], document: Document) -> tuple[Finding, ...]:
    return secrets.masked(in_order(found), document.data)


def in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings as a reader of the text meets them; of very many the first, and how many more there are."""
    listed = sorted(found, key=lambda each: (each.where.line, each.where.column, each.code, each.message))
    more = len(listed) - MOST_FINDINGS
    if more <= 0:
        return tuple(listed)
    last = listed[MOST_FINDINGS - 1]
    rest = Finding(
        "DR105", f"{more} more findings are not shown.", "Repair the first ones.", replace(last.where, path=())
    )
    return (*listed[:MOST_FINDINGS], rest)
