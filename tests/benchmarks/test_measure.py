"""Pairs and what is made of them: ratios by the minima, differences by the median with its interval."""

import random

import pytest

from benchmarks.measure import Difference, Ratio, alternating, difference_of, process, ratio


def test_a_ratio_is_that_of_the_minima_and_the_pairs_are_interleaved(monkeypatch):
    steps: list[str] = []
    durations = {"one": iter([9, 4, 6, 8]), "other": iter([9, 2, 1, 4])}
    now = [0.0]

    def work(name):
        steps.append(name)
        now[0] += next(durations[name])

    monkeypatch.setattr("benchmarks.measure.time.perf_counter", lambda: now[0])
    found = ratio(lambda: work("one"), lambda: work("other"), pairs=3)
    assert steps == ["one", "other"] * 4
    assert found == Ratio(by_minimum=4.0, low=2.0, median=2.0, high=6.0)


def test_alternating_pairs_swap_their_order_and_keep_who_is_who():
    steps: list[str] = []

    def work(name, value):
        steps.append(name)
        return value

    pairs = list(alternating(lambda: work("one", 1.0), lambda: work("other", 2.0), 3))
    assert steps == ["one", "other", "other", "one", "one", "other"]
    assert pairs == [(1.0, 2.0)] * 3


# Ranks from tables of the sign test at 5 %, two-sided.
@pytest.mark.parametrize(("count", "rank"), [(6, 1), (8, 1), (9, 2), (12, 3), (20, 6), (21, 6), (50, 18)])
def test_the_interval_lies_between_two_ranks(count, rank):
    times = [(float(number), 0.0) for number in range(1, count + 1)]
    random.Random(count).shuffle(times)
    assert difference_of(times) == Difference((count + 1) / 2, rank, count + 1 - rank)


def test_a_difference_is_taken_pair_by_pair():
    times = [(number + 0.5, float(number)) for number in range(6)]
    assert difference_of(times) == Difference(0.5, 0.5, 0.5)
    assert difference_of([(second, first) for first, second in times]).median == -0.5


def test_five_pairs_have_no_interval():
    with pytest.raises(ValueError, match="6 at least"):
        difference_of([(1.0, 0.0)] * 5)


def test_the_interval_has_the_true_median_in_about_95_percent_of_all_cases():
    draw = random.Random(7)
    inside = 0
    for _ in range(2000):
        found = difference_of([(draw.expovariate(1.0), 0.0) for _ in range(20)])
        inside += found.low <= 0.6931 <= found.high
    assert 0.94 < inside / 2000 < 0.98


def test_a_measured_process_that_fails_is_no_result():
    with pytest.raises(Exception, match="returned non-zero exit status 1"):
        process(["false"])()
