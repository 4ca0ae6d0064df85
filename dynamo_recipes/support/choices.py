"""The decisions of a resolution, each with its reason."""

from collections.abc import Iterator
from typing import NamedTuple

from dynamo_recipes.support import data
from dynamo_recipes.support.case import Case


class Choice(NamedTuple):
    """A decision and its reason."""

    what: str
    value: str
    because: str


def choices(case: Case, because: str, pythons: tuple[str, ...]) -> Iterator[Choice]:
    """Yield the decisions about a case: `because` is why this release, `pythons` are those that fit."""
    version = case.release.version
    yield Choice("dynamo", version, because)
    engine, wanted = case.recipe.engine, case.engine.version
    told = "the recipe names it" if engine.version else f"the version that belongs to Dynamo {version}"
    if case.own_image and not engine.version:
        wanted, told = None, "what is in the recipe's own image is not known"
    yield Choice("engine", f"{engine.name} {engine.version or wanted or '(version not known)'}", told)
    if case.target.path == "image":
        yield from _image_choices(case)
    elif case.facts.environment:
        yield Choice("install", "nothing", "an environment is given")
    else:
        yield from _wheel_choices(case, pythons)


def _wheel_choices(case: Case, pythons: tuple[str, ...]) -> Iterator[Choice]:
    wheels = case.engine.wheels
    if wheels:
        told = f"the target {case.target.name} installs wheels; these are the release's own requirements"
        yield Choice("install", " ".join(wheels.requirements), told)
    if wheels and wheels.cuda:
        yield Choice("cuda", wheels.cuda, "the engine's wheels bring it")
    if case.facts.python:
        yield Choice("python", case.python or "", "the machine has it, and the wheels install on it")
    else:
        because = f"its wheels install on these; {case.python} is taken where uv has the choice"
        yield Choice("python", " or ".join(pythons), because)


def _image_choices(case: Case) -> Iterator[Choice]:
    image = case.image
    if case.recipe.engine.image:
        yield Choice("image", case.recipe.engine.image, "the recipe names it")
    elif image and image.tag is None:
        yield Choice("image", "(tag not known)", f"an image of the release for {case.recipe.engine.name}")
    elif image:
        arch = f", for {' and '.join(image.arch)}" if image.arch else ""
        yield Choice(
            "image",
            f"{data.load('images.json')['registry']}/{image.repository}:{image.tag}",
            f"the {image.variant} image of the release for {case.recipe.engine.name}{arch}",
        )
    if image and image.cuda:
        yield Choice("cuda", image.cuda, "the image has it")
