"""The packaged data files. The one place of the pure packages that opens files, and only packaged ones."""

import json
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "data"


@cache
def load(name: str) -> Any:
    """Return a packaged JSON file, by its path below `data/`."""
    return json.loads((DATA / name).read_bytes())


@cache
def release_names() -> tuple[str, ...]:
    """Return the releases that have a data file, newest first."""
    names = (each.name.removesuffix(".json") for each in (DATA / "releases").iterdir() if each.suffix == ".json")
    return tuple(sorted(names, key=_numbers, reverse=True))


def _numbers(version: str) -> tuple[int, ...]:
    """Return what released versions sort by: their numbers; `0.8.1.post1` comes after `0.8.1`."""
    return tuple(int("".join(filter(str.isdigit, part)) or 0) for part in version.split("."))
