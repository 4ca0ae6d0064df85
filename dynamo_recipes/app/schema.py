"""The JSON Schema of recipes."""

from dynamo_recipes.recipe.schema import recipe_schema as recipe_schema  # noqa: PLC0414 - given on
