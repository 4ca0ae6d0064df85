"""Flags that the tool sets itself: from a key of the recipe, or another value for each process. `flags/owned.json`.

A row of that file, by component and flag: the `field` of the recipe that says it, or `because` of what the tool does.
`values`: the field's words where they differ; `takes`: the words that the field takes, where they are few; `dashes`:
the flag has dashes for the field's underscores; `says`: what a switch says there.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from dynamo_recipes.recipe.near import shown
from dynamo_recipes.support import data
from dynamo_recipes.support.spelling import canonical


class Owned(NamedTuple):
    """Where to put what a flag says."""

    row: Mapping[str, Any]

    @property
    def field(self) -> str | None:
        """The key of the recipe that says it; None: the tool chooses."""
        field: str | None = self.row.get("field")
        return field

    @property
    def place(self) -> str:
        """The key of the recipe, or why there is none."""
        return self.field or str(self.row["because"])

    def hint(self, value: Any) -> str:
        """Return what to write instead, with the value where the field takes it."""
        if self.field is None:
            return f"Remove it: {self.place}."
        if "says" in self.row and value is not False:
            return f"Say it with `{self.field}: {self.row['says']}`."
        if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
            return f"Say it with `{self.field}`."
        word = self.row.get("values", {}).get(str(value), str(value))
        word = word.replace("-", "_") if self.row.get("dashes") else word
        if word not in self.row.get("takes", [word]):
            return f"Say it with `{self.field}`, which takes {', '.join(self.row['takes'])}."
        return f"Say it with `{self.field}: {shown(word)}`."


def owned(components: tuple[str, ...]) -> dict[str, Owned]:
    """Return the flags of some components that the tool sets, in canonical spelling."""
    tables = data.load("flags/owned.json")
    return {canonical(flag): Owned(row) for component in components for flag, row in tables.get(component, {}).items()}
