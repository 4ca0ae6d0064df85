"""Verdicts: at the bound, on both sides of it, and where the machine is too busy to tell."""

import pytest

from benchmarks.measure import Difference, Ratio
from benchmarks.overhead import bound
from benchmarks.results import BROKEN, HOLDS, UNCLEAR, at_least, below, by_difference, by_ratio, by_worst


@pytest.mark.parametrize(("value", "verdict"), [(1.49, HOLDS), (1.5, HOLDS), (1.51, BROKEN)])
def test_a_ratio_is_judged_by_the_minimum(value, verdict):
    result = by_ratio("x", Ratio(value, 9.0, 9.0, 9.0), 1.5)
    assert result.verdict == verdict
    assert str(result).endswith(f"at most 1.5: {verdict}")


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [([0.1, 0.25, 0.2], HOLDS), ([0.1, 0.26, 0.2], UNCLEAR), ([0.1, 0.26, 0.3], BROKEN), ([-0.1], HOLDS)],
)
def test_one_slow_round_proves_nothing_and_half_of_them_do(seconds, verdict):
    result = by_worst("x", seconds, 0.25)
    assert result.verdict == verdict
    assert f"{1000 * max(seconds):.0f} ms at worst" in str(result)


@pytest.mark.parametrize(
    ("median", "half_width", "verdict"),
    [(0.4, 0.2, HOLDS), (0.41, 0.2, BROKEN), (0.1, 0.21, UNCLEAR), (9.0, 0.21, UNCLEAR), (-0.1, 0.0, HOLDS)],
)
def test_a_difference_is_judged_where_its_interval_is_narrow(median, half_width, verdict):
    difference = Difference(median, 1.0 - half_width, 1.0 + half_width)
    assert by_difference("x", difference, 0.4).verdict == verdict


def test_the_command_may_be_later_by_a_fixed_time_and_a_share_of_what_the_script_takes():
    assert bound([9.0, 2.0, 1.0]) == pytest.approx(0.4 + 0.06)


@pytest.mark.parametrize(("value", "verdict"), [(0.99, HOLDS), (1.0, BROKEN)])
def test_below_means_below(value, verdict):
    assert below("x", value, 1.0, "%").verdict == verdict


@pytest.mark.parametrize(("value", "verdict"), [(90.0, HOLDS), (89.9, BROKEN)])
def test_at_least_means_that_or_more(value, verdict):
    assert at_least("x", value, 90, "MB/s").verdict == verdict
