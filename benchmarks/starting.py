"""From the command to the start of its last process, against what Python needs for our imports."""

import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from shlex import quote

from benchmarks import graphs
from benchmarks.measure import PAIRS, ratio_of, seconds
from benchmarks.processes import Failed, started
from benchmarks.results import Result, by_ratio

_BOUND = 2.5
_PATIENCE = 30.0  # seconds
_TICK = 0.5

# In place of an environment's interpreter: it tells that it was started, and waits. The time is ours alone. What the
# command asks of an interpreter before it starts anything is answered by a real one: that is our time too.
_REPORTER = """#!/bin/sh
case $1 in -m) ;; *) exec {python} "$@" ;; esac
echo started >{pipe}
exec sleep 600
"""


def results(folder: Path, floor: Callable[[], object]) -> Iterator[Result]:
    """Yield the result for each recipe, as a ratio to the floor."""
    for name in graphs.names():
        _start(name, folder)
        floor()
        ratio = ratio_of([(_start(name, folder), seconds(floor)) for _ in range(PAIRS)])
        yield by_ratio(f"run {name}, all started / imports", ratio, _BOUND)


def _start(name: str, folder: Path) -> float:
    """Return the seconds from the command to the start of the last process."""
    graph = graphs.graph(name, folder)
    pipe = folder / "started"
    if not pipe.exists():
        os.mkfifo(pipe)
    cache = _fake_environment(graph, folder / "cache", pipe)
    reports = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)  # for writing too: no reporter ever waits for a reader
    try:
        with started(graph.argv, folder, XDG_CACHE_HOME=str(cache)) as command:
            _wait(reports, len(graph.result.instances), command.look)
            return time.perf_counter() - command.begun
    finally:
        os.close(reports)


def _fake_environment(graph: graphs.Graph, cache: Path, pipe: Path) -> Path:
    """Make an environment that the command takes for its own, and return the cache folder that has it."""
    made = cache / graphs.environment_of(graph)
    if not made.exists():
        (made / "bin").mkdir(parents=True)
        (made / "bin" / "python").write_text(_REPORTER.format(python=quote(sys.executable), pipe=quote(str(pipe))))
        (made / "bin" / "python").chmod(0o755)
        (made / ".dynamo-recipes-complete").touch()
    return cache


def _wait(reports: int, count: int, look: Callable[[], None]) -> None:
    until = time.monotonic() + _PATIENCE
    told = 0
    while told < count:
        if select.select([reports], [], [], _TICK)[0]:
            told += os.read(reports, 4096).count(b"\n")
        elif time.monotonic() > until:
            raise Failed(f"{told} of {count} processes were started within {_PATIENCE:g} s")
        else:
            look()
