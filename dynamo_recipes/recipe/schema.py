"""The JSON Schema of a recipe, as text for editors: generated, committed as `schemas/recipe.v1.json`."""

import json

from dynamo_recipes.recipe.model import Recipe

NAME = "recipe.v1.json"


def recipe_schema() -> str:
    """Return the schema, byte-stable, with a final newline."""
    schema = Recipe.model_json_schema(by_alias=True)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": NAME,
        "title": "dynamo-recipes recipe",
    }
    return json.dumps(head | {key: schema[key] for key in sorted(schema) if key != "title"}, indent=2) + "\n"
