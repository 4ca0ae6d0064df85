"""Files in `args`: parts in the plan, paths only where `bind` is told them."""

import json

import pytest

from dynamo_recipes.app.planning import planned
from dynamo_recipes.plan import show
from dynamo_recipes.plan.bind import Places, bind, variables

HEAD = "schema: 1\nmodel: {packaged: tiny}\nengine: mocker\nfiles: {chat: ./x/chat.jinja, my-limits: /repo/y}\n"
PLACES = Places("python", "/run", "/m", files=(("chat", '/a b/ü"\\.jinja'), ("my-limits", "/y")))


def result(args: str):
    done = planned((HEAD + f"workers: {{aggregated: {{args: {args}}}}}\n").encode(), "x.yaml")
    assert not done.findings
    assert done.plan is not None
    return done


def spec(args: str):
    done = result(args)
    return bind(done.plan, done.instances, PLACES)[1]


def words(args: str) -> list[str]:
    argv = list(spec(args).words())
    return argv[argv.index("--reasoning") :] if "--reasoning" in argv else argv


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("{reasoning: {file: chat}}", ["--reasoning", '/a b/ü"\\.jinja']),
        ("{raw: [--reasoning, {file: my-limits}]}", ["--reasoning", "/y"]),
        (
            "{reasoning: {b: {file: my-limits}, a: [1, null, é, {file: my-limits}]}}",
            ["--reasoning", '{"a": [1, null, "é", "/y"], "b": "/y"}'],
        ),
    ],
)
def test_a_file_becomes_its_path(args, expected):
    assert words(args) == expected


def test_a_path_inside_json_is_escaped_and_a_variable_of_its_own():
    argv = words("{reasoning: {file: chat}, response-replay-trace-path: {a: {file: chat}}}")
    assert argv[1] == '/a b/ü"\\.jinja'
    assert json.loads(argv[3]) == {"a": '/a b/ü"\\.jinja'}
    named = variables(
        (spec("{reasoning: {file: chat}, response-replay-trace-path: {a: {file: chat}}, endpoint: {file: my-limits}}"),)
    )
    assert named["FILE_CHAT_PATH"] == '/a b/ü"\\.jinja'
    assert named["FILE_CHAT_PATH_IN_JSON"] == '/a b/ü\\"\\\\.jinja'
    assert named["FILE_MY_LIMITS_PATH"] == "/y"


def test_a_map_with_a_file_is_spelled_as_one_without():
    with_file = words('{reasoning: {b: [1.5, true, {}], a: {file: my-limits}, "é": "\\""}}')[1]
    without = words('{reasoning: {b: [1.5, true, {}], a: /y, "é": "\\""}}')[1]
    assert with_file == without


def test_the_plan_shows_the_name_and_no_path():
    done = result(
        "{reasoning: {file: chat}, response-replay-trace-path: {a: [{file: my-limits}]},"
        " raw: [--endpoint, {file: chat}]}"
    )
    text, data = show.as_text(done.plan, done.instances), show.as_json(done.plan, done.instances)
    assert "    --reasoning <file chat>  " in text
    assert """--response-replay-trace-path '{"a": ["<file my-limits>"]}'""" in text
    argv = json.loads(data)["components"][1]["members"][0]["argv"]
    assert {"words": ["--reasoning", "<file chat>"], "by": "author", "because": ""} in argv
    assert {
        "words": ["--response-replay-trace-path", '{"a": ["<file my-limits>"]}'],
        "by": "author",
        "because": "",
    } in argv
    assert argv[-1]["words"] == ["--endpoint", "<file chat>"]
    assert "jinja" not in text + data
    assert "/repo" not in text + data


def test_engine_worker_and_frontend_take_files_and_a_worker_overrides():
    text = (
        "schema: 1\nmodel: {packaged: tiny}\nfiles: {a: x, b: y}\n"
        "engine: {name: mocker, args: {reasoning: {file: a}, response-replay-trace-path: {file: a}}}\n"
        "frontend: {args: {router-policy-config: {x: {file: b}}}}\n"
        "workers: {aggregated: {args: {reasoning: {file: b}, response-replay-trace-path: null}}}\n"
    )
    done = planned(text.encode(), "x.yaml")
    shown = show.as_text(done.plan, done.instances)
    assert "--reasoning <file b>" in shown
    assert "--response-replay-trace-path" not in shown
    assert """--router-policy-config '{"x": "<file b>"}'""" in shown
