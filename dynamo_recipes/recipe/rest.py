"""What is left of a recipe without its wrong keys, so that later stages can tell what else is wrong in the same run."""

from copy import deepcopy

from pydantic import ValidationError

from dynamo_recipes.findings import Path
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.recipe.positions import Data

_MOST = 1000  # of more wrong keys the rest says little, and each round costs as much as the first
_ROUNDS = 4  # a key that is left out can leave its section wrong, and that one its own


def without_wrong_keys(data: Data, error: ValidationError) -> Recipe | None:
    """Return the recipe without the keys that pydantic refuses; None when too little is left."""
    left = deepcopy(data)
    for _ in range(_ROUNDS):
        if error.error_count() > _MOST:
            return None
        paths = [_to_drop(each["loc"], each["type"]) for each in error.errors(include_url=False, include_input=False)]
        if not all(paths):
            return None
        for path in paths:
            _drop(left, path)
        try:
            return Recipe.model_validate(left)
        except ValidationError as again:
            error = again
    return None


def _to_drop(place: Path, kind: str) -> Path:
    """Return the path of what has to go: the key itself, or the section that misses one."""
    path = place[:-1] if place[-1:] == ("[key]",) else place
    return path[:-1] if kind == "missing" else path


def _drop(data: Data, path: Path) -> None:
    """Drop a key; of a list nothing is dropped one by one, as that would move the others."""
    for step in path[:-1]:
        if not isinstance(data, dict) or step not in data:
            return
        data = data[str(step)]
    if isinstance(data, dict):
        data.pop(str(path[-1]), None)
