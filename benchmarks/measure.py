"""Interleaved pairs: one thing, then the other, again and again, compared by their minima or their differences."""

import math
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

PAIRS = 21
_OUTSIDE = 0.05  # how often the true median may lie outside the interval


class Ratio(NamedTuple):
    """How much longer one thing takes than another: by the minima, and the spread over the pairs."""

    by_minimum: float
    low: float
    median: float
    high: float


class Difference(NamedTuple):
    """How many seconds longer one thing takes than another: the median over pairs, and its 95 % interval."""

    median: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half of the interval's width."""
        return (self.high - self.low) / 2


def ratio(one: Callable[[], object], other: Callable[[], object], pairs: int = PAIRS) -> Ratio:
    """Return how much longer `one` takes than `other`; each is called once before, for what is made only once."""
    one()
    other()
    return ratio_of([(seconds(one), seconds(other)) for _ in range(pairs)])


def ratio_of(times: Sequence[tuple[float, float]]) -> Ratio:
    """Return how much longer the first ones of some pairs are than the second ones."""
    each = sorted(first / second for first, second in times)
    by_minimum = min(first for first, _ in times) / min(second for _, second in times)
    return Ratio(by_minimum, each[0], statistics.median(each), each[-1])


def difference_of(times: Sequence[tuple[float, float]]) -> Difference:
    """Return by how much the first ones of some pairs are longer than the second ones."""
    each = sorted(first - second for first, second in times)
    rank = _rank(len(each))
    return Difference(statistics.median(each), each[rank - 1], each[-rank])


def _rank(count: int) -> int:
    """Return the rank whose smallest and largest value enclose the true median in 95 % of all cases.

    Each value is as likely above that median as below, whatever the distribution: the sign test, no random draws.
    """
    outside = 0.0
    for rank in range(count):
        outside += 2 * math.comb(count, rank) / 2**count
        if outside > _OUTSIDE:
            if not rank:
                break
            return rank
    raise ValueError("so few pairs have no 95 % interval: 6 at least")


def alternating(one: Callable[[], float], other: Callable[[], float], pairs: int) -> Iterator[tuple[float, float]]:
    """Yield what two things take, pair by pair; each pair in the other order, so that neither is always second."""
    for number in range(pairs):
        if number % 2:
            second = other()
            yield one(), second
        else:
            first = one()
            yield first, other()


def seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def process(argv: Sequence[str]) -> Callable[[], object]:
    """Return the start of a process and the wait for its end, as a call. Raises when it fails."""
    return lambda: subprocess.run(argv, check=True, capture_output=True, env=environment())


def environment() -> dict[str, str]:
    """Return the caller's environment without settings of Python, which would change what is measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
