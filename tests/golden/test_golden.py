"""Plans and rendered files, as committed. `make golden` rewrites them: read the diff before committing it."""

import os
from pathlib import Path

import pytest

from dynamo_recipes import targets
from dynamo_recipes.app.plan import plan, shown
from dynamo_recipes.app.render import render

GOLDEN = Path(__file__).parent
ROOT = GOLDEN.parents[1]
RECIPES = {each.stem: each for each in sorted((ROOT / "recipes").glob("*.yaml"))} | {
    each.parent.name: each for each in sorted(GOLDEN.glob("*/recipe.yaml"))
}
FORMS = {"plan.txt": "text", "plan.json": "json", "plan.mmd": "mermaid"}


def made(name: str) -> dict[str, str]:
    """Return all that a recipe gives, by its path below the recipe's golden folder."""
    recipe = str(RECIPES[name])
    result = plan(recipe)
    files = {file: shown(result, form) for file, form in FORMS.items()}
    for target in targets.TARGETS:
        for each in render(recipe, target, str(GOLDEN / name / target)):
            if not each.path.startswith("model/"):  # the packaged model: as it is in data/models
                files[f"{target}/{each.path}"] = each.text
    return files


def committed(name: str) -> dict[str, str]:
    folder = GOLDEN / name
    files = (each for each in folder.rglob("*") if each.is_file() and each != folder / "recipe.yaml")
    return {str(each.relative_to(folder)): each.read_bytes().decode() for each in files}


def rewrite(name: str) -> None:
    folder = GOLDEN / name
    for path in committed(name):
        (folder / path).unlink()
    for path, text in made(name).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())


@pytest.mark.parametrize("name", RECIPES)
def test_what_a_recipe_gives_is_what_is_committed(name):
    if os.environ.get("GOLDEN") == "write":
        rewrite(name)
    now, before = made(name), committed(name)
    assert set(now) == set(before)
    for path in now:
        assert now[path] == before[path], f"{name}/{path} has changed: run `make golden` and read the diff"
