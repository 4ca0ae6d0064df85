"""`{file: NAME}` as a value in `args`: where it stands, and whether `files` has that name."""

from collections.abc import Iterator
from typing import Any

from dynamo_recipes.findings import Finding, Path, finding
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.recipe.near import did_you_mean, shown

_MOST_HINTS = 50  # near names take a millisecond each, and a hostile recipe has thousands of wrong ones


def name_of(value: Any) -> str | None:
    """Return the name in `{file: NAME}`; None when the value is anything else."""
    name = value.get("file") if isinstance(value, dict) and len(value) == 1 else None
    return name if isinstance(name, str) else None


def references(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the names in a flag's value, each with its place."""
    stack: list[tuple[Path, Any]] = [(path, value)]
    while stack:
        at, each = stack.pop()
        name = name_of(each)
        if name is not None:
            yield (*at, "file"), name
        elif isinstance(each, dict):
            stack += [((*at, key), inner) for key, inner in each.items()]
        elif isinstance(each, list):
            stack += [((*at, index), inner) for index, inner in enumerate(each)]


def inside(value: Any) -> bool:
    """Tell whether a flag's value names a file."""
    return next(references(value), None) is not None


def check(recipe: Recipe) -> Iterator[Finding]:
    """Yield a finding for each name that `files` does not have."""
    named = [(path, name) for path, name in _of(recipe) if name not in recipe.files]
    for count, (path, name) in enumerate(named):
        near = did_you_mean(name, recipe.files) if count < _MOST_HINTS else ""
        yield finding(
            "DR117", path, f"`files` does not name `{shown(name)}`.", near or "Add it to `files`, with its path."
        )


def _of(recipe: Recipe) -> Iterator[tuple[Path, str]]:
    sections: list[tuple[Path, dict[str, Any]]] = [
        (("engine", "args"), recipe.engine.args),
        (("frontend", "args"), recipe.frontend.args),
        *((("workers", name, "args"), each.args) for name, each in recipe.workers.items()),
    ]
    for path, args in sections:
        for flag, value in args.items():
            yield from references(value, (*path, flag))
