"""Which lines of processes are shown: so many a second at most, and how many were not.

The standard library alone, and little of it: the guard of a run imports this at every start.
"""

import time
from collections import Counter, deque
from collections.abc import Callable

LINES = 50  # that are shown in any second, of all processes together
LONGEST = 4096  # bytes; a longer line is cut when it is shown, not in the file

_WINDOW = 1.0  # seconds
_TOLD = 2  # of these lines tell how many were left out: one each second, and one at the end
_RESERVE = 2  # lines that each other process may still show in a second, whatever one of them writes
_NAMES = 4


class Throttle:
    """Counts lines: those shown in the last second, and those left out since this was last told. Knows no clock."""

    def __init__(self) -> None:
        self._most = LINES - _TOLD
        self._names: tuple[str, ...] = ()
        self._recent: deque[tuple[float, str]] = deque()
        self._counts: Counter[str] = Counter()  # of the recent ones, by name
        self._left_out: Counter[str] = Counter()
        self._incomplete: dict[str, str] = {}  # name -> why its log lacks lines
        self._due: float | None = None

    def add(self, name: str) -> None:
        """Keep a few lines of each second for this process. A new tuple: the thread that shows may be reading it."""
        if name not in self._names:
            self._names = (*self._names, name)

    def allows(self, name: str, now: float) -> bool:
        """Tell whether a line of this process may be shown now."""
        while self._recent and now - self._recent[0][0] >= _WINDOW:
            self._counts[self._recent.popleft()[1]] -= 1
        kept = 0
        if self._counts[name] >= _RESERVE:
            kept = sum(max(0, _RESERVE - self._counts[each]) for each in self._names if each != name)
        return len(self._recent) + min(kept, self._most // 2) < self._most

    def showed(self, name: str, now: float) -> None:
        """Count a line that was shown. `now` is when it was out: no second, wherever it begins, has too many."""
        self._recent.append((now, name))
        self._counts[name] += 1

    def leave_out(self, name: str, count: int, now: float) -> None:
        """Count lines that are not shown."""
        self._left_out[name] += count
        self._due = self._due or now + _WINDOW

    def incomplete(self, name: str, reason: str, now: float) -> None:
        """Note, once, that a log lacks lines."""
        if name not in self._incomplete:
            self._incomplete[name] = reason
            self._due = self._due or now + _WINDOW

    def wait(self, now: float) -> float | None:
        """Return the seconds until there is something to tell, None when nothing is untold."""
        return None if self._due is None else max(0.0, self._due - now)

    def untold(self) -> str:
        """Return what was left out since the last time, in words; nothing is untold after this."""
        parts = []
        if self._left_out:
            count = sum(self._left_out.values())
            most = sorted(self._left_out.items(), key=lambda pair: (-pair[1], pair[0]))
            names = _some([f"{name} {number:,}" for name, number in most])
            parts.append(f"{count:,} line{'' if count == 1 else 's'} not shown: {names}")
        self._left_out.clear()
        self._due = None
        return "; ".join([*parts, self._where()])

    def _where(self) -> str:
        if not self._incomplete:
            return "see the log files"
        reason = next(iter(self._incomplete.values()))
        return f"lines are missing in the log of {_some(list(self._incomplete))}: {reason}"


def _some(items: list[str]) -> str:
    more = len(items) - _NAMES
    return ", ".join(items[:_NAMES]) + (f" and {more} more" if more > 0 else "")


class Lines:
    """The lines of one process: put out when the throttle allows it, else counted and not looked at."""

    __slots__ = ("_begun", "_name", "_put", "_throttle")

    def __init__(self, name: str, throttle: Throttle, put: Callable[[bytes], None]) -> None:
        self._name = name
        self._throttle = throttle
        self._put = put
        self._begun = bytearray()  # the beginning of a line whose end has not come yet

    def take(self, data: bytearray, size: int) -> None:
        """Pass on the lines that end in data up to `size`, and keep what begins there."""
        start = 0
        ends = data.count(b"\n", 0, size)
        while ends and self._allowed():
            end = data.find(b"\n", start, size)
            self._keep(data, start, end)
            self._pass_on()
            start, ends = end + 1, ends - 1
        if ends:
            self._throttle.leave_out(self._name, ends, time.monotonic())
            self._begun.clear()
            start = data.rfind(b"\n", start, size) + 1
        self._keep(data, start, size)

    def end(self) -> None:
        """Pass on a last line that has no end."""
        if self._begun and self._allowed():
            self._pass_on()
        elif self._begun:
            self._throttle.leave_out(self._name, 1, time.monotonic())

    def _allowed(self) -> bool:
        return self._throttle.allows(self._name, time.monotonic())

    def _keep(self, data: bytearray, start: int, end: int) -> None:
        room = LONGEST - len(self._begun)
        self._begun += data[start : min(end, start + room)]

    def _pass_on(self) -> None:
        self._put(bytes(self._begun))
        self._throttle.showed(self._name, time.monotonic())
        self._begun.clear()
