"""Every recipe that ships: valid without a note, planned, and rendered for every target."""

from pathlib import Path

import pytest

from dynamo_recipes import targets
from dynamo_recipes.app.plan import plan, shown
from dynamo_recipes.app.render import render
from dynamo_recipes.app.validate import validate

RECIPES = sorted((Path(__file__).parents[1] / "recipes").rglob("*.yaml"))


def test_there_are_recipes():
    assert RECIPES


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda each: each.stem)
def test_it_is_valid_and_says_what_it_is_for(recipe):
    (done,) = validate([str(recipe)])
    assert done.findings == ()
    result = plan(str(recipe))
    assert result.reading.recipe.description
    assert result.plan.name == recipe.stem
    assert "yaml-language-server: $schema=" in recipe.read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda each: each.stem)
def test_its_plan_can_be_shown(recipe):
    result = plan(str(recipe))
    assert all(shown(result, form) for form in ("text", "json", "mermaid"))


@pytest.mark.parametrize("target", targets.TARGETS)
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda each: each.stem)
def test_it_can_be_rendered(recipe, target, tmp_path):
    assert all(each.text for each in render(str(recipe), target, str(tmp_path)))
