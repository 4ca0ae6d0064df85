"""What a target is: it turns a plan into files. Knows no engine, no recipe, no disk."""

from dataclasses import dataclass
from typing import Protocol

from dynamo_recipes.plan.model import Instance, Plan


@dataclass(frozen=True)
class Artifact:
    """A file that a target gives: relative path, text, mode."""

    path: str
    text: str
    mode: int = 0o644


@dataclass(frozen=True)
class Capabilities:
    """What a target does by itself."""

    places: bool  # it chooses nodes and devices; otherwise `plan.place` does
    discovery: tuple[str, ...]  # discovery backends that work there
    nodes: bool  # one graph can stand on several machines


class Target(Protocol):
    """A target."""

    NAME: str
    CAPABILITIES: Capabilities

    def render(
        self, plan: Plan, instances: tuple[Instance, ...], model: str, files: tuple[tuple[str, str], ...] = ()
    ) -> tuple[Artifact, ...]:
        """Return the files. `model` is the model's folder relative to them, an absolute one, or a hub id.

        `files` are those of the recipe, by name: paths relative to the target's own, beside which they are written.
        """
        ...
