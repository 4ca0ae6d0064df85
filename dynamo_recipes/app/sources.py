"""Where recipes come from: files, folders, standard input. Reads bytes, understands none."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding, Where

STDIN = "-"
MOST_BYTES = 1 << 20
# One byte more than a recipe may have, so that the loader sees that it is too large without reading all of it.
_READ = MOST_BYTES + 1


class Source(NamedTuple):
    """A recipe's bytes, the name to show, and the folder that its relative paths start from."""

    file: str
    raw: bytes
    folder: Path


def read(name: str, shown: str = "") -> Source:
    """Read one recipe: a file, or `-` for standard input. Raises Refused (DR116), which says `shown` if given."""
    if name == STDIN:
        return Source("<stdin>", _standard_input(), Path())
    path, shown = Path(name), shown or name
    try:
        if path.is_dir():
            raise Refused(Finding("DR116", f"{shown} is a folder.", "Name one recipe file.", Where(shown)))
        with path.open("rb") as file:
            return Source(name, file.read(_READ), path.parent)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Refused(
            Finding("DR116", f"{shown} cannot be opened: {reason}.", "Check the path.", Where(shown))
        ) from error


def _standard_input() -> bytes:
    where = Where("<stdin>")
    if sys.stdin is None:
        raise Refused(Finding("DR116", "Standard input is closed.", "Name a file.", where))
    try:
        return sys.stdin.buffer.read(_READ)
    except OSError as error:
        raise Refused(Finding("DR116", f"Standard input: {error.strerror}.", "Name a file.", where)) from error


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False  # opening it tells why


def expanded(names: Iterable[str]) -> Iterator[str]:
    """Yield the recipes that some words name: a folder stands for all *.yaml and *.yml below it, in order of name."""
    for name in names:
        path = Path(name)
        if name == STDIN or not _is_folder(path):
            yield name
            continue
        files = sorted(each for each in path.rglob("*") if each.suffix in (".yaml", ".yml") and _visible(each, path))
        if not files:
            raise Refused(Finding("DR116", f"{name} holds no *.yaml file.", "Name a folder with recipes.", Where(name)))
        yield from (str(each) for each in files)


def _visible(file: Path, folder: Path) -> bool:
    return file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)
