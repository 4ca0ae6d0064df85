"""From bytes to a recipe and everything that is wrong with it, all at once."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from pydantic import ValidationError

from dynamo_recipes.findings import Finding, Path, errors_of
from dynamo_recipes.recipe import rules, secrets, shape
from dynamo_recipes.recipe.compose import Composed, Inputs, composed
from dynamo_recipes.recipe.interpolation import as_text
from dynamo_recipes.recipe.load import load
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.recipe.positions import Data, Document
from dynamo_recipes.recipe.rest import without_wrong_keys
from dynamo_recipes.recipe.scalars import plain

_GIVEN = ("environment ", "env file ")
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
        return _masked(here, self.document) if here else ()


def read(raw: bytes, file: str, inputs: Inputs = Inputs()) -> Reading:  # noqa: B008 - it is frozen
    """Read one recipe, with what is laid over it. `file` is the name to show, not a path to open."""
    document, found = load(raw, file)
    if document is None:
        return Reading(file, None, None, secrets.masked(found, None))
    whole = composed(document, inputs)
    found += whole.findings
    document = whole.document
    told = {(each.code, each.where.path) for each in found}
    early = [*rules.unfit_values(document.root), *secrets.literal_secrets(document.data)]
    early = [each for each in early if (each.code, each.where.path) not in told]
    found += tuple(each.at(document.where(each.where.path)) for each in early)
    document, recipe, error = _validated(whole)
    if error is not None:
        wrong = shape.findings(error, document, Recipe)
        incomplete = _is_incomplete((*whole.findings, *wrong), inputs)
        found += tuple(each for each in wrong if not (each.code == "DR107" and incomplete))
        rest = without_wrong_keys(document.data, error)
        return _judged(Reading(file, None, document, found, rest), rest)
    return _judged(Reading(file, recipe, document, found), recipe)


def _is_incomplete(found: tuple[Finding, ...], inputs: Inputs) -> bool:
    """Tell whether something that the recipe extends could not be had: keys may be missing because of that alone."""
    told = any(each.where.path[:1] == ("extends",) for each in found)
    return told or None in inputs.documents.values()


def _validated(whole: Composed) -> tuple[Document, Recipe | None, ValidationError | None]:
    """Return the recipe; values that `${...}` gave are read as the types of their fields where the first try fails."""
    document = whole.document
    try:
        return document, Recipe.model_validate(document.data), None
    except ValidationError as error:
        first = error
    retyped = _retyped(whole, first)
    if retyped is document:
        return document, None, first
    try:
        return retyped, Recipe.model_validate(retyped.data), None
    except ValidationError as error:
        return retyped, None, error


def _retyped(whole: Composed, error: ValidationError) -> Document:
    if not whole.retyped or error.error_count() > MOST_FINDINGS:
        return whole.document
    document = whole.document
    for each in error.errors(include_url=False, include_input=False):
        if each["loc"] in whole.retyped:
            document = document.replaced(each["loc"], lambda data, kind=each["type"]: _as(data, kind))  # type: ignore[misc]
    return document


def _as(data: Data, kind: str) -> Data:
    """Return text as the number or truth value that pydantic wants there, or anything as text where it wants that."""
    if kind in ("int_type", "float_type", "bool_type"):
        return plain(data) if isinstance(data, str) else data
    return as_text(data) if kind in ("string_type", "model_type", "model_attributes_type") else data


def _judged(reading: Reading, recipe: Recipe | None) -> Reading:
    """Return the reading with what the rules of one recipe say."""
    broken = reading.placed(rules.check(recipe)) if recipe else ()
    if any(each.where.path[:1] == ("files",) for each in reading.findings):
        broken = tuple(each for each in broken if each.code != "DR117")  # what is left of `files` lacks those names
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
    return _masked(in_order(found), document)


def _masked(found: tuple[Finding, ...], document: Document) -> tuple[Finding, ...]:
    """Return findings that show neither a secret nor what the environment or an env file gave."""
    return secrets.masked((_unsaid(each, document) for each in found), document.data)


def _unsaid(found: Finding, document: Document) -> Finding:
    node = document.nearest(found.where.path)
    if not node.by.startswith(_GIVEN) and not any(f", {each}" in node.by for each in _GIVEN):
        return found
    value = re.escape(shown(as_text(node.value))) if isinstance(node.value, (str, int, float)) else ""
    if not value:
        return found
    words = re.compile(rf"(?<!\w){value}(?!\w)")
    return replace(found, message=words.sub("***", found.message), hint=words.sub("***", found.hint))


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
