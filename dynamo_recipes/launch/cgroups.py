"""The control groups that this process is in: whose limits hold for it. Source: cgroups(7)."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple


class Group(NamedTuple):
    """The folder of a group; `old` is version 1, where each controller has groups of its own."""

    folder: Path
    old: bool


def of(controller: str, proc: Path = Path("/proc")) -> Iterator[Group]:
    """Yield the groups that this process is in for a controller, from its own up: the limit of each holds."""
    try:
        groups = (proc / "self" / "cgroup").read_text().splitlines()
        mounts = (proc / "self" / "mountinfo").read_text().splitlines()
    except (OSError, ValueError):
        return
    for line in groups:
        _, controllers, path = line.split(":", 2)
        if not controllers or controller in controllers.split(","):
            for root, point in _mounted(mounts, controller if controllers else None):
                yield from (Group(each, bool(controllers)) for each in _upwards(point, root, path))


def _mounted(mounts: Iterable[str], controller: str | None) -> Iterator[tuple[str, Path]]:
    """Yield where groups of a controller (None: of all, in version 2) are mounted: which group, and at which folder."""
    for mount in mounts:
        left, _, right = mount.partition(" - ")
        kind, *_, options = right.split() or ("", "")
        if (kind == "cgroup" and controller in options.split(",")) or (kind == "cgroup2" and controller is None):
            root, point = left.split()[3:5]
            yield root, Path(point)


def _upwards(point: Path, root: str, path: str) -> Iterator[Path]:
    """Yield the folder of a group and those above it. In a container the mount may start below the real root."""
    folder = point
    if ".." not in path and os.path.commonpath((root, path)) == root:
        folder = point / os.path.relpath(path, root)
    while folder != point:
        yield folder
        folder = folder.parent
    yield point
