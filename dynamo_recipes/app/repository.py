"""Which files a recipe may name: those of its own repository, symbolic links resolved."""

import errno
import os
from pathlib import Path

from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding
from dynamo_recipes.recipe.near import shown

_COPY_IT = "Copy the file into the repository of the recipe, and name it by its path from the recipe's folder."


def repository_of(folder: Path) -> Path:
    """Return the nearest folder that holds `.git`, upwards from the real place of `folder`; else that place itself."""
    real = Path(os.path.realpath(folder))
    # A worktree and a submodule have a file of that name.
    return next((each for each in (real, *real.parents) if os.path.lexists(each / ".git")), real)


def inside(path_text: str, folder: Path) -> Path:
    """Return the real path of what a recipe in `folder` names; it need not exist. Raises Refused (DR118).

    The finding has no place yet: who knows the key adds it with `at`.
    """
    named = f"`{shown(path_text)}`"
    if _is_address(path_text):
        raise _refused(f"{named} is an address, not a path: nothing is fetched for a recipe.", _COPY_IT)
    if path_text == "~" or path_text.startswith("~/"):
        raise _refused(f"{named} starts with `~`, which no recipe knows: it would differ for everybody.", _COPY_IT)
    try:
        repository, start = repository_of(folder), os.path.realpath(folder)
    except OSError as error:  # the working folder has been removed
        raise _refused(f"{named} has no folder to start from: {error.strerror}.", "Go to one that is there.") from error
    real = _real(os.path.join(start, path_text), named)
    if not real.is_relative_to(repository):
        raise _refused(f"{named} leads out of the recipe's repository, {shown(str(repository), 4096)}.", _COPY_IT)
    return real


def _is_address(path_text: str) -> bool:
    scheme, mark, _ = path_text.partition("://")
    return bool(mark) and scheme.isascii() and scheme.replace("+", "").isalnum()


def _real(path: str, named: str) -> Path:
    try:
        return Path(os.path.realpath(path, strict=True))
    except ValueError as error:  # a NUL, or half of a surrogate pair
        raise _refused(f"{named} cannot be a path.", "Write the path as plain text.") from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            # `realpath` gives up there, and leaves the links after it unresolved: they could lead out.
            raise _refused(f"{named} leads through symbolic links that go in a circle.", "Repair them.") from error
        return Path(os.path.realpath(path))  # not there, or not to be looked at: opening it tells why


def _refused(message: str, hint: str) -> Refused:
    return Refused(Finding("DR118", message, hint))
