"""Which processes belong to a run, and how they are ended.

By descent: the guard is a child subreaper, so that every living descendant hangs below it, whatever its own parent
did. By what was written down: a process seen before, one in the session of such a process, one with the run's marker
in its environment, one that writes to the run's log pipes, and the descendants of all these. Engines that set their
title blank their environment, so no single sign finds all. Numbers alone never suffice: see `procfs`.
"""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from dynamo_recipes.launch import procfs
from dynamo_recipes.launch.procfs import Process
from dynamo_recipes.launch.state import State

Members = Mapping[int, int]  # number of a living process -> its start time
Steps = Iterator[None]  # work that is done step by step, while its caller looks after other things

UNSEEN = 256  # instead of an exit status: it has ended, and nobody saw how

_STRAYS = 2.0  # seconds that processes which outlived their leader get after SIGTERM
KILLED = 10.0  # seconds in which the system ends what was sent SIGKILL; what waits for a device takes longer
_REFRESH = 10.0  # seconds after which every process is looked at again
_TRIES = 3  # looks at processes whose parents are just ending


def ticks() -> int:
    """Return the time in the unit of start times: clock ticks after the boot."""
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK"))


class Descendants:
    """The living descendants of this process. A look costs little: who was found a stranger is not asked again."""

    def __init__(self) -> None:
        self.found: dict[int, int] = {}
        self._strangers: set[int] = set()
        self._refreshed = time.monotonic()

    def scan(self) -> Members:
        """Look at all that is new, and return the living descendants."""
        if time.monotonic() - self._refreshed > _REFRESH:
            self._strangers.clear()
            self._refreshed = time.monotonic()
        here = set(procfs.pids())
        self._strangers &= here
        known = {pid: each for pid in here - self._strangers if (each := procfs.look(pid))}
        self.found = {}
        for _ in range(_TRIES):
            unclear = [pid for pid in known if not self._sorted(pid, known)]
            if not unclear:
                break
            known.update({pid: each for pid in unclear if (each := procfs.look(pid))})
        return self.found

    def _sorted(self, pid: int, known: Mapping[int, Process]) -> bool:
        """Tell a descendant from a stranger; False when a parent has gone since: the process then has another one."""
        line = list(_line(known[pid], known))
        if any(each.parent == os.getpid() for each in line):
            if not known[pid].ended:
                self.found[pid] = known[pid].started
            return True
        if line[-1].parent in self._strangers or line[-1].parent <= 1:
            self._strangers.add(pid)
            return True
        return False


class Adopted(Descendants):
    """Living descendants that may be a run's whose guard has died, though nothing written down says so.

    What belongs to others is spared: what is older than the run, and what has an environment of its own without the
    run's marker, such as another child of a library's caller. Who blanked its environment has none.
    """

    def __init__(self, marker: str, begun: int) -> None:
        super().__init__()
        self._marker = os.fsencode(marker)
        self._begun = begun

    def scan(self) -> Members:
        """Look at all that is new, and return those."""
        return {pid: started for pid, started in super().scan().items() if self._may_be(pid, started)}

    def _may_be(self, pid: int, started: int) -> bool:
        environment = procfs.environment(pid)
        return started >= self._begun and (not environment or self._marker in environment)


def _line(process: Process, known: Mapping[int, Process]) -> Iterator[Process]:
    """Yield a process, its parent, and so on, as far as they are known."""
    passed: set[int] = set()
    each: Process | None = process
    while each and each.pid not in passed:
        passed.add(each.pid)
        yield each
        each = known.get(each.parent)


def belonging(state: State) -> Members:
    """Return the living processes of a run by what was written down about it."""
    if not state.place or state.place != procfs.place():
        return {}
    known = procfs.table()
    spared = {1, os.getpid(), *(each.pid for each in _line(known[os.getpid()], known))}
    young = {pid: each for pid, each in known.items() if each.started >= state.begun and pid not in spared}
    seen = {*state.seen, state.guard}
    ours = {pid for pid, each in young.items() if (pid, each.started) in seen}
    ours |= {pid for pid, each in young.items() if _in_session(each, state, known) or _is_marked(each, state)}
    while more := {pid for pid, each in young.items() if each.parent in ours and pid not in ours}:
        ours |= more
    return {pid: known[pid].started for pid in ours if not known[pid].ended}


def _in_session(process: Process, state: State, known: Mapping[int, Process]) -> bool:
    """Tell whether a process is in the session of one that was seen.

    A session's number is its first process's. While a process has that number, it must be the one that was seen.
    When it has ended, members that started before the last look vouch for it: as long as one lives, the number is
    not used again.
    """
    first = known.get(process.session)
    older = [started for pid, started in state.seen if pid == process.session and started <= process.started]
    return first.started in older if first else bool(older) and process.started <= state.scanned


def _is_marked(process: Process, state: State) -> bool:
    if procfs.environment_has(process.pid, os.fsencode(state.marker)):
        return True
    return any(inode in state.pipes for inode in procfs.outputs(process.pid))


class Leader:
    """The first process of a session: one that the run started itself."""

    def __init__(self, name: str, group: str, pid: int, started: int) -> None:
        self.name = name
        self.group = group
        self.pid = pid
        self.started = started
        self.status: int | None = None  # exit status; negative: a signal's number; or UNSEEN

    def ended(self, wait_status: int) -> None:
        """Note how it ended, by what `waitpid` said."""
        self.status = os.waitstatus_to_exitcode(wait_status)


def stop_order(leaders: Sequence[Leader]) -> list[list[Leader]]:
    """Return the leaders by group: workers all at once, what was started first (the frontend) last."""
    living = [each for each in leaders if each.status is None]
    first = next((each.group for each in leaders), "")
    return [[each for each in living if each.group != first], [each for each in living if each.group == first]]


def stopping(groups: Iterable[list[Leader]], members: Callable[[], Members], deadline: Callable[[], float]) -> Steps:
    """End a run step by step, yielding where time passes: SIGTERM to leaders, group after group, then the rest.

    Leaders tell their own children. What outlives them is told as well, and gets a moment; then, and at the
    deadline (in the time of time.monotonic), SIGKILL goes to everything. `members` looks anew at each call.
    """
    for group in groups:
        for leader in group:
            procfs.send(leader.pid, leader.started, signal.SIGTERM)
        while any(each.status is None for each in group) and time.monotonic() < deadline():
            yield
    yield from ending(members, signal.SIGTERM, min(deadline(), time.monotonic() + _STRAYS))
    yield from ending(members, signal.SIGKILL, time.monotonic() + KILLED)


def ending(members: Callable[[], Members], number: int, until: float) -> Steps:
    """Send a signal to all members, once each (SIGKILL: again and again), until none is left or the time is over."""
    told: set[tuple[int, int]] = set()
    # Twice: what a dying process started after the first list of processes was made is only in the second.
    while (left := members() or members()) and time.monotonic() < until:
        for each in left.items():
            if number == signal.SIGKILL or each not in told:
                procfs.send(*each, number)
        told.update(left.items())
        yield
