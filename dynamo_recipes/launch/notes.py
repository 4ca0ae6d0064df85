"""The guard's notes about its run: every descendant that it has seen, written down whenever something changed."""

import contextlib
import os
import time
from pathlib import Path

from dynamo_recipes.launch import state
from dynamo_recipes.launch.family import Descendants, ticks

_QUIET = 0.25  # seconds between two looks, at least
_SHARE = 400  # how much longer than a look took the next one is put off: a quarter percent of a core
_LONGEST = 1.0  # seconds between two looks, at most


class Notes:
    """The state of a run on disk. Raises OSError from the start when it cannot be written."""

    def __init__(self, folder: Path, first: state.State, descendants: Descendants) -> None:
        self._folder = folder
        self._state = first
        self._descendants = descendants
        self._looked = 0.0
        self._pause = 0.0
        self._newest = b""  # number of the newest process of the system, at the last look
        self._save(first)

    def pipe(self, read: int) -> None:
        """Note a pipe before a process gets it: by it that is found even if we die the moment it has started.

        Raises OSError: what nobody could find after our death must not be started.
        """
        self._save(self._state._replace(pipes=(*self._state.pipes, os.fstat(read).st_ino)))
        self._pause = 0.0

    def look(self) -> None:
        """Look when there may be new processes, and note what changed. What cannot be written is tried again."""
        waited = time.monotonic() - self._looked
        newest = _newest_process()
        if waited < self._pause or (newest == self._newest and waited < _LONGEST and self._pause):
            return
        before, used = ticks(), time.thread_time()
        seen = tuple(sorted(self._descendants.scan().items()))
        self._looked, self._newest = time.monotonic(), newest
        self._pause = min(_LONGEST, max(_QUIET, _SHARE * (time.thread_time() - used)))
        if seen != self._state.seen:
            with contextlib.suppress(OSError):
                self._save(self._state._replace(seen=seen, scanned=before))

    def forget(self) -> None:
        """Remove the notes: nothing of the run is left."""
        state.forget(self._folder)

    def _save(self, new: state.State) -> None:
        state.save(self._folder, new)
        self._state = new


def _newest_process() -> bytes:
    """Return the number that the system gave to a process or thread last. Source: proc(5), loadavg."""
    try:
        with open("/proc/loadavg", "rb") as file:
            return file.read().split()[-1]
    except OSError:
        return b""
