"""A run whose guard has died: its command ends it alone.

The command is a child subreaper too, so that the guard's children are now its own. It finds its processes by descent,
and by the guard's notes, as a later command would.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from dynamo_recipes.launch import procfs, state
from dynamo_recipes.launch.family import UNSEEN, Adopted, Leader, Members, Steps, belonging, stop_order, stopping, ticks


class Takeover:
    """The processes of a run without its guard. `stopped`: everything has ended, but for what is in `left`."""

    def __init__(self, folder: Path, leaders: Sequence[Leader], marker: str, begun: int) -> None:
        self.stopped = False
        self.left: tuple[int, ...] = ()
        self._folder = folder
        self._leaders = leaders
        self._marker = marker
        self._begun = begun
        self._descendants = Adopted(marker, begun)
        self._adopted: dict[int, int] = {}
        self._stopping: Steps | None = None

    def stop(self, deadline: Callable[[], float]) -> None:
        """Begin to end everything; `hear` goes on with it."""
        if self._stopping is None and not self.stopped:
            self._stopping = stopping(stop_order(self._leaders), self._members, deadline)

    def hear(self) -> None:
        """Learn of ends, and take the next step of a stop."""
        self._reap()
        if self._stopping is not None and next(self._stopping, self) is self:
            self._stopping, self.stopped = None, True
            self.left = tuple(sorted(self._members()))
            if not self.left:
                state.forget(self._folder)

    def _members(self) -> Members:
        found = {**self._descendants.scan(), **belonging(self._notes())}
        self._adopted.update(found)
        self._reap()
        return found

    def _notes(self) -> state.State:
        """Return the guard's last notes, and what the command knows itself."""
        seen = tuple((each.pid, each.started) for each in self._leaders)
        try:
            known = state.load(self._folder)
        except state.Unreadable:
            known = None
        if known is None:
            me = (os.getpid(), 0)
            known = state.State("", procfs.place(), self._marker, me, me, self._begun, ticks(), (), ())
        return known._replace(seen=(*known.seen, *seen))

    def _reap(self) -> None:
        """Learn how processes ended that are our children now."""
        for leader in self._leaders:
            if leader.status is None:
                leader.status = _ended(leader.pid, leader.started)
        living = {pid: started for pid, started in self._adopted.items() if _ended(pid, started) is None}
        self._adopted = living


def _ended(pid: int, started: int) -> int | None:
    """Return the exit status of a process, None while it lives, UNSEEN when it is (now) no child of ours."""
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        process = procfs.look(pid)
        return None if process and process.started == started and not process.ended else UNSEEN
    return os.waitstatus_to_exitcode(status) if found else None
