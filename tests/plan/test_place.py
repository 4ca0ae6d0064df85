"""Placement: explicit device ids, first fit, and a refusal only where there really is no room."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamo_recipes.plan.model import Component, Member
from dynamo_recipes.plan.place import Inventory, _Free, place


def component(name: str, *members: Member, replicas: int = 1) -> Component:
    return Component(name, name, members, replicas)


def member(name: str = "worker", gpus: int = 1, nodes: int = 1, per_group: int = 1) -> Member:
    return Member(name, (), gpus=gpus, nodes=nodes, per_group=per_group)


def nodes(*sizes: int) -> Inventory:
    return Inventory(tuple(tuple(range(size)) for size in sizes))


def where(placed):
    return [(each.name, each.node, each.devices) for each in placed]


FRONTEND = component("frontend", member("frontend", gpus=0))


def test_devices_are_explicit_ids_handed_out_in_order():
    graph = (FRONTEND, component("prefill", member(gpus=2), replicas=2), component("decode", member(gpus=4)))
    placed, found = place(graph, nodes(8))
    assert found == ()
    assert where(placed) == [
        ("frontend-0", 0, ()),
        ("prefill-0", 0, (0, 1)),
        ("prefill-1", 0, (2, 3)),
        ("decode-0", 0, (4, 5, 6, 7)),
    ]


def test_the_ids_are_those_that_the_inventory_names():
    placed, _ = place((component("w", member(gpus=2), replicas=2),), Inventory(((3, 5), (7, 1))))
    assert where(placed) == [("w-0", 0, (3, 5)), ("w-1", 1, (7, 1))]


def test_first_fit_fills_gaps_that_larger_groups_left():
    graph = (component("large", member(gpus=3), replicas=2), component("small", member(gpus=1), replicas=2))
    placed, found = place(graph, nodes(4, 4))
    assert found == ()
    assert where(placed) == [
        ("large-0", 0, (0, 1, 2)),
        ("large-1", 1, (0, 1, 2)),
        ("small-0", 0, (3,)),
        ("small-1", 1, (3,)),
    ]


def test_members_of_one_group_stand_on_different_nodes():
    group = (member("leader", gpus=2), member("follower", gpus=2, nodes=2, per_group=2))
    placed, found = place((component("w", *group, replicas=2),), nodes(4, 4, 4))
    assert found == ()
    assert [(each.name, each.member, each.rank, each.node, each.devices) for each in placed] == [
        ("w-0", "leader", 0, 0, (0, 1)),
        ("w-0-r1", "follower", 1, 1, (0, 1)),
        ("w-0-r2", "follower", 2, 2, (0, 1)),
        ("w-1", "leader", 0, 0, (2, 3)),
        ("w-1-r1", "follower", 1, 1, (2, 3)),
        ("w-1-r2", "follower", 2, 2, (2, 3)),
    ]


def test_ranks_of_one_member_share_a_node():
    placed, found = place((component("w", member(gpus=2, per_group=4)),), nodes(4, 8))
    assert found == ()
    assert where(placed) == [
        ("w-0", 1, (0, 1)),
        ("w-0-r1", 1, (2, 3)),
        ("w-0-r2", 1, (4, 5)),
        ("w-0-r3", 1, (6, 7)),
    ]


def test_ranks_are_spread_evenly_and_in_order():
    placed, _ = place((component("w", member(gpus=1, nodes=2, per_group=4)),), nodes(2, 2))
    assert [(each.rank, each.node) for each in placed] == [(0, 0), (1, 0), (2, 1), (3, 1)]


@pytest.mark.parametrize(
    ("graph", "inventory", "codes", "words"),
    [
        # passing, refused, boundary: one replica against one node
        (component("w", member(gpus=3)), nodes(4), [], ""),
        (component("w", member(gpus=4)), nodes(4), [], ""),
        (component("w", member(gpus=5)), nodes(4), ["DR402"], "w needs 5 GPUs per replica, and a node has 4."),
        (component("w", member(gpus=5)), nodes(4, 4), ["DR402"], "w needs 5 GPUs per replica, and a node has 4."),
        # a process without GPUs stands anywhere, and keeps no node from the others of its group
        (component("w", member("a", gpus=0), member("b", gpus=4)), nodes(4), [], ""),
        # all replicas against all nodes
        (component("w", member(gpus=2), replicas=1), nodes(4), [], ""),
        (component("w", member(gpus=2), replicas=2), nodes(4), [], ""),
        (component("w", member(gpus=2), replicas=3), nodes(4), ["DR403"], "w fits 2 of 3 times on 1 node with 4 GPUs"),
        (component("w", member(gpus=3), replicas=3), nodes(4, 4), ["DR403"], "w fits 2 of 3 times on 2 nodes with 4"),
        # one group over several nodes
        (component("w", member(gpus=4, nodes=2, per_group=2)), nodes(4, 4), [], ""),
        (component("w", member(gpus=4, nodes=3, per_group=3)), nodes(4, 4), ["DR403"], "each needs 12 GPUs."),
        (
            component("w", member("a", gpus=1), member("b", gpus=1)),
            nodes(8),
            ["DR403"],
            "w fits 0 of 1 times on 1 node",
        ),
        (component("w", member(gpus=1)), nodes(), ["DR402"], "w needs 1 GPUs per replica, and a node has 0."),
    ],
)
def test_what_does_not_fit_is_refused_with_its_numbers(graph, inventory, codes, words):
    _, found = place((graph,), inventory)
    assert [each.code for each in found] == codes
    assert [each.where.path for each in found] == [("workers", "w")] * len(codes)
    assert all(words in each.message for each in found)


def test_a_group_that_does_not_fit_leaves_its_devices_to_the_next_component():
    graph = (component("wide", member(gpus=3, nodes=2, per_group=2)), component("small", member(gpus=2), replicas=2))
    placed, found = place(graph, nodes(4))
    assert [each.code for each in found] == ["DR403"]
    assert "wide" in found[0].message
    assert where(placed) == [("small-0", 0, (0, 1)), ("small-1", 0, (2, 3))]


def test_a_group_that_does_not_fit_leaves_room_for_its_own_size_too():
    graph = (component("wide", member(gpus=3, nodes=2, per_group=2)), component("same", member(gpus=3)))
    placed, found = place(graph, nodes(4))
    assert [each.where.path[1] for each in found] == ["wide"]
    assert where(placed) == [("same-0", 0, (0, 1, 2))]


def test_ten_thousand_replicas_take_time_in_proportion(monkeypatch):
    """Counted in looks at nodes, not in seconds: a machine under load must not fail this."""
    looks = Counter()
    real = _Free.has_room

    def counting(self, node, size):
        looks["all"] += 1
        return real(self, node, size)

    monkeypatch.setattr(_Free, "has_room", counting)
    for inventory in (nodes(20_000), nodes(*[8] * 2_500)):
        looks.clear()
        placed, found = place((component("w", member(gpus=2), replicas=10_000),), inventory)
        assert found == ()
        assert len(placed) == 10_000
        assert looks["all"] < 30_000


# Groups of any shape: some members on one node, some spread, some with several ranks, some without GPUs.
MEMBERS = st.builds(
    lambda gpus, spread, ranks: {"gpus": gpus, "nodes": spread, "per_group": spread * ranks},
    st.integers(0, 4),
    st.integers(1, 3),
    st.integers(1, 3),
)
GRAPHS = st.lists(st.tuples(st.lists(MEMBERS, min_size=1, max_size=3), st.integers(1, 5)), min_size=1, max_size=4)
INVENTORIES = st.lists(st.integers(0, 16), max_size=6).map(lambda sizes: nodes(*sizes))


def built(graph) -> tuple[Component, ...]:
    return tuple(
        component(f"c{at}", *(member(f"m{number}", **shape) for number, shape in enumerate(shapes)), replicas=replicas)
        for at, (shapes, replicas) in enumerate(graph)
    )


@settings(deadline=None)
@given(GRAPHS, INVENTORIES)
def test_no_device_is_given_twice_and_every_process_has_exactly_its_own(graph, inventory):
    components = built(graph)
    placed, found = place(components, inventory)
    assert place(components, inventory) == (placed, found)
    given_out = Counter((each.node, device) for each in placed for device in each.devices)
    assert all(times == 1 for times in given_out.values())
    assert all(set(each.devices) <= set(inventory.nodes[each.node]) for each in placed if each.devices)
    members = {(each.name, m.name): m for each in components for m in each.members}
    assert all(len(each.devices) == members[each.component, each.member].gpus for each in placed)
    assert len({each.name for each in placed}) == len(placed)
    refused = {each.where.path[1] for each in found}
    for each in components:
        processes = [instance for instance in placed if instance.component == each.name]
        size = sum(m.per_group for m in each.members)
        assert len(processes) % size == 0
        assert (len(processes) == size * each.replicas) == (each.name not in refused)
        for start in range(0, len(processes), size):
            assert_group(each, processes[start : start + size])


def assert_group(component_, group):
    """Ranks count up; each member has its number of nodes, and no two members with GPUs share one."""
    assert [each.rank for each in group] == list(range(len(group)))
    assert len({each.replica for each in group}) == 1
    with_gpus = {m.name: m for m in component_.members if m.gpus}
    seen = [(each.member, each.node) for each in group if each.member in with_gpus]
    assert len({node for _, node in seen}) == len(set(seen)) == sum(m.nodes for m in with_gpus.values())


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(1, 40), st.lists(st.integers(0, 16), max_size=6))
def test_one_kind_of_group_is_refused_only_when_it_cannot_fit(gpus, replicas, sizes):
    _, found = place((component("w", member(gpus=gpus), replicas=replicas),), nodes(*sizes))
    assert bool(found) == (sum(size // gpus for size in sizes) < replicas)
