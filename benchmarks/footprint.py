"""What the command and its guard use while a graph serves: memory, and time of a core."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks import graphs
from benchmarks.processes import Failed, started
from benchmarks.results import Result, below

_MEMORY = 60.0  # MiB
_CORE = 1.0  # percent
_SETTLE = 10.0  # seconds
_LOOK = 20.0  # seconds
_RATE = 20  # requests a second
_ENOUGH = 0.9  # of these must be answered, or the load was another one


class Used(NamedTuple):
    """Proportional set size in MiB, and percent of one core."""

    memory: float
    core: float


def results(folder: Path) -> Iterator[Result]:
    """Yield memory and time, idle and while a client asks."""
    graph = graphs.graph(graphs.MAIN, folder)
    with started(graph.argv, folder) as command:
        command.ready(graphs.READY)
        time.sleep(_SETTLE)
        ours = own(command.process.pid)
        yield from _lines("idle", _used(ours))
        with _client(graph) as answered:
            busy = _used(ours)
        command.look()
    if len(answered) < _ENOUGH * _RATE * _LOOK:
        raise Failed(f"only {len(answered)} requests were answered in {_LOOK:g} s")
    yield from _lines(f"{len(answered) / _LOOK:.0f} requests a second", busy)


def own(pid: int) -> tuple[psutil.Process, ...]:
    """Return a command and its guard, which is its only child: the graph's processes are the guard's."""
    command = psutil.Process(pid)
    return (command, *command.children())


def _lines(when: str, used: Used) -> Iterator[Result]:
    yield below(f"command and guard, {when}: memory", used.memory, _MEMORY, "MiB")
    yield below(f"command and guard, {when}: one core", used.core, _CORE, "%")


def _used(ours: Sequence[psutil.Process]) -> Used:
    begun, before = time.perf_counter(), _core(ours)
    time.sleep(_LOOK)
    core = (_core(ours) - before) / (time.perf_counter() - begun)
    return Used(sum(each.memory_full_info().pss for each in ours) / (1 << 20), 100 * core)


def _core(ours: Sequence[psutil.Process]) -> float:
    times = [each.cpu_times() for each in ours]
    return sum(each.user + each.system for each in times)


@contextmanager
def _client(graph: graphs.Graph) -> Iterator[list[float]]:
    """Ask all the time at the rate; the list has when each answer came."""
    answered: list[float] = []
    end = threading.Event()

    def ask() -> None:
        due = time.monotonic()
        while not end.wait(max(0.0, due - time.monotonic())):
            due += 1 / _RATE
            if graphs.answers(graph.endpoint):
                answered.append(time.monotonic())

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield answered
    finally:
        end.set()
        thread.join()
