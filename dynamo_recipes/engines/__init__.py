"""The engines, by name. To add one: a module here, one line in the table, its entry in `data/engines.json`."""

import importlib
from typing import cast

from dynamo_recipes.plan.model import Engine

ENGINES = {
    "mocker": "dynamo_recipes.engines.mocker",
}


def load(name: str) -> Engine:
    """Return an engine of the table; it is imported only when asked for."""
    return cast("Engine", importlib.import_module(ENGINES[name]))
