"""Processes as Linux tells of them in /proc, and signals that reach the process meant and no other.

A process is known by its number and its start time together: numbers are used again. Imports nothing of ours and
little else, as the guard does. Source: proc(5), pidfd_open(2).
"""

import os
import signal
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Process(NamedTuple):
    """One line of /proc. `started` is in clock ticks after the boot."""

    pid: int
    started: int
    parent: int
    session: int
    ended: bool  # all of it: nobody has asked yet how


def look(pid: int) -> Process | None:
    """Return what is known of a process, None when there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
    except OSError:
        return None
    words = text[text.rindex(b")") + 2 :].split()  # the name before it may hold spaces and brackets
    ended = words[0] in b"ZX" and int(words[17]) <= 1  # a first thread that has ended is shown so while others live
    return Process(pid, int(words[19]), int(words[1]), int(words[3]), ended)


def pids() -> Iterator[int]:
    """Yield the numbers of all processes."""
    return (int(each) for each in os.listdir("/proc") if each.isdigit())


def table() -> dict[int, Process]:
    """Return all processes by number."""
    return {pid: found for pid in pids() if (found := look(pid))}


def place() -> str:
    """Return what numbers of processes hold in: this boot of this machine, and this namespace of numbers.

    Nothing where that may not be read: then no place is known to be the same as another.
    """
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def held(pid: int, started: int) -> int | None:
    """Return a descriptor of the very process that has this number and start time: readable when it has ended.

    None where there is none (any more), or the system has no such descriptors.
    """
    try:
        descriptor = os.pidfd_open(pid)
    except (OSError, AttributeError):
        return None
    if _is(pid, started):
        return descriptor
    os.close(descriptor)
    return None


def environment_has(pid: int, entry: bytes) -> bool:
    """Tell whether a process was started with an entry. False where that may not be read or was blanked."""
    return entry in environment(pid)


def environment(pid: int) -> list[bytes]:
    """Return the entries `NAME=value` that a process was started with; none where they may not be read or are blank."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return [each for each in file.read().split(b"\0") if b"=" in each]
    except OSError:
        return []


def outputs(pid: int) -> Iterator[int]:
    """Yield the numbers (inodes) of the pipes that a process has as standard output and error."""
    for descriptor in (1, 2):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{descriptor}")
        except OSError:
            continue
        if target.startswith("pipe:["):
            yield int(target[6:-1])


def send(pid: int, started: int, number: int) -> bool:
    """Send a signal to the very process that has this number and start time; tell whether it was sent.

    The process is held by a descriptor before its start time is looked at, so its number cannot pass to another
    one in between. Where the system has no such descriptors, or none to spare, that moment is left.
    """
    try:
        held = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    except (OSError, AttributeError):  # a Python that was built on an old system does not know it
        return _is(pid, started) and _quietly(lambda: os.kill(pid, number))
    try:
        return _is(pid, started) and _quietly(lambda: signal.pidfd_send_signal(held, number))
    finally:
        os.close(held)


def _is(pid: int, started: int) -> bool:
    found = look(pid)
    return found is not None and found.started == started


def _quietly(act: Callable[[], object]) -> bool:
    try:
        act()
    except (ProcessLookupError, PermissionError):
        return False
    return True
