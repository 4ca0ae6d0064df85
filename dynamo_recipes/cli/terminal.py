"""Writing to a terminal that may be slow, stopped or gone: who writes never waits, and a run can always be stopped."""

import atexit
import contextlib
import sys
import threading
from collections import deque

from dynamo_recipes.cli.output import visible

_MOST_WAITING = 10_000  # lines; of more the oldest are dropped, the log files have them
_LAST_WORDS = 2.0  # seconds that a slow reader gets at the end


class Terminal:
    """Standard error, written by a thread of its own."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=_MOST_WAITING)
        self._news = threading.Condition()
        self._idle = True
        thread = threading.Thread(target=self._work, name="terminal", daemon=True)
        with contextlib.suppress(RuntimeError):  # no thread is left: the log files have the lines
            thread.start()
        atexit.register(self.flush)

    def line(self, text: str) -> None:
        """Write a line, some time soon."""
        with self._news:
            self._lines.append(visible(text))
            self._idle = False
            self._news.notify_all()

    def flush(self) -> None:
        """Wait until everything is written, or for a moment."""
        with self._news:
            self._news.wait_for(lambda: self._idle, timeout=_LAST_WORDS)

    def _work(self) -> None:
        while True:
            with self._news:
                self._idle = not self._lines
                self._news.notify_all()
                self._news.wait_for(lambda: bool(self._lines))
                text = "\n".join([*self._lines, ""])
                self._lines.clear()
            try:
                sys.stderr.write(text.encode(sys.stderr.encoding, "backslashreplace").decode(sys.stderr.encoding))
                sys.stderr.flush()
            except (OSError, ValueError):
                continue  # nobody reads: the run goes on, or ends by its own rules
