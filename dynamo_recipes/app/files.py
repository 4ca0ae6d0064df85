"""The files that a recipe names: found, checked and read before anything else is done with them."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from dynamo_recipes.app.repository import inside
from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding, Where, finding
from dynamo_recipes.recipe.near import shown

_MOST_BYTES = 1 << 20
_MOST_IN_ALL = 4 << 20
# The path has no link any more: one that is put there meanwhile is not followed. A FIFO opens at once, and is told.
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class File(NamedTuple):
    """A file of `files`: its name there, where it really is, and what is in it."""

    name: str
    path: Path
    text: str


def read(named: Mapping[str, str], folder: Path | None) -> tuple[tuple[File, ...], tuple[Finding, ...]]:
    """Return the files that a recipe in `folder` names, in order of name, and what is wrong with them (DR118, DR615).

    Without a folder nothing is looked at.
    """
    files: list[File] = []
    found: list[Finding] = []
    for name in sorted(named) if folder is not None else ():
        try:
            files.append(_read(name, named[name], folder or Path()))
        except Refused as refused:
            found += [each.at(Where(path=("files", name))) for each in refused.findings]
    if sum(len(each.text.encode()) for each in files) > _MOST_IN_ALL:
        found.append(finding("DR615", ("files",), "The files of `files` have more than 4 MiB in all.", "Use less."))
    return tuple(files), tuple(found)


def _read(name: str, path_text: str, folder: Path) -> File:
    path, named = inside(path_text, folder), f"`{shown(path_text)}`"
    try:
        str(path).encode()  # a link may lead to a name that is no text: no script could say it
        return File(name, path, _content(path, named).decode())
    except OSError as error:
        hint = "Check the path: it is relative to the recipe's own folder."
        raise _refused(f"{named} cannot be opened: {error.strerror}.", hint) from error
    except UnicodeError as error:
        raise _refused(f"{named}, its content or its name, is not UTF-8.", "Save it as UTF-8 text.") from error


def _content(path: Path, named: str) -> bytes:
    number = os.open(path, _FLAGS)
    try:
        mode = os.fstat(number).st_mode
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "no plain file"
            raise _refused(f"{named} is {kind}.", "Name one text file.")
        with open(number, "rb", closefd=False) as file:
            content = file.read(_MOST_BYTES + 1)
    finally:
        os.close(number)
    if len(content) > _MOST_BYTES:
        raise _refused(f"{named} has more than 1 MiB.", "Name a smaller one.")
    return content


def _refused(message: str, hint: str) -> Refused:
    return Refused(Finding("DR615", message, hint))
