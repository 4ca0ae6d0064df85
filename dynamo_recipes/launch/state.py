"""What is written down about a run while it lives, so that a later command can find what a dead run left behind.

One JSON file in the run's folder, written whole or not at all, removed when everything of the run has ended. Imports
nothing of ours, as the guard writes it.
"""

import json
import os
import re
from pathlib import Path
from typing import Any, NamedTuple

VERSION = 1
FILE = "state.json"
MARKER = "DYNAMO_RECIPES_RUN"  # the variable that every process of a run has in its environment

_MOST = 4 << 20  # bytes: 100,000 processes and more
_FORM_OF_MARKER = re.compile(rf"{MARKER}=[\w.-]+@[0-9a-f]{{16}}", re.ASCII)

Identity = tuple[int, int]  # number and start time (clock ticks after the boot) of a process


class State(NamedTuple):
    """A run as it was when its processes were last looked at."""

    name: str
    place: str  # see procfs.place: elsewhere the numbers below mean nothing
    marker: str  # `NAME=value` in the environment of every process
    runner: Identity
    guard: Identity
    begun: int  # clock ticks: nothing older belongs to the run
    scanned: int  # clock ticks: when `seen` was complete
    seen: tuple[Identity, ...]
    pipes: tuple[int, ...]  # inodes of the pipes that the processes write their logs to


class Unreadable(Exception):
    """The file is there and does not say what it should; the text says why."""


def load(folder: Path) -> State | None:
    """Return the state of the run of a folder, None when there is none. Raises Unreadable."""
    try:
        with open(folder / FILE, "rb") as file:
            owner = os.fstat(file.fileno()).st_uid
            text = file.read(_MOST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error
    if owner != os.getuid():  # where there is no home, the folder is one that others may write to
        raise Unreadable(f"user {owner} wrote it")
    if len(text) > _MOST:
        raise Unreadable(f"it is larger than {_MOST >> 20} MiB")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is not JSON") from error
    version = data.get("state") if isinstance(data, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise Unreadable(f"a newer dynamo-recipe wrote it (version {version}, this one knows {VERSION})")
    return _state(data)


def _state(data: Any) -> State:
    try:
        if data.pop("state") != VERSION:
            raise Unreadable("its version is not known")
        found = State(**data)
        state = found._replace(
            runner=_identity(found.runner),
            guard=_identity(found.guard),
            seen=tuple(_identity(each) for each in found.seen),
            pipes=tuple(found.pipes),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unreadable("it does not have the form of a state") from error
    texts, numbers = (state.name, state.place, state.marker), (state.begun, state.scanned, *state.pipes)
    if not all(type(each) is str for each in texts) or not all(type(each) is int for each in numbers):
        raise Unreadable("it does not have the form of a state")
    if not _FORM_OF_MARKER.fullmatch(state.marker) or any(pid == 1 for pid, _ in (state.guard, *state.seen)):
        # An empty marker would be in every environment; process 1 is never started by anyone.
        raise Unreadable("it names processes that cannot be those of a run")
    return state


def _identity(pair: Any) -> Identity:
    pid, started = pair
    if type(pid) is not int or type(started) is not int or pid < 1 or started < 0:
        raise ValueError("no identity of a process")
    return pid, started


def save(folder: Path, state: State) -> None:
    """Write the state so that a reader sees all of it or the one before. Raises OSError."""
    draft = folder / f".{FILE}"
    draft.write_text(json.dumps({"state": VERSION, **state._asdict()}), encoding="utf-8")
    os.replace(draft, folder / FILE)


def forget(folder: Path) -> None:
    """Remove the state: nothing of the run is left."""
    try:
        (folder / FILE).unlink(missing_ok=True)
    except OSError:  # a folder that has gone holds no state either; one that cannot be written is told at the next run
        return
