"""Ctrl-C, SIGTERM and SIGHUP as an exception at points that allow it; while stopping they only count."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from dynamo_recipes.errors import Interrupted

_WATCHED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Remembers the signals that came. Use `watched()` around the work, `interruptible()` around what blocks."""

    def __init__(self) -> None:
        self.received: list[int] = []
        self._may_raise = False

    def _take(self, number: int, _: FrameType | None) -> None:
        self.received.append(number)
        if self._may_raise:
            self._may_raise = False
            raise Interrupted(number)

    def check(self) -> None:
        """Raise Interrupted when a signal has come."""
        if self.received:
            raise Interrupted(self.received[0])

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let a signal break off what blocks inside. Start no process in here: it could get lost."""
        self._may_raise = True
        try:
            self.check()
            yield
        finally:
            self._may_raise = False


@contextmanager
def watched() -> Iterator[Signals]:
    """Take the signals over for a while, then give them back."""
    signals = Signals()
    # What the caller ignores stays ignored, as under nohup.
    if threading.current_thread() is not threading.main_thread():  # a library's caller has its own ways then
        yield signals
        return
    taken = [number for number in _WATCHED if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, signals._take) for number in taken}
    # Where it was ignored, ended children would be reaped by the kernel, and their numbers reused.
    before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore() -> None:
    """Ignore all of them from now on."""
    for number in _WATCHED:
        signal.signal(number, signal.SIG_IGN)
