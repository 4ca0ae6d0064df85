"""What dead runs left behind: found by their state files, and ended.

A run leaves something behind only when its command and its guard were killed at once. The lock of its folder is then
free, and its state file is still there.
"""

import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding
from dynamo_recipes.launch import procfs, state
from dynamo_recipes.launch.family import KILLED, belonging, ending
from dynamo_recipes.launch.signals import Signals

Say = Callable[[str], None]

_GRACE = 5.0  # seconds that leftovers get after SIGTERM
_KILLED_OF_OTHERS = 2.0  # they are in nobody's way
_TICK = 0.05


def end(folder: Path, say: Say, signals: Signals) -> None:
    """End what a dead run left; the caller holds the lock of its folder.

    Raises Refused: DR610 when it is not known what it left, DR605 when the system does not end that.
    """
    try:
        known = state.load(folder)
    except state.Unreadable as reason:
        raise Refused(_unreadable(folder, reason)) from reason
    left = _end(known, folder, KILLED, say, signals) if known else ""
    if left:
        message = f"An earlier run named `{folder.name}` left processes that the system does not end: {left}."
        raise Refused(Finding("DR605", message, "They wait for a device or a disk. Give this recipe another `name:`."))


def end_others(root: Path, but: str, say: Say, signals: Signals) -> None:
    """End what dead runs of other names left. Whose state is not readable is told and left alone."""
    for file in sorted(root.glob(f"*/{state.FILE}")):
        if file.parent.name == but:
            continue
        with _free(file.parent) as free:
            if not free:
                continue
            try:
                known = state.load(file.parent)
            except state.Unreadable as reason:
                say(f"what an earlier run left is not known: {file} cannot be read: {reason}")
                continue
            left = _end(known, file.parent, _KILLED_OF_OTHERS, say, signals) if known else ""
            if left:
                say(f"the system does not end what an earlier run named {file.parent.name} left: {left}")


def _end(known: state.State, folder: Path, killed: float, say: Say, signals: Signals) -> str:
    """End what is left; return the numbers of what the system does not end in `killed` seconds after SIGKILL."""

    def members() -> dict[int, int]:
        return dict(belonging(known))

    left = members()
    if left:
        count = "1 process" if len(left) == 1 else f"{len(left)} processes"
        say(f"an earlier run named {folder.name} was killed and left {count}: ending what is left")
    for number, seconds in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, killed)):
        for _ in ending(members, number, time.monotonic() + seconds):
            signals.check()
            time.sleep(_TICK)
    left = members()
    if not left:
        state.forget(folder)
    return ", ".join(map(str, sorted(left)))


@contextmanager
def _free(folder: Path) -> Iterator[bool]:
    """Hold the lock of a run's folder for a while; False when a run has it, or it cannot be had."""
    try:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        yield False
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        yield False
    else:
        yield True
    finally:
        os.close(lock)


def runner(folder: Path) -> int | None:
    """Return the process of the command that runs a folder's run, None where that is not known or it has ended."""
    known = _here(folder)
    return _living(known.runner) if known else None


def guard(folder: Path) -> int | None:
    """Return the process of the guard of a folder's run, None where that is not known or it has ended."""
    known = _here(folder)
    return _living(known.guard) if known else None


def is_ending(folder: Path) -> bool:
    """Tell whether the command of a folder's run has died, and its guard is ending the run."""
    known = _here(folder)
    return known is not None and not _living(known.runner)


def _here(folder: Path) -> state.State | None:
    """Return the state of a folder's run, if its numbers mean something here."""
    try:
        known = state.load(folder)
    except state.Unreadable:
        return None
    return known if known and known.place and known.place == procfs.place() else None


def _living(process: state.Identity) -> int | None:
    pid, started = process
    found = procfs.look(pid)
    return pid if found and found.started == started and not found.ended else None


def _unreadable(folder: Path, reason: Exception) -> Finding:
    message = f"It is not known what an earlier run named `{folder.name}` left: {folder / state.FILE}: {reason}."
    hint = (
        "Nothing was ended. Look for its processes (`ps -ef`), end them, and remove that file; or use another `name:`."
    )
    return Finding("DR610", message, hint)
