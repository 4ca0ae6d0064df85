"""Write what a recipe is resolved to into its lock file."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from dynamo_recipes.app import resolve, sources
from dynamo_recipes.app.composing import NOTHING, Inputs
from dynamo_recipes.app.locked import entry_of, path_of, read_lock
from dynamo_recipes.app.planning import ANYWHERE, Against
from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding, errors_of, finding
from dynamo_recipes.launch.folders import write_whole
from dynamo_recipes.recipe.lock_file import Locked
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.recipe.near import shown

_COMMIT = 40  # letters of a commit


class Written(NamedTuple):
    """A lock file as it was, or would be, written."""

    path: Path
    text: str
    entry: Locked
    findings: tuple[Finding, ...]


def lock(name: str, inputs: Inputs = NOTHING, against: Against = ANYWHERE) -> Written:
    """Return the lock file of a recipe with a new entry for the target; the others are kept. Raises Refused."""
    if name == sources.STDIN:
        raise Refused(Finding("DR234", "Standard input has no lock file.", "Name a recipe file."))
    result = resolve.resolve(name, inputs, against)
    if errors_of(result.findings) or result.resolution is None or result.reading.recipe is None:
        raise Refused(*result.findings)
    entry = entry_of(result.resolution, result.reading.recipe, inputs.variants)
    path = path_of(name)
    if result.resolution.target.path == "image" and result.resolution.image_name is None:
        message = f"The image of Dynamo {result.resolution.release.version} cannot be locked: its tag is not known."
        raise Refused(
            *result.reading.placed((finding("DR234", ("dynamo",), message, "Name an image: `engine.image`."),))
        )
    kept = _kept(path)
    others = [each for each in kept if (each.target, each.variants) != (entry.target, entry.variants)]
    found = (*result.findings, *result.reading.placed(tuple(_moving(result.reading.recipe))))
    return Written(path, _text([*others, entry]), entry, found)


def write(written: Written) -> None:
    """Write a lock file, whole or not at all. Raises Refused (DR608)."""
    try:
        write_whole(written.path, written.text)
    except OSError as error:
        message = f"{written.path} cannot be written: {error.strerror}."
        raise Refused(Finding("DR608", message, "Check the folder.")) from error


def _kept(path: Path) -> list[Locked]:
    """Return the entries of a lock file that is there. Raises Refused when they cannot be read."""
    if not os.path.lexists(path):
        return []
    try:
        return read_lock(path).locked
    except Refused as refused:
        hint = "Mend the file, or remove it and lock again."
        raise Refused(*(replace(each, hint=hint) for each in refused.findings)) from refused


def _moving(recipe: Recipe) -> Iterator[Finding]:
    """Yield a warning when what is locked may still change: a branch of the hub moves."""
    model = recipe.model
    revision = model.revision or "main"
    if model.id is None or (len(revision) == _COMMIT and all(each in "0123456789abcdef" for each in revision)):
        return
    message = f"The revision `{shown(revision)}` of {shown(model.id)} is no commit: it may move unseen."
    path = ("model", "revision") if model.revision else ("model",)
    yield finding("DR229", path, message, "Name a commit: `model.revision`.", "warning")


class _Text(str):
    """Text that is written in quotes: a commit such as `1234e56` is a number otherwise."""


class _Dumper(yaml.SafeDumper):
    """Writes `_Text` in quotes."""


_Dumper.add_representer(_Text, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def _text(entries: list[Locked]) -> str:
    """Return a lock file's text, byte-stable: entries by target and variants."""
    entries.sort(key=lambda each: (each.target, each.variants))
    data = {"lock": 1, "locked": [_quoted(_plain(each)) for each in entries]}
    head = "# Written by `dynamo-recipe lock`. Commit it; `--locked` refuses what differs from it.\n"
    return head + yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def _plain(entry: Locked) -> dict[str, Any]:
    """Return an entry as data, without what is empty."""
    data = entry.model_dump(exclude_none=True)
    data["model"] = {key: each for key, each in data["model"].items() if each}
    return {key: each for key, each in data.items() if each or key == "variants"}


def _quoted(value: Any) -> Any:
    """Return data with its texts in quotes; names that are plain words need none."""
    if isinstance(value, dict):
        return {key if key.isidentifier() else _Text(key): _quoted(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_quoted(each) for each in value]
    return _Text(value)
