"""How long after a graph could answer the command says that it is ready."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks import graphs
from benchmarks.processes import started
from benchmarks.results import Result, by_worst

_BOUND = 0.25  # seconds
_ROUNDS = 7


def results(folder: Path) -> Iterator[Result]:
    """Yield the result for each recipe. A prober asks the real request all the time, which slows both a little."""
    for name in graphs.names():
        late = [_late(name, folder) for _ in range(_ROUNDS)]
        yield by_worst(f"run {name}, ready line after first answer", late, _BOUND)


def _late(name: str, folder: Path) -> float:
    graph = graphs.graph(name, folder)
    with started(graph.argv, folder) as command:
        answered = graphs.first_answer(graph.endpoint, command)
        return command.ready(graphs.READY) - answered
