"""The CPU: its model, and the cores that processes here may use. What cannot be read is not known.

Sources: proc(5), sched(7), and cpu.max, cpu.cfs_quota_us of cgroups(7).
"""

import os
from pathlib import Path

from dynamo_recipes.launch import cgroups

_MOST = 64 << 10  # one entry of cpuinfo has some 2 KiB; there is one for each of hundreds of cores
_MOST_NAME = 200


def model(proc: Path = Path("/proc")) -> str | None:
    """Return what the CPU calls itself; ARM's do not say it."""
    try:
        with (proc / "cpuinfo").open(errors="replace") as file:
            lines = file.read(_MOST).splitlines()
    except OSError:
        return None
    names = (value.strip() for key, _, value in (line.partition(":") for line in lines) if key.strip() == "model name")
    name = next(names, "")[:_MOST_NAME]
    return name if name and name.isprintable() else None


def cores(proc: Path = Path("/proc")) -> int | None:
    """Return how many cores this process may use: those that it may run on, or what control groups leave of them."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if there is None:
        return None
    quotas = (_quota(each) for each in cgroups.of("cpu", proc))
    return max(1, min((there, *(int(each) for each in quotas if each is not None))))


def _quota(group: cgroups.Group) -> float | None:
    """Return how many cores' time a group gets; None where it has no limit."""
    try:
        if group.old:
            names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
            quota, period = (int((group.folder / name).read_text()) for name in names)
        else:
            quota, period = map(int, (group.folder / "cpu.max").read_text().split())
    except (OSError, ValueError):  # `max` is no limit
        return None
    return quota / period if quota > 0 and period > 0 else None
