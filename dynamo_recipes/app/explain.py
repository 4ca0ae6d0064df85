"""The page of a finding's code."""

from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import CODES, Finding
from dynamo_recipes.recipe.near import did_you_mean, shown
from dynamo_recipes.support.data import DATA


def explain(code: str) -> str:
    """Return the page of a code, as Markdown. Raises Refused for an unknown one."""
    if code.upper() not in CODES:
        hint = did_you_mean(code.upper(), CODES) if code.upper().startswith("DR") else "Codes look like DR106."
        raise Refused(Finding("DR109", f"`{shown(code)}` is not a code.", hint))
    return (DATA / "findings" / f"{code.upper()}.md").read_text(encoding="utf-8")


def codes() -> tuple[tuple[str, str], ...]:
    """Return all codes with their titles."""
    return tuple(CODES.items())
