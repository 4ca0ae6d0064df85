"""What was found, what it may be at most, and whether that holds."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from benchmarks.measure import Difference, Ratio

HOLDS = "holds"
BROKEN = "does not hold"
UNCLEAR = "inconclusive"  # the machine is too busy to tell; breaks nothing

_CLEAR = 0.2  # seconds; a wider interval says nothing about a bound of about half a second


class Result(NamedTuple):
    """One line of the report."""

    what: str
    found: str
    bound: str
    verdict: str

    def __str__(self) -> str:
        return f"{self.what:<46} {self.found}  {self.bound}: {self.verdict}"


def by_ratio(what: str, ratio: Ratio, bound: float) -> Result:
    """Judge a ratio by the minima: what else the machine does only ever makes a time longer."""
    spread = f"{ratio.low:.2f} {ratio.median:.2f} {ratio.high:.2f}"
    found = f"{ratio.by_minimum:6.2f}  ({spread})"
    return Result(what, found, f"at most {bound:g}", _judged(ratio.by_minimum <= bound))


def by_worst(what: str, seconds: Sequence[float], bound: float) -> Result:
    """Judge the longest of some times. When half of them are within the bound, a longer one proves nothing."""
    found = f"{1000 * max(seconds):6.0f} ms at worst, median {1000 * median(seconds):.0f}"
    verdict = UNCLEAR if median(seconds) <= bound < max(seconds) else _judged(max(seconds) <= bound)
    return Result(what, found, f"at most {1000 * bound:.0f} ms", verdict)


def by_difference(what: str, difference: Difference, bound: float) -> Result:
    """Judge a median difference, where its interval is narrow enough to tell."""
    found = f"{difference.median:6.3f} s  ({difference.low:.3f} to {difference.high:.3f})"
    verdict = _judged(difference.median <= bound) if difference.half_width <= _CLEAR else UNCLEAR
    return Result(what, found, f"at most {bound:.3f} s", verdict)


def below(what: str, value: float, bound: float, unit: str) -> Result:
    """Judge a value that must stay below a bound."""
    return Result(what, f"{value:6.2f} {unit}", f"below {bound:g} {unit}", _judged(value < bound))


def at_least(what: str, value: float, bound: float, unit: str) -> Result:
    """Judge a value that must reach a bound."""
    return Result(what, f"{value:6.1f} {unit}", f"at least {bound:g} {unit}", _judged(value >= bound))


def _judged(holds: bool) -> str:
    return HOLDS if holds else BROKEN
