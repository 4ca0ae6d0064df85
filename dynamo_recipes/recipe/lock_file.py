"""A lock file: what a recipe was resolved to, for each target and choice of variants. Decides nothing."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from dynamo_recipes.recipe.fields import MOST_ENTRIES, Name, Section, whole

Text = Annotated[str, Field(min_length=1, max_length=4096)]
# Reasons are printed: what a terminal would act on, or read in another order, is refused.
Reason = Annotated[
    str, Field(pattern=r"^[^\x00-\x1f\u007f-\u009f\u200e-\u200f\u202a-\u202e\u2066-\u2069]*$", max_length=300)
]
Texts = Annotated[list[Text], Field(max_length=MOST_ENTRIES)]


class LockedEngine(Section):
    """The engine, and the version of it."""

    name: Text
    version: Text | None = None


class LockedWheels(Section):
    """What is installed from a package index, and how."""

    requirements: Texts
    options: Texts
    overrides: Texts


class LockedImage(Section):
    """The container image; null: not known."""

    name: Text
    cuda: Text | None = None
    arch: Texts | None = None


class LockedModel(Section):
    """The model, and the revision of it where it has one."""

    id: Text | None = None
    path: Text | None = None
    packaged: Text | None = None
    revision: Text | None = None
    adapters: dict[str, Text] = Field(default={})


class Locked(Section):
    """What a recipe was resolved to on one target, with one choice of variants."""

    target: Literal["local", "docker", "kubernetes"]
    variants: Annotated[list[Name], Field(max_length=64)] = Field(default=[])
    dynamo: Text
    engine: LockedEngine
    wheels: LockedWheels | None = None
    image: LockedImage | None = None
    model: LockedModel
    workers: dict[str, Text] = Field(default={})  # images of their own
    because: Annotated[dict[str, Reason], Field(max_length=20)] = Field(default={})


class LockFile(Section):
    """A lock file."""

    lock: Annotated[Literal[1], BeforeValidator(whole)]
    locked: Annotated[list[Locked], Field(max_length=MOST_ENTRIES)]
