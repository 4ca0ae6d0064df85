"""Show the plan of a recipe."""

import json
from typing import Literal

from dynamo_recipes.app.composing import NOTHING, Inputs, read
from dynamo_recipes.app.planning import ANYWHERE, Against, Planned, planned_at
from dynamo_recipes.app.show import listed
from dynamo_recipes.errors import Refused
from dynamo_recipes.plan import show

Form = Literal["text", "json", "mermaid"]


def plan(name: str, inputs: Inputs = NOTHING, against: Against = ANYWHERE) -> Planned:
    """Return the plan of a recipe. Raises Refused with all findings when there is none.

    Without a target it is for the first that fits.
    """
    result = planned_at(read(name, inputs), against)
    if not result.ok or result.plan is None:
        raise Refused(*result.findings)
    return result


def shown(result: Planned, form: Form, with_origins: bool = False) -> str:
    """Return a plan as text for people, as JSON or as Mermaid; if wanted, with the origin of each value."""
    if result.plan is None:
        raise ValueError("there is no plan to show")
    if form == "mermaid":
        return show.as_mermaid(result.plan)
    text = (show.as_json if form == "json" else show.as_text)(result.plan, result.instances)
    document = result.reading.document
    if not with_origins or document is None:
        return text
    if form == "text":
        return f"{text}\norigins\n" + "".join(f"  {line}\n" for line in listed(document, "yaml").splitlines())
    return json.dumps({**json.loads(text), **json.loads(listed(document, "json"))}, indent=2, ensure_ascii=False) + "\n"
