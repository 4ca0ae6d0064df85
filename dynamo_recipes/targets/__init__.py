"""The targets, by name. To add one: a module here, one line in the table, golden files."""

import importlib
from typing import cast

from dynamo_recipes.targets.target import Target

TARGETS = {
    "local": "dynamo_recipes.targets.local",
}


def load(name: str) -> Target:
    """Return a target of the table; it is imported only when asked for."""
    return cast("Target", importlib.import_module(TARGETS[name]))
