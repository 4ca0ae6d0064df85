"""Interleaved pairs: one thing, then the other, again and again, compared by their minima."""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

PAIRS = 21


class Ratio(NamedTuple):
    """How much longer one thing takes than another: by the minima, and the spread over the pairs."""

    by_minimum: float
    low: float
    median: float
    high: float


def ratio(one: Callable[[], object], other: Callable[[], object], pairs: int = PAIRS) -> Ratio:
    """Return how much longer `one` takes than `other`; each is called once before, for what is made only once."""
    one()
    other()
    times = [(seconds(one), seconds(other)) for _ in range(pairs)]
    each = sorted(first / second for first, second in times)
    by_minimum = min(first for first, _ in times) / min(second for _, second in times)
    return Ratio(by_minimum, each[0], statistics.median(each), each[-1])


def seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def process(argv: Sequence[str]) -> Callable[[], object]:
    """Return the start of a process and the wait for its end, as a call. Raises when it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return lambda: subprocess.run(argv, check=True, capture_output=True, env=environment)
