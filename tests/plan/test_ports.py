"""Port numbers: none twice, fixed ones as asked, and an end that is said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamo_recipes.plan.infrastructure import HIGHEST_SYSTEM_PORT, SYSTEM_PORT
from dynamo_recipes.plan.model import Component, Instance, Member, Port
from dynamo_recipes.plan.ports import HIGHEST, LOWEST, assign, members_of

ROOM = HIGHEST - LOWEST + 1


def graph(*ports: tuple[Port, ...], replicas: int = 1) -> tuple[tuple[Component, ...], tuple[Instance, ...]]:
    """Return components `c0`, `c1` ... with the given ports, and their processes without ports."""
    components = tuple(
        Component(f"c{at}", "role", (Member("m", (), ports=each),), replicas) for at, each in enumerate(ports)
    )
    placed = tuple(
        Instance(each.name, "m", replica, 0, 0, (), ()) for each in components for replica in range(each.replicas)
    )
    return components, placed


def numbers(given_out) -> list[tuple[tuple[str, int], ...]]:
    instances, found = given_out
    assert found == ()
    return [each.ports for each in instances]


SYSTEM = Port(SYSTEM_PORT, highest=HIGHEST_SYSTEM_PORT)


def test_numbers_count_up_from_the_lowest_in_the_order_of_processes():
    assert numbers(assign(*graph((Port("a"), Port("b")), (Port("a"),)))) == [
        (("a", LOWEST), ("b", LOWEST + 1)),
        (("a", LOWEST + 2),),
    ]


def test_a_span_takes_neighbours_and_names_the_first():
    assert numbers(assign(*graph((Port("a", span=7), Port("b")), (Port("c", span=2),)))) == [
        (("a", LOWEST), ("b", LOWEST + 7)),
        (("c", LOWEST + 8),),
    ]


@pytest.mark.parametrize(
    ("fixed", "expected"),
    [
        (8000, LOWEST),
        (65535, LOWEST),
        (LOWEST, LOWEST + 1),
        (LOWEST + 1, LOWEST),
        (None, LOWEST + 1),
        (0, LOWEST + 1),
    ],
)
def test_a_fixed_number_is_kept_and_given_to_nobody_else(fixed, expected):
    first, second = numbers(assign(*graph((Port("http", fixed=fixed),), (Port("system"),))))
    assert first == (("http", fixed or LOWEST),)
    assert second == (("system", expected),)


def test_a_fixed_number_is_kept_free_even_for_a_process_that_comes_later():
    first, second = numbers(assign(*graph((Port("a", span=2),), (Port("b", fixed=LOWEST + 1),))))
    assert (first, second) == ((("a", LOWEST + 2),), (("b", LOWEST + 1),))


def test_a_fixed_span_is_kept_as_a_whole():
    first, second = numbers(assign(*graph((Port("a", fixed=LOWEST, span=3),), (Port("b"),))))
    assert (first, second) == ((("a", LOWEST),), (("b", LOWEST + 3),))


@pytest.mark.parametrize(
    ("taken", "single", "span"),
    [
        (set(), LOWEST, LOWEST + 1),
        ({LOWEST}, LOWEST + 1, LOWEST + 2),
        ({LOWEST + 1}, LOWEST, LOWEST + 2),
        ({LOWEST + 2}, LOWEST, LOWEST + 3),
        ({LOWEST + 3}, LOWEST, LOWEST + 4),
        ({LOWEST + 4}, LOWEST, LOWEST + 1),
    ],
)
def test_taken_numbers_are_skipped_anywhere_in_a_span(taken, single, span):
    components, placed = graph((Port("single"), Port("span", span=3)))
    assert numbers(assign(components, placed, taken.__contains__)) == [(("single", single), ("span", span))]


def test_a_fixed_number_is_not_asked_for_here_whoever_binds_it_says_so():
    components, placed = graph((Port("http", fixed=8000),))
    assert numbers(assign(components, placed, {8000}.__contains__)) == [(("http", 8000),)]


def test_no_system_port_is_beyond_what_the_runtime_can_hold():
    instances = numbers(assign(*graph((SYSTEM,), replicas=ROOM)))
    assert max(number for ports in instances for _, number in ports) == HIGHEST_SYSTEM_PORT == 32_767


@pytest.mark.parametrize(
    ("ports", "replicas", "fits"),
    [
        ((Port("a"),), ROOM, True),
        ((Port("a"),), ROOM + 1, False),
        ((Port("a", span=2),), ROOM // 2, True),
        ((Port("a", span=2),), ROOM // 2 + 1, False),
        ((Port("a", fixed=0),), ROOM, True),
        ((Port("a", fixed=0),), ROOM + 1, False),
        ((Port("a", highest=LOWEST + 9),), 10, True),
        ((Port("a", highest=LOWEST + 9),), 11, False),
    ],
)
def test_more_ports_than_there_are_is_dr407(ports, replicas, fits):
    components, placed = graph(ports, replicas=replicas)
    result, found = assign(components, placed)
    assert [each.code for each in found] == ([] if fits else ["DR407"])
    assert (result == placed) != fits


def test_taken_numbers_can_be_what_makes_it_too_many():
    components, placed = graph((Port("a"),))
    assert [each.code for each in assign(components, placed, lambda number: number != HIGHEST)[1]] == []
    assert [each.code for each in assign(components, placed, lambda _: True)[1]] == ["DR407"]


PORTS = st.lists(
    st.builds(
        Port,
        name=st.sampled_from(["a", "b", "c", "d"]),
        fixed=st.one_of(st.none(), st.just(0)),
        span=st.integers(1, 5),
        highest=st.sampled_from([HIGHEST_SYSTEM_PORT, 65535]),
    ),
    max_size=4,
    unique_by=lambda port: port.name,
).map(tuple)


@settings(deadline=None)
@given(
    st.lists(PORTS, min_size=1, max_size=5),
    st.integers(1, 4),
    st.sets(st.integers(LOWEST, LOWEST + 60)),
    st.sets(st.integers(LOWEST, LOWEST + 60), max_size=3),
)
def test_no_number_is_given_twice_and_none_that_is_taken(ports, replicas, taken, fixed):
    components, placed = graph(*ports, replicas=replicas)
    asked = tuple(Port(f"port {number}", fixed=number) for number in sorted(fixed))
    components += (Component("asked", "role", (Member("m", (), ports=asked),)),)
    placed += (Instance("asked", "m", 0, 0, 0, (), ()),)
    instances, found = assign(components, placed, taken.__contains__)
    assert found == ()
    assert assign(components, placed, taken.__contains__) == (instances, found)
    members = members_of(components)
    mine: list[int] = []
    for each in instances:
        wanted = members[each.component, each.member].ports
        assert [name for name, _ in each.ports] == [port.name for port in wanted]
        for port, (_, number) in zip(wanted, each.ports, strict=True):
            held = range(number, number + port.span)
            mine += held
            assert port.fixed in (None, 0, number)
            assert port.fixed or not taken & set(held)
            assert held[-1] <= port.highest
    assert len(mine) == len(set(mine))
