"""The JSON Schemas of recipes and sites."""

from dynamo_recipes.recipe.schema import recipe_schema, site_schema

SCHEMAS = ("recipe", "site")


def schema(which: str) -> str:
    """Return the schema of recipes or of sites."""
    return site_schema() if which == "site" else recipe_schema()
