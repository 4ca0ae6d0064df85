"""From the command to the first answer, against a bare script that starts the same processes and checks nothing."""

import statistics
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks import graphs
from benchmarks.measure import alternating, difference_of
from benchmarks.processes import started
from benchmarks.results import Result, by_difference

_PAIRS = 20
_BOUND = 0.4  # seconds
_SHARE = 0.03  # of what the script takes


def results(folder: Path) -> Iterator[Result]:
    """Yield the result for the quick start."""
    one, other = partial(_command, folder), partial(_script, folder)
    one()
    other()
    times = list(alternating(one, other, _PAIRS))
    script = statistics.median(second for _, second in times)
    what = f"run {graphs.MAIN} - bare script ({script:.2f} s)"
    yield by_difference(what, difference_of(times), bound([second for _, second in times]))


def bound(script: Sequence[float]) -> float:
    """Return by how many seconds the command may be later than a script that takes so long."""
    return _BOUND + _SHARE * statistics.median(script)


def _command(folder: Path) -> float:
    graph = graphs.graph(graphs.MAIN, folder)
    with started(graph.argv, folder) as command:
        return graphs.first_answer(graph.endpoint, command) - command.begun


def _script(folder: Path) -> float:
    graph = graphs.graph(graphs.MAIN, folder)
    with tempfile.TemporaryDirectory(dir=folder) as run:
        file = folder / "bare.sh"
        file.write_text(graphs.script(graph, Path(run)), encoding="utf-8")
        with started(["sh", str(file)], folder) as script:
            return graphs.first_answer(graph.endpoint, script) - script.begun
