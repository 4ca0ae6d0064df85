"""From bytes to the machines of a facts file and everything that is wrong with it, all at once: as with recipes.

JSON is read too: it is YAML.
"""

from typing import NamedTuple

from pydantic import ValidationError

from dynamo_recipes.findings import Finding, errors_of
from dynamo_recipes.recipe import rules, secrets, shape
from dynamo_recipes.recipe.facts_file import FactsFile
from dynamo_recipes.recipe.load import load
from dynamo_recipes.recipe.read import in_order


class FactsReading(NamedTuple):
    """The machines, None when the file is wrong, and the findings about it in reading order."""

    facts: FactsFile | None
    findings: tuple[Finding, ...]


def read_facts(raw: bytes, file: str) -> FactsReading:
    """Read a facts file. `file` is the name to show, not a path to open."""
    document, found = load(raw, file)
    if document is None:
        return FactsReading(None, secrets.masked(found, None))
    early = (*rules.unfit_values(document.root), *secrets.literal_secrets(document.data))
    found += tuple(each.at(document.where(each.where.path)) for each in early)
    facts: FactsFile | None = None
    try:
        facts = FactsFile.model_validate(document.data)
    except ValidationError as error:
        found += shape.findings(error, document, FactsFile)
    return FactsReading(None if errors_of(found) else facts, secrets.masked(in_order(found), document.data))
