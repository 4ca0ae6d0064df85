"""The GPU table: names and near names."""

from dynamo_recipes.findings import Finding, finding
from dynamo_recipes.recipe.near import did_you_mean, shown
from dynamo_recipes.support import data


def names() -> tuple[str, ...]:
    """Return the GPUs that are known, by the name that recipes use."""
    return tuple(data.load("gpus.json"))


def check(name: str) -> tuple[Finding, ...]:
    """Return a finding when the GPU is not in the table."""
    if name in data.load("gpus.json"):
        return ()
    message = f"The GPU `{shown(name)}` is not in the table."
    return (finding("DR204", ("hardware", "gpu"), message, did_you_mean(name, names())),)
