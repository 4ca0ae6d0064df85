"""Releases that tests go over, by what is known of them."""

from dynamo_recipes.findings import errors_of
from dynamo_recipes.recipe.read import read
from dynamo_recipes.support.data import release_names
from dynamo_recipes.support.facts import UNKNOWN
from dynamo_recipes.support.releases import release
from dynamo_recipes.support.resolve import resolve


def _serves(version: str) -> bool:
    recipe = read(f"schema: 1\nmodel: a/b\nengine: mocker\ndynamo: '{version}'\n".encode(), "r.yaml").recipe
    assert recipe is not None
    return not errors_of(resolve(recipe, UNKNOWN).findings)


# Whose commands we write.
LAUNCHED = tuple(each for each in release_names() if release(each).can("launch"))
# Whose frontend and mocker a local run may start.
SERVED = tuple(each for each in LAUNCHED if _serves(each))
