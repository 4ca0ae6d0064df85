"""What a word on the command line may become: recipe files, variants in one, GPUs. Raises nothing: a shell waits."""

import os
from collections.abc import Iterable, Iterator

from dynamo_recipes.recipe.load import MOST_BYTES, load
from dynamo_recipes.support import data

_MOST_LETTERS = 4096  # of a name: no path is longer
_MOST_HELP = 200


def variants_of(path: str, chosen: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
    """Return the variants of a recipe file, each with a few words; without those of an axis that is already chosen."""
    variants = {name: dict(_mapping(value)) for name, value in _mapping(_top(path).get("variants"))}
    chosen = set(chosen)
    taken = {axis for name in chosen if (axis := _axis(variants.get(name, {})))}
    return tuple(
        (name, _help(value))
        for name, value in variants.items()
        if name not in chosen and _axis(value) not in taken and showable(name)
    )


def recipe_files(start: str) -> tuple[str, ...]:
    """Return the *.yaml and *.yml files and the folders whose path begins with `start`, in order of name."""
    folder, name = os.path.split(start)
    try:
        with os.scandir(os.path.expanduser(folder) or ".") as entries:
            names = sorted(each.name for each in entries if each.name.startswith(name) and _fits(each, name))
    except (OSError, ValueError):
        return ()
    # A name that begins like an option, a variable or a home folder is told apart by its folder.
    plain = [each if folder or each[0].isalnum() or each[0] in "._" else f"./{each}" for each in names]
    return tuple(path for each in plain if showable(path := os.path.join(folder, each)))


def engine_names() -> tuple[str, ...]:
    """Return the engines that are known."""
    return tuple(data.load("engines.json"))


def release_names() -> tuple[str, ...]:
    """Return the Dynamo releases that are known, newest first."""
    return data.release_names()


def program_names() -> tuple[str, ...]:
    """Return the programs that have a catalogue of flags."""
    return data.programs()


def gpu_names() -> tuple[str, ...]:
    """Return the GPUs of the table, by the name that recipes use."""
    return tuple(data.load("gpus.json"))


def showable(text: str) -> bool:
    """Say whether a name can stand in a shell's list: nothing in it ends a line or moves the cursor."""
    return 0 < len(text) <= _MOST_LETTERS and text.isprintable()


def _fits(entry: "os.DirEntry[str]", start: str) -> bool:
    if entry.name.startswith(".") and not start.startswith("."):
        return False
    return entry.name.endswith((".yaml", ".yml")) or entry.is_dir()


def _top(path: str) -> dict[str, object]:
    return dict(_mapping(_data(path)))


def _data(path: str) -> object:
    """Return the data of a recipe; None for what is no file: a pipe would never end."""
    path = os.path.expanduser(path)
    try:
        if not os.path.isfile(path):
            return None
        with open(path, "rb") as file:
            document, _ = load(file.read(MOST_BYTES + 1), path)
    except (OSError, ValueError):
        return None
    return document.data if document else None


def _mapping(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        yield from ((key, each) for key, each in value.items() if isinstance(key, str))


def _axis(variant: dict[str, object]) -> str | None:
    axis = variant.get("axis")
    return axis if isinstance(axis, str) else None


def _help(variant: dict[str, object]) -> str:
    axis = _axis(variant)
    text = f"axis {axis}" if axis else "changes " + ", ".join(key for key in variant)
    return "".join(each if each.isprintable() else " " for each in text[:_MOST_HELP]).strip()
