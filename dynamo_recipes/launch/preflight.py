"""What a run needs of this machine, asked before anything starts: room on disks, memory, headers and libraries.

The rules are pure functions of needs and figures; `memory` and `software` read the machine. What cannot be read is not
known, and what is not known is not checked.
"""

import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from dynamo_recipes.findings import Finding
from dynamo_recipes.launch import environments, interpreter, memory, software
from dynamo_recipes.launch.signals import Signals
from dynamo_recipes.plan.model import Install, Instance, Plan

_LOGS_MIB = 64  # for logs and state, whose size nobody knows: with less, a run soon ends with a full disk
_PATIENCE = 60.0  # seconds that an interpreter gets to say whether it has a module


class Known(NamedTuple):
    """What is known of a run's environment before it is made: the interpreter, and the folder if it is to be made."""

    python: str | None
    to_make: Path | None


class Room(NamedTuple):
    """Space that something takes in a folder; `variable` is what moves the folder to another disk."""

    what: str
    folder: Path
    mib: int
    variable: str


class Disk(NamedTuple):
    """A disk by its number, and what is free on it."""

    number: int
    free_mib: int


def known(install: Install, environment: str | None, python: str | None) -> Known:
    """Return what is known now. `environment` is a person's own, `python` what `environments.prepare` would get."""
    if environment:
        return Known(environments.interpreter_of(Path(environment).absolute()), None)
    folder = environments.folder_of(install, python)
    if environments.is_made(folder):
        return Known(environments.interpreter_of(folder), None)
    is_path = python is not None and "/" in python and os.path.isfile(python)
    return Known(python if is_path else None, folder)


def check(
    plan: Plan, instances: Sequence[Instance], folder: Path, known: Known, signals: Signals
) -> tuple[Finding, ...]:
    """Return everything that this machine lacks for a run (DR603, DR611, DR612). `folder` is the run's own."""
    rooms = [Room("logs and state need at least", folder, _LOGS_MIB, "XDG_STATE_HOME")]
    if known.to_make and (needed := plan.install.disk_mib):
        rooms.insert(0, Room("the environment needs about", known.to_make.parent, needed, "XDG_CACHE_HOME"))
    return (
        *room((each, disk(each.folder)) for each in rooms),
        *enough(memory_needs(plan, instances), memory.available()),
        *(software.check(plan, known.python, signals) if known.python else ()),
    )


def check_made(plan: Plan, known: Known, python: str, signals: Signals) -> tuple[Finding, ...]:
    """Return what only the environment that was made could tell (DR612); `known` is from before."""
    return () if known.python else software.check(plan, python, signals)


def unusable(folder: str, module: str, signals: Signals) -> tuple[Finding, ...]:
    """Return a finding (DR607) when a person's own environment cannot be run or lacks a module."""
    python = environments.interpreter_of(Path(folder).absolute())
    if not os.path.exists(python):  # os.path: a name too long is no exception
        return (Finding("DR607", f"{folder} has no bin/python.", "Name the folder of a virtual environment."),)
    probe = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    answer = interpreter.ask(python, probe, (), _PATIENCE, signals)
    if answer.problem:
        return (Finding("DR607", f"{python} cannot be run: {answer.problem}.", "Make the environment anew."),)
    if answer.status:
        hint = "Install ai-dynamo there, or leave --environment out: the tool then makes an environment of its own."
        return (Finding("DR607", f"The environment {folder} has no module {module}.", hint),)
    return ()


def room(rooms: Iterable[tuple[Room, Disk | None]]) -> tuple[Finding, ...]:
    """Return a finding (DR603) for each disk that has less free than its folders take together."""
    disks: dict[int, tuple[Disk, list[Room]]] = {}
    for each, on in rooms:
        if on is not None:
            disks.setdefault(on.number, (on, []))[1].append(each)
    return tuple(_full(on, taken) for on, taken in disks.values() if on.free_mib < sum(each.mib for each in taken))


def _full(on: Disk, rooms: list[Room]) -> Finding:
    needs = " and ".join(f"{each.what} {each.mib} MiB" for each in rooms)
    message = f"{needs[0].upper()}{needs[1:]}, and the disk of {rooms[0].folder} has {on.free_mib} MiB free."
    variables = " and ".join(each.variable for each in rooms)
    folders = "folders" if len(rooms) > 1 else "a folder"
    return Finding("DR603", message, f"Free some space, or set {variables} to {folders} on a larger disk.")


def disk(folder: Path) -> Disk | None:
    """Return the disk that a folder is on, or will be."""
    try:
        there = next(each for each in (folder, *folder.parents) if each.exists())
        usage = shutil.disk_usage(there)
        return Disk(there.stat().st_dev, usage.free >> 20) if usage.total else None
    except OSError:
        return None


def memory_needs(plan: Plan, instances: Iterable[Instance]) -> tuple[int | None, ...]:
    """Return what each process needs in MiB."""
    frontend, install = plan.service.component, plan.install
    return tuple(install.frontend_mib if each.component == frontend else install.worker_mib for each in instances)


def enough(needs: Iterable[int | None], had: memory.Memory | None) -> tuple[Finding, ...]:
    """Return a finding (DR611) when processes need more than there is; needs that are not known do not count."""
    numbers = [each for each in needs if each is not None]
    if had is None or sum(numbers) <= had.mib:
        return ()
    count = f"{len(numbers)} process{'es' if len(numbers) > 1 else ''}"
    message = (
        f"About {sum(numbers)} MiB of memory are needed for {count}, and {had.mib} MiB are available ({had.file})."
    )
    hint = "Lower `replicas`, stop other programs, or raise the memory limit that this command runs under."
    return (Finding("DR611", message, hint),)
