"""Where a plan's model is on this machine."""

import os
from pathlib import Path

from dynamo_recipes.findings import Finding, finding
from dynamo_recipes.plan.model import Source
from dynamo_recipes.support.data import DATA


def location(model: Source, folder: Path) -> str:
    """Return the model's folder as an absolute path, or its hub id. `folder` is where the recipe is."""
    if model.kind == "id":
        return model.value
    return str(packaged(model.value)) if model.kind == "packaged" else os.path.realpath(folder / model.value)


def packaged(name: str) -> Path:
    """Return the folder of a model that ships with us."""
    return DATA / "models" / name


def missing(model: Source, place: str) -> tuple[Finding, ...]:
    """Return a finding when the model's folder is not there or holds no model (DR602)."""
    if model.kind == "id" or os.path.isfile(f"{place}/config.json"):  # os.path: a name too long is no exception
        return ()
    path = ("model", "path")
    if not os.path.isdir(place):
        return (
            finding(
                "DR602",
                path,
                f"The model folder {place} is not there.",
                "Check the path: it is relative to the recipe's own folder.",
            ),
        )
    return (finding("DR602", path, f"The model folder {place} has no config.json.", "Name the folder of one model."),)
