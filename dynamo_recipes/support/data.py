"""The packaged data files. The one place of the pure packages that opens files, and only packaged ones."""

import json
import re
from collections.abc import Container
from functools import cache
from pathlib import Path
from typing import Any

_VERSION = r"(\d+\.\d+\.\d+(?:\.post\d+)?)(?:-[\w.-]*)?"
DATA = Path(__file__).parent.parent / "data"


@cache
def load(name: str) -> Any:
    """Return a packaged JSON file, by its path below `data/`."""
    return json.loads((DATA / name).read_bytes())


@cache
def release_names() -> tuple[str, ...]:
    """Return the releases that have a data file, newest first."""
    names = (each.name.removesuffix(".json") for each in (DATA / "releases").iterdir() if each.suffix == ".json")
    return tuple(sorted(names, key=order, reverse=True))


@cache
def folders_in(folder: str) -> tuple[str, ...]:
    """Return the names of the folders in one below `data/`, in order."""
    return tuple(sorted(each.name for each in (DATA / folder).iterdir() if each.is_dir()))


@cache
def programs() -> tuple[str, ...]:
    """Return the programs that have catalogues of flags: the engines, and Dynamo's other components."""
    engines = tuple(load("engines.json"))
    others = (each.removeprefix("dynamo.") for each in folders_in("flags") if each.startswith("dynamo."))
    return (*engines, *(each for each in others if each not in engines))


@cache
def versions_in(folder: str) -> tuple[str, ...]:
    """Return the versions that a folder below `data/` has a file of, oldest first; none where it is not there."""
    found = (DATA / folder).glob("*.json")
    return tuple(sorted((each.name.removesuffix(".json") for each in found), key=order))


def is_newer(one: str, other: str) -> bool:
    """Tell whether a release came after another."""
    return order(one) > order(other)


def lines_apart(one: str, other: str) -> int | None:
    """Return how many minor lines later the first release came than the second: 1.6.0 and 1.4.2 are 2, the reverse -2.

    Lines are counted among those that have a data file; None where a version is of none of them.
    """
    lines = tuple(dict.fromkeys(_line(each) for each in reversed(release_names()) if each != "main"))
    if _line(one) in lines and _line(other) in lines:
        return lines.index(_line(one)) - lines.index(_line(other))
    return None


def _line(version: str) -> str:
    return ".".join(version.split(".")[:2])


def version_in(image: str, repositories: Container[str]) -> str | None:
    """Return the Dynamo version in an image's tag, for images of some repositories: `…/vllm-runtime:1.4.2-cuda13`."""
    name, _, tag = image.partition("@")[0].rsplit("/", 1)[-1].partition(":")
    found = re.fullmatch(_VERSION, tag) if name in repositories else None
    return found[1] if found else None


def order(version: str) -> tuple[int, ...]:
    """Return what versions sort by: their numbers; `0.8.1.post1` comes after `0.8.1`, `main` after all."""
    if version == "main":
        return (1 << 30,)
    return tuple(int("".join(filter(str.isdigit, part)) or 0) for part in version.split("."))
