"""From `args` to the words of a command line."""

import pytest

from dynamo_recipes.app.planning import planned
from dynamo_recipes.support import flags
from dynamo_recipes.support.spelling import canonical


@pytest.mark.parametrize(
    ("name", "spelling"),
    [
        ("speedup-ratio", "speedup-ratio"),
        ("speedup_ratio", "speedup-ratio"),
        ("--speedup-ratio", "speedup-ratio"),
        ("--speedup_ratio", "speedup-ratio"),
        ("-v", "v"),
        ("v", "v"),
        ("a.b_c", "a.b_c"),
        ("a_b.c_d", "a-b.c_d"),
        ("Speedup", "Speedup"),
        ("--XY", "XY"),
    ],
)
def test_one_spelling_for_all(name, spelling):
    assert canonical(name) == spelling


WORDS = [
    # Switches.
    ("verbose", True, ["--verbose"]),
    ("--verbose", True, ["--verbose"]),
    ("v", True, ["-v"]),
    ("-v", True, ["-v"]),
    ("verbose", False, ["--no-verbose"]),
    ("enable_x", False, ["--no-enable-x"]),
    # Values.
    ("name", "x", ["--name", "x"]),
    ("--name_of", "x", ["--name-of", "x"]),
    ("n", "x", ["-n", "x"]),
    ("name", "", ["--name", ""]),
    ("name", "two words", ["--name", "two words"]),
    ("name", "a=b", ["--name", "a=b"]),
    ("name", "$HOME `x` 'y'", ["--name", "$HOME `x` 'y'"]),
    ("name", "true", ["--name", "true"]),
    ("count", 0, ["--count", "0"]),
    ("count", 1, ["--count", "1"]),
    ("count", 10**39, ["--count", "1" + "0" * 39]),
    ("rate", 0.5, ["--rate", "0.5"]),
    ("rate", 1000.0, ["--rate", "1000.0"]),
    ("rate", 1e-7, ["--rate", "1e-07"]),
    # argparse would read these values as flags.
    ("count", -1, ["--count=-1"]),
    ("rate", -0.5, ["--rate=-0.5"]),
    ("name", "-x", ["--name=-x"]),
    ("name", "--other", ["--name=--other"]),
    ("name", "-", ["--name=-"]),
    ("n", "-x", ["-n=-x"]),
    # Mappings are JSON, in order of key, with the characters as they are.
    ("config", {}, ["--config", "{}"]),
    ("config", {"b": 1, "a": [True, None, -1, 0.5]}, ["--config", '{"a": [true, null, -1, 0.5], "b": 1}']),
    ("config", {"é": {"y": "ü", "x": '"'}}, ["--config", '{"é": {"x": "\\"", "y": "ü"}}']),
]


@pytest.mark.parametrize(("name", "value", "expected"), WORDS)
def test_the_words_that_set_a_flag(name, value, expected):
    assert list(flags.words(name, value)) == expected


@pytest.mark.parametrize(("name", "value", "expected"), WORDS)
def test_mappings_may_be_made_text_before(name, value, expected):
    assert list(flags.words(name, flags.texts({name: value})[name])) == expected


def test_only_mappings_are_made_text_before():
    args = {"a": {"y": 1, "x": 2}, "b": [1], "c": None, "d": True, "e": -1, "f": "x"}
    assert flags.texts(args) == {**args, "a": '{"x": 2, "y": 1}'}


MERGED = [
    ({}, {}, {}),
    ({"a": 1}, {}, {"a": 1}),
    ({}, {"a": 1}, {"a": 1}),
    ({"a": 1}, {"a": 2}, {"a": 2}),
    ({"a": 1, "b": 2}, {"b": 3, "c": 4}, {"a": 1, "b": 3, "c": 4}),
    # Whatever the spelling.
    ({"max_x": 1}, {"--max-x": 2}, {"max-x": 2}),
    ({"--a_b": 1}, {}, {"a-b": 1}),
    # null removes what the engine's flags say, and is nothing else.
    ({"a_b": 1}, {"a-b": None}, {}),
    ({"a": None}, {}, {}),
    ({"a": None}, {"a": 1}, {"a": 1}),
    ({}, {"a": None}, {}),
    ({"a": 1}, {"b": None}, {"a": 1}),
    # false, nothing and zero are values.
    ({"a": True}, {"a": False}, {"a": False}),
    ({"a": 1}, {"a": 0}, {"a": 0}),
    ({"a": "x"}, {"a": ""}, {"a": ""}),
    # Mappings replace one another.
    ({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"y": 2}}),
    # Raw words follow one another.
    ({"raw": ["-x"]}, {"raw": ["-y", "1"]}, {"raw": ["-x", "-y", "1"]}),
    ({"raw": ["-x"]}, {}, {"raw": ["-x"]}),
    ({}, {"--raw": ["-y"]}, {"raw": ["-y"]}),
    ({"raw": ["-x"]}, {"raw": []}, {"raw": ["-x"]}),
]


@pytest.mark.parametrize(("engine", "worker", "expected"), MERGED)
def test_a_workers_flags_over_those_of_its_engine(engine, worker, expected):
    before = (dict(engine), dict(worker))
    assert flags.merged(engine, worker) == expected
    assert (engine, worker) == before


def test_raw_words_of_the_engine_are_not_changed_by_a_worker():
    engine = {"raw": ["-x"]}
    flags.merged(engine, {"raw": ["-y"]})
    assert engine == {"raw": ["-x"]}


NO_CHAIN = "schema: 1\nmodel: a/b\nengine: mocker\ndynamo: '0.9.0'\nfrontend: {args: {%s}}\n"


@pytest.mark.parametrize(
    ("args", "codes"),
    [
        ("a: 1", ["DR308"]),
        ("a: 1, --a: 2", ["DR308", "DR115"]),
        ("a: [1]", ["DR308", "DR303"]),
        ("raw: x", ["DR308", "DR303"]),
        ("http_port: 1", ["DR308", "DR301"]),
        ("a: ~", ["DR308"]),
    ],
)
def test_without_a_catalogue_there_is_a_warning_and_what_can_be_told_is(args, codes):
    found = planned((NO_CHAIN % args).encode(), "r.yaml").findings
    assert [each.code for each in found if each.code[2] in "13"] == codes


def test_null_and_other_spellings_never_reach_a_command_line():
    args = "migration-limit: ~, --metrics_prefix: a, --raw: [--tokenizer, fastokens]"
    text = f"schema: 1\nmodel: a/b\nengine: mocker\nfrontend: {{args: {{{args}}}}}\n".encode()
    plan = planned(text, "r.yaml").plan
    assert plan is not None
    words = [str(word) for arg in plan.components[0].members[0].argv for word in arg.words if arg.by == "author"]
    assert [word for word in words if "None" in word or "migration" in word or "raw" in word] == []
    assert len(words) == 4
