"""Show the plan of a recipe."""

from typing import Literal

from dynamo_recipes.app import sources
from dynamo_recipes.app.planning import Planned, planned
from dynamo_recipes.errors import Refused
from dynamo_recipes.plan import show

Form = Literal["text", "json", "mermaid"]


def plan(name: str) -> Planned:
    """Return the plan of a recipe. Raises Refused with all findings when there is none."""
    source = sources.read(name)
    result = planned(source.raw, source.file)
    if not result.ok or result.plan is None:
        raise Refused(*result.findings)
    return result


def shown(result: Planned, form: Form) -> str:
    """Return a plan as text for people, as JSON or as Mermaid."""
    if result.plan is None:
        raise ValueError("there is no plan to show")
    if form == "mermaid":
        return show.as_mermaid(result.plan)
    return (show.as_json if form == "json" else show.as_text)(result.plan, result.instances)
