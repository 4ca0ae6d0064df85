"""Whether something still happens in a graph that is starting: it loads, fetches or says something.

Counted over the processes below some others: resident memory, bytes read (from the page cache too) and written, which
is how what is fetched arrives, and bytes of logs. Who only waits reads a few bytes each time it wakes, and writes a few
when it is asked for its health: only a growth of a MiB within a minute counts. Source: proc(5), io and statm.
"""

import os
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from dynamo_recipes.launch import procfs

_STEP = 1 << 20  # bytes
_WINDOW = 60.0  # seconds
_PAUSE = 1.0  # seconds between two looks at /proc
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Usage(NamedTuple):
    """What a process has used, in bytes: resident memory now, read and written so far."""

    memory: int
    moved: int


class Activity:
    """Remembers when something last happened."""

    def __init__(self, roots: Callable[[], Iterable[int]], said: Callable[[], int], idle_timeout: float) -> None:
        self._roots = roots  # numbers of processes
        self._said = said  # bytes of logs so far
        self._pause = min(_PAUSE, idle_timeout / 10)
        self._window = min(_WINDOW, idle_timeout)
        self._last = self._looked = self._marked = time.monotonic()
        self._heard = 0
        self._marks: dict[int, Usage] = {}  # what growth is counted from
        self._most: dict[int, Usage] = {}  # the most memory that each had, what it has moved by now

    def idle(self) -> float:
        """Return for how many seconds nothing has happened."""
        now = time.monotonic()
        if now - self._looked >= self._pause:
            self._looked = now
            if self._grown():
                self._last = now
            if now - max(self._last, self._marked) > self._window:
                self._marked, self._marks = now, self._most
        return now - self._last

    def _grown(self) -> bool:
        """Tell whether something has grown since it last did.

        Counted process by process, so that the end of one does not hide what another does. Who is new starts from
        what it has: to start a process again and again is no progress.
        """
        heard = self._said()
        used = {pid: usage(pid) for pid in below(self._roots())}
        marks = {pid: self._marks.get(pid, each) for pid, each in used.items()}
        memory = sum(max(0, used[pid].memory - mark.memory) for pid, mark in marks.items())
        moved = sum(max(0, used[pid].moved - mark.moved) for pid, mark in marks.items())
        grown = heard > self._heard or memory >= _STEP or moved >= _STEP
        # Memory that was given back and is taken again is no progress either.
        before = self._most
        self._most = {
            pid: each._replace(memory=max(each.memory, before.get(pid, each).memory)) for pid, each in used.items()
        }
        self._heard, self._marks = heard, self._most if grown else marks
        return grown


def below(roots: Iterable[int]) -> set[int]:
    """Return some processes and all their living descendants."""
    known = procfs.table()
    found = {pid for pid in roots if pid in known}
    while more := {pid for pid, each in known.items() if each.parent in found and pid not in found}:
        found |= more
    return found


def usage(pid: int) -> Usage:
    """Return what a process has used so far; nothing where that may not be read."""
    return Usage(_memory(pid), _moved(pid))


def _memory(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _moved(pid: int) -> int:
    """Return rchar, wchar and read_bytes together: files that are mapped into memory count in the last one alone."""
    try:
        with open(f"/proc/{pid}/io", "rb") as file:
            fields = dict(line.split(b": ") for line in file.read().splitlines())
        return sum(int(fields[name]) for name in (b"rchar", b"wchar", b"read_bytes"))
    except (OSError, KeyError, ValueError):
        return 0
