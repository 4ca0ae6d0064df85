"""Placement and ports in one step, and the hardware that a recipe states or leaves out."""

import pytest

from dynamo_recipes.app.planning import planned
from dynamo_recipes.plan import layout
from dynamo_recipes.plan.layout import inventory, lay_out

WIDEST = "{tensor: 4096, pipeline: 4096, data: 4096, context: 4096}"
HEAD = "schema: 1\nmodel: m\nengine: mocker\n"


def result(rest: str):
    return planned((HEAD + rest).encode(), "x.yaml")


@pytest.mark.parametrize(
    ("rest", "sizes"),
    [
        ("", [1]),
        ("workers: {prefill: {replicas: 2, parallel: {tensor: 4}}, decode: {parallel: {data: 3}}}", [11]),
        ("hardware: {gpus_per_node: 8}", [8]),
        ("hardware: {gpus_per_node: 8, nodes: 3}", [8, 8, 8]),
        ("hardware: {nodes: 2}\nworkers: {aggregated: {replicas: 3}}", [3, 3]),
        ("hardware: {gpu: h100_sxm}", [1]),
    ],
)
def test_the_inventory_is_what_the_recipe_states_else_as_much_as_the_plan_needs(rest, sizes):
    done = result(rest)
    assert [len(node) for node in done.devices.nodes] == sizes
    assert all(node == tuple(range(len(node))) for node in done.devices.nodes)
    assert inventory(done.reading.recipe.hardware, done.plan) == done.devices


def test_every_process_has_devices_and_ports():
    rest = "hardware: {gpus_per_node: 4, nodes: 2}\nworkers: {prefill: {parallel: {tensor: 3}}, decode: {replicas: 2}}"
    assert [(each.name, each.node, each.devices, each.ports) for each in result(rest).instances] == [
        ("frontend-0", 0, (), (("http", 8000),)),
        ("prefill-0", 0, (0, 1, 2), (("system", 10000), ("bootstrap", 10001))),
        ("decode-0", 0, (3,), (("system", 10002),)),
        ("decode-1", 1, (0,), (("system", 10003),)),
    ]


def test_taken_numbers_are_asked_for():
    done = result("")
    instances, found = lay_out(done.plan, done.devices, {10_000, 10_001}.__contains__)
    assert found == ()
    assert [dict(each.ports) for each in instances] == [{"http": 8000}, {"system": 10_002}]


def test_what_has_no_place_gets_no_ports():
    done = result("hardware: {gpus_per_node: 1}\nworkers: {aggregated: {replicas: 2}}")
    assert [each.code for each in done.findings] == ["DR403"]
    assert done.instances == ()
    assert not done.ok


@pytest.mark.parametrize(
    ("replicas", "codes"),
    [(3, []), (4, []), (5, ["DR407"])],
)
def test_more_processes_than_could_ever_have_ports_are_refused_before_they_are_placed(monkeypatch, replicas, codes):
    monkeypatch.setattr(layout, "MOST_PROCESSES", 5)
    monkeypatch.setattr(layout, "MOST_GPUS", 100)
    done = result(f"workers: {{aggregated: {{replicas: {replicas}}}}}")
    assert [each.code for each in done.findings] == codes


@pytest.mark.parametrize(("tensor", "codes"), [(3, []), (4, []), (5, ["DR403"])])
def test_more_gpus_than_could_ever_be_are_refused_before_they_are_placed(monkeypatch, tensor, codes):
    monkeypatch.setattr(layout, "MOST_GPUS", 8)
    done = result(f"workers: {{aggregated: {{replicas: 2, parallel: {{tensor: {tensor}}}}}}}")
    assert [each.code for each in done.findings] == codes


def test_the_widest_recipe_that_can_be_written_is_refused_at_once():
    workers = ", ".join(f"w{at}: {{role: aggregated, replicas: 10000, parallel: {WIDEST}}}" for at in range(64))
    assert [each.code for each in result(f"workers: {{{workers}}}").findings] == ["DR407"]
