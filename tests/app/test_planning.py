"""Everything that is wrong is told at once, whatever stage finds it."""

import pytest

from dynamo_recipes.app.planning import planned

WRONG_EVERYWHERE = """\
schema: 1
modle: 3
model: {packaged: tiny, max_length: x}
engine: mokcer
dynamo: "9.9"
hardware: {gpu: h100}
workers: {prefil: {}, decode: {}, pd: {replica: 2}}
frontend: {router: {mode: random, events: exact}}
"""


def codes(text):
    result = planned(text.encode(), "r.yaml")
    assert result.plan is None
    return [(each.code, each.where.line) for each in result.findings]


def test_all_stages_tell_what_they_find():
    assert codes(WRONG_EVERYWHERE) == [
        ("DR106", 2),
        ("DR108", 3),
        ("DR203", 4),
        ("DR201", 5),
        ("DR204", 6),
        ("DR114", 7),
        ("DR401", 7),
        ("DR106", 7),
        ("DR405", 8),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model: {packaged: tiny}\nengine: mocker\n", [("DR107", 1)]),
        ("schema: 1\nmodel: {packaged: tiny}\n", [("DR107", 1)]),
        ("schema: 1\nmodel: {packaged: tiny}\nengine: {}\n", [("DR107", 3)]),
        ("schema: 1\nmodel: []\nengine: vllm\n", [("DR108", 2)]),
    ],
)
def test_where_too_little_is_left_nothing_is_guessed(text, expected):
    assert codes(text) == expected


def test_what_follows_from_a_wrong_key_is_not_told_again():
    text = "schema: 1\nmodel: {packaged: tiny}\nengine: mocker\nworkers: {prefill: {role: decod}, decode: {}}\n"
    assert codes(text) == [("DR109", 4)], "the worker's role is unknown: that decode lacks prefill would be a guess"


def test_a_worker_with_a_name_that_is_taken_builds_no_graph():
    text = "schema: 1\nmodel: {packaged: tiny}\nengine: mocker\nworkers: {frontend: {role: aggregated}}\n"
    assert codes(text) == [("DR115", 4)]
