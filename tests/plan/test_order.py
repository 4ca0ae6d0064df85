"""The starting order: stable, and a cycle is named."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamo_recipes.plan.order import CycleError, ordered

NAMES = ["frontend", "planner", "prefill", "decode", "encode", "aggregated"]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({}, ()),
        ({"b": (), "a": ()}, ("b", "a")),
        ({"b": ("a",), "a": ()}, ("a", "b")),
        ({"c": ("a", "b"), "b": ("a",), "a": ()}, ("a", "b", "c")),
        ({"c": ("b", "a"), "b": (), "a": ()}, ("b", "a", "c")),
        ({"a": ("not there",)}, ("a",)),
        ({"a": (), "b": ("a", "not there"), "c": ("b", "b")}, ("a", "b", "c")),
    ],
)
def test_each_comes_after_those_it_names_and_otherwise_where_it_stood(after, expected):
    assert ordered(after) == expected


@pytest.mark.parametrize(
    ("after", "named"),
    [
        ({"a": ("a",)}, "a -> a."),
        ({"a": ("b",), "b": ("a",)}, "a -> b -> a."),
        ({"start": ("a",), "a": ("b",), "b": ("c",), "c": ("a",)}, "a -> b -> c -> a."),
        ({"free": (), "a": ("free", "b"), "b": ("a",)}, "a -> b -> a."),
    ],
)
def test_a_cycle_is_named_and_nothing_but_the_cycle(after, named):
    with pytest.raises(CycleError) as caught:
        ordered(after)
    assert str(caught.value) == f"These wait for each other: {named}"


def test_a_chain_longer_than_the_stack_is_ordered():
    length = 5_000
    after = {str(at): (str(at + 1),) for at in range(length)}
    assert ordered(after) == tuple(str(at) for at in reversed(range(length)))


@given(st.permutations(NAMES), st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=12))
def test_whatever_the_waits_the_order_keeps_them_all_or_names_a_real_cycle(names, waits):
    after = {name: tuple(wanted for who, wanted in waits if who == name) for name in names}
    try:
        result = ordered(after)
    except CycleError as error:
        cycle = str(error).removesuffix(".").split(": ")[1].split(" -> ")
        assert cycle[0] == cycle[-1]
        assert all(wanted in after[name] for name, wanted in pairwise(cycle))
        return
    assert sorted(result) == sorted(names)
    assert all(result.index(wanted) < result.index(name) for name in names for wanted in after[name])
