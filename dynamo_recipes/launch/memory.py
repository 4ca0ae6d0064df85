"""How much memory processes can still have here: what the machine has available, and what control groups leave.

What cannot be read is not known. Source: proc(5), cgroups(7).
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple


class Memory(NamedTuple):
    """Memory that processes can still have, and the file that says so."""

    mib: int
    file: str


def available(proc: Path = Path("/proc")) -> Memory | None:
    """Return the memory that can still be had: the machine's, or what a control group leaves if that is less."""
    groups = (_left(folder, names) for folder, names in _control_groups(proc))
    return min((each for each in (_of_machine(proc / "meminfo"), *groups) if each), default=None)


def _of_machine(file: Path) -> Memory | None:
    try:
        lines = file.read_text(encoding="ascii").splitlines()
        kib = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        return None
    return Memory(kib >> 10, str(file))


class _Names(NamedTuple):
    """Names of a control group's files, and of the entries of `memory.stat` that the kernel can take back."""

    limit: str
    used: str
    cached: tuple[str, ...]


_V1 = _Names("memory.limit_in_bytes", "memory.usage_in_bytes", ("total_inactive_file", "total_active_file"))
_V2 = _Names("memory.max", "memory.current", ("inactive_file", "active_file"))


def _control_groups(proc: Path) -> Iterator[tuple[Path, _Names]]:
    """Yield the groups that this process is in, from its own up: the limit of each holds. See cgroups(7)."""
    try:
        groups = (proc / "self" / "cgroup").read_text().splitlines()
        mounts = (proc / "self" / "mountinfo").read_text().splitlines()
    except (OSError, ValueError):
        return
    for line in groups:
        _, controllers, path = line.split(":", 2)
        if not controllers or "memory" in controllers.split(","):
            for root, point in _mounted(mounts, "memory" if controllers else None):
                yield from ((each, _V1 if controllers else _V2) for each in _upwards(point, root, path))


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


def _left(folder: Path, names: _Names) -> Memory | None:
    """Return what a group leaves. Files that the kernel keeps in memory are no use of it: it drops them."""
    try:
        limit, used = ((folder / name).read_text().strip() for name in (names.limit, names.used))
        if limit == "max":
            return None
        stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        left = int(limit) - int(used) + sum(int(stat[each]) for each in names.cached)
    except (OSError, ValueError, KeyError):
        return None
    return Memory(max(left, 0) >> 20, str(folder / names.limit))
