"""What a rule judges: one release, on one path, for one recipe on one machine."""

from typing import Any, NamedTuple

from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.support import data
from dynamo_recipes.support.facts import Gpu, HostFacts
from dynamo_recipes.support.releases import Engine, Image, Release
from dynamo_recipes.support.target import Target


class Case(NamedTuple):
    """A release that may be taken. On the wheel path `python` is set, on the image path `image`."""

    recipe: Recipe
    release: Release
    target: Target
    facts: HostFacts
    gpus: tuple[Gpu, ...]  # to judge by: the machine's, else those that the recipe is made for
    features: frozenset[str]  # what the recipe asks for, by the names of release files: "lora", "disaggregation"
    python: str | None = None  # "3.12"
    image: Image | None = None

    @property
    def engine(self) -> Engine:
        """The recipe's engine in this release."""
        return self.release.engine(self.recipe.engine.name)

    @property
    def facts_of_engine(self) -> dict[str, Any]:
        """What `engines.json` says of the recipe's engine."""
        found: dict[str, Any] = data.load("engines.json")[self.recipe.engine.name]
        return found

    @property
    def installs(self) -> bool:
        """Tell whether wheels get installed: not into an environment that is given, and not on the image path."""
        return self.target.path == "wheels" and not self.facts.environment

    @property
    def own_image(self) -> str | None:
        """The image that the recipe names, on the image path, where the release has none of that name.

        What is in it is its author's matter.
        """
        return self.recipe.engine.image if self.target.path == "image" and self.image is None else None

    @property
    def cuda(self) -> str | None:
        """The CUDA that would run: of the wheels, or of the image."""
        if self.target.path == "image":
            return self.image.cuda if self.image else None
        return self.engine.wheels.cuda if self.engine.wheels and self.installs else None
