"""The JSON Schemas of recipes, sites and facts files, as text for editors: generated, committed in `schemas/`."""

import json

from pydantic import BaseModel

from dynamo_recipes.recipe.facts_file import FactsFile
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.recipe.site import Site

NAME = "recipe.v1.json"
SITE_NAME = "site.v1.json"
FACTS_NAME = "facts.v1.json"


def recipe_schema() -> str:
    """Return the schema of recipes, byte-stable, with a final newline."""
    return _text(Recipe, NAME)


def site_schema() -> str:
    """Return the schema of sites, byte-stable, with a final newline."""
    return _text(Site, SITE_NAME)


def facts_schema() -> str:
    """Return the schema of facts files, byte-stable, with a final newline."""
    return _text(FactsFile, FACTS_NAME)


def _text(model: type[BaseModel], name: str) -> str:
    schema = model.model_json_schema(by_alias=True)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": name,
        "title": f"dynamo-recipes {name.partition('.')[0]}",
    }
    return json.dumps(head | {key: schema[key] for key in sorted(schema) if key != "title"}, indent=2) + "\n"
