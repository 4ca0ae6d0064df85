"""How long `resolve` takes for every release, engine, GPU and target there is."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

from benchmarks.measure import seconds
from benchmarks.results import Result, below
from dynamo_recipes.recipe.model import Recipe, Release
from dynamo_recipes.recipe.read import read
from dynamo_recipes.support import data, gpus
from dynamo_recipes.support.facts import UNKNOWN
from dynamo_recipes.support.resolve import resolve
from dynamo_recipes.support.target import TARGETS

_BOUND = 5.0  # seconds for all of them together


def results(_: Path) -> Iterator[Result]:
    """Yield the time for all of them, and how many they are."""
    recipes = tuple(_recipes())
    pairs = tuple(product(recipes, TARGETS.values()))
    spent = min(seconds(lambda: [resolve(recipe, UNKNOWN, target) for recipe, target in pairs]) for _ in range(3))
    yield below(f"resolve, all {len(pairs):,} of release, engine, GPU, target", spent, _BOUND, "s")


def _recipes() -> Iterator[Recipe]:
    for engine, gpu in product(data.load("engines.json"), gpus.names()):
        text = f"schema: 1\nmodel: a/b\nengine: {engine}\nhardware: {{gpu: {gpu}}}\n"
        recipe = read(text.encode(), "recipe.yaml").recipe
        if recipe is None:
            raise ValueError("the benchmark's own recipe is wrong")
        for version in data.release_names():
            yield recipe.model_copy(update={"dynamo": Release(version=version)})
