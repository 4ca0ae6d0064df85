"""From bytes to a recipe and everything that is wrong with it, all at once."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from pydantic import ValidationError

from dynamo_recipes.findings import Finding, Path, errors_of
from dynamo_recipes.recipe import rules, secrets, shape
from dynamo_recipes.recipe.load import load
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.recipe.positions import Document
from dynamo_recipes.recipe.rest import without_wrong_keys

MOST_FINDINGS = 1000  # nobody reads more, and printing them would take megabytes


class Reading(NamedTuple):
    """A text, the recipe in it (None when it is wrong) and the findings about it, in reading order."""

    file: str
    recipe: Recipe | None
    document: Document | None
    findings: tuple[Finding, ...]
    rest: Recipe | None = None  # of a wrong recipe, what is left without the wrong keys: later stages look at it too

    def placed(self, found: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return findings of later stages with file, line and column added from their path.

        Those about a key that is wrong already, or above or below one, say nothing new and are left out.
        """
        if self.document is None:
            return tuple(found)
        wrong = {each.where.path for each in self.findings if each.severity == "error"}
        above = {way for path in wrong for way in _ways(path)}
        new = [each for each in found if each.where.path not in above and wrong.isdisjoint(_ways(each.where.path))]
        # What is not about a key, such as a secret without a value on this machine, has no place in the text.
        here = tuple(each.at(self.document.where(each.where.path)) if each.where.path else each for each in new)
        return secrets.masked(here, self.document.data) if here else ()


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
        rest = without_wrong_keys(document.data, error)
        return _judged(Reading(file, None, document, found, rest), rest)
    return _judged(Reading(file, recipe, document, found), recipe)


def _judged(reading: Reading, recipe: Recipe | None) -> Reading:
    """Return the reading with what the rules of one recipe say."""
    broken = reading.placed(rules.check(recipe)) if recipe else ()
    found = (*reading.findings, *broken)
    # Contradictions leave nothing that a graph could be built from.
    rest = None if any(each.code == "DR115" for each in broken) else recipe
    whole = None if errors_of(found) else reading.recipe
    shown = _shown(found, reading.document) if reading.document else found
    return reading._replace(recipe=whole, findings=shown, rest=rest)


def _ways(path: Path) -> Iterator[Path]:
    """Yield all that a path leads through, and itself."""
    return (path[:at] for at in range(len(path) + 1))


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
