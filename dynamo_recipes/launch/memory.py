"""How much memory processes can still have here: what the machine has available, and what control groups leave.

What cannot be read is not known. Source: proc(5), cgroups(7).
"""

from pathlib import Path
from typing import NamedTuple

from dynamo_recipes.launch import cgroups


class Memory(NamedTuple):
    """Memory that processes can still have, and the file that says so."""

    mib: int
    file: str


def available(proc: Path = Path("/proc")) -> Memory | None:
    """Return the memory that can still be had: the machine's, or what a control group leaves if that is less."""
    groups = (_left(each.folder, _V1 if each.old else _V2) for each in cgroups.of("memory", proc))
    return min((each for each in (_of_machine(proc / "meminfo", "MemAvailable:"), *groups) if each), default=None)


def in_all(proc: Path = Path("/proc")) -> Memory | None:
    """Return the memory that processes here can have in all: the machine's, or the limit of a control group."""
    groups = (_limit(each.folder / (_V1 if each.old else _V2).limit) for each in cgroups.of("memory", proc))
    return min((each for each in (_of_machine(proc / "meminfo", "MemTotal:"), *groups) if each), default=None)


def _of_machine(file: Path, entry: str) -> Memory | None:
    try:
        lines = file.read_text(encoding="ascii").splitlines()
        kib = next(int(line.split()[1]) for line in lines if line.startswith(entry))
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


def _limit(file: Path) -> Memory | None:
    try:
        return Memory(int(file.read_text()) >> 20, str(file))
    except (OSError, ValueError):  # `max` is no limit
        return None


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
