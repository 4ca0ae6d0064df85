"""The JSON Schemas of recipes, sites and facts files."""

from dynamo_recipes.recipe.schema import facts_schema, recipe_schema, site_schema

_OF = {"recipe": recipe_schema, "site": site_schema, "facts": facts_schema}
SCHEMAS = tuple(_OF)


def schema(which: str) -> str:
    """Return the schema of recipes, of sites or of facts files."""
    return _OF[which]()
