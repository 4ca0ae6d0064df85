"""A plan as text, JSON and Mermaid: readable, complete, and the same bytes whatever the order of keys."""

import json
import random
import subprocess

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamo_recipes.app.planning import planned
from dynamo_recipes.plan import show
from dynamo_recipes.plan.model import (
    Address,
    FileRef,
    LeaderOf,
    ModelDir,
    OwnPort,
    Program,
    Rank,
    RunDir,
    SecretRef,
    Tree,
    text,
)

HEAD = "schema: 1\nmodel: Qwen/Qwen3-0.6B\nengine: mocker\n"
PAIR = "workers: {prefill: {replicas: 2, parallel: {tensor: 2}}, decode: {}}\n"

FULL = """
schema: 1
name: full
model: {id: Qwen/Qwen3-0.6B, served_name: a name with spaces, max_length: 4096, task: chat}
dynamo: "1.6.0"
engine: {name: mocker, args: {speedup-ratio: 10, decode-speedup-ratio: 2.5, raw: [--one, --two]}}
hardware: {gpu: h100_sxm, gpus_per_node: 8, nodes: 2}
frontend: {port: 8123, router: {mode: kv, events: predicted}, args: {migration-limit: 3, interactive: true}}
workers:
  prefill: {replicas: 2, parallel: {tensor: 2}, max_requests: 64, env: {B: "2", A: "1"}}
  second: {role: prefill, args: {speedup-ratio: 1, reasoning: {z: 1, y: {b: 2, a: [3, 1]}}}}
  decode: {replicas: 2, parallel: {tensor: 2, data: 2}, env: {A: "3"}}
kv: {block_size: 64, dtype: fp8}
env: {HF_TOKEN: {secret: huggingface}, NCCL_DEBUG: WARN, SPACES: "two words"}
ready: {timeout: 3m}
stop: {grace: 15s}
"""


def shown(raw: str) -> tuple[str, str, str]:
    result = planned(raw.encode(), "x.yaml")
    assert result.ok, result.findings
    return (
        show.as_text(result.plan, result.instances),
        show.as_json(result.plan, result.instances),
        show.as_mermaid(result.plan),
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (text("a", "b"), "ab"),
        (text(Program("python")), "python"),
        (text("tcp://*:", OwnPort("events")), "tcp://*:<events port>"),
        (text(Rank()), "<rank>"),
        (text(RunDir("discovery")), "<run>/discovery"),
        (text(ModelDir()), "<model>"),
        (text(SecretRef("huggingface", "HF_TOKEN")), "<secret huggingface>"),
        (text(FileRef("chat")), "<file chat>"),
        (text(LeaderOf(), ":", LeaderOf("dist")), "<leader's address>:<leader's dist>"),
        (text(Address("kv"), ":", Address("kv", "a")), "<kv's address>:<kv's a>"),
        (Tree({"b": text("x", Rank()), "a": (1, None, "ü")}), '{"a": [1, null, "ü"], "b": "x<rank>"}'),
    ],
)
def test_every_part_has_a_form_for_people(value, expected):
    assert show.value(value) == expected


def test_the_text_has_choices_processes_commands_and_reasons():
    lines = shown(HEAD + PAIR)[0].splitlines()
    assert lines[0] == "x: Qwen/Qwen3-0.6B (id Qwen/Qwen3-0.6B)"
    assert lines[2] == "Choices"
    assert lines[3].split(maxsplit=2)[:2] == ["dynamo", "1.6.0"]
    processes = lines.index("Processes, in starting order")
    assert [line.split() for line in lines[processes + 1 : processes + 6]] == [
        ["NAME", "NODE", "DEVICES", "PORTS"],
        ["frontend-0", "0", "-", "http=8000"],
        ["prefill-0", "0", "0,1", "system=10000", "bootstrap=10001"],
        ["prefill-1", "0", "2,3", "system=10002", "bootstrap=10003"],
        ["decode-0", "0", "4", "system=10004"],
    ]
    assert "prefill, 2 replicas, after frontend" in lines
    assert "decode, after frontend" in lines
    assert "  python -m dynamo.mocker" in lines
    assert "    --disaggregation-mode prefill               # the worker's role" in lines
    assert all(line == line.rstrip() for line in lines)


def test_a_worker_whose_name_is_not_its_role_says_both():
    assert "one (aggregated), after frontend" in shown(HEAD + "workers: {one: {role: aggregated}}")[0].splitlines()


ODD = ["two words", "it's", "", "$( )`}", "a\nb\tc", "\x1b[31m\u2028\\'", "naïve 🦀", "-x"]


@pytest.mark.parametrize("odd", ODD)
def test_words_are_quoted_as_a_shell_needs_them_and_stay_on_their_line(odd):
    quoted = yaml.safe_dump({"env": {"ODD": odd}}, default_style='"', width=1000)
    lines = shown(HEAD + quoted)[0].split("\n")
    (line,) = {each.strip() for each in lines if each.strip().startswith("ODD=")}
    word = line.removesuffix("  # by author").strip()
    assert word.isprintable()
    said = subprocess.run(
        ["bash", "-c", f'{word} && printf %s "$ODD"'],
        env={"LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=True,
    )
    assert said.stdout.decode() == odd


def test_no_form_shows_more_of_a_secret_than_its_name():
    for form in shown(FULL)[:2]:
        assert "<secret huggingface>" in form


def test_a_member_is_named_where_a_group_has_several():
    result = planned((HEAD + PAIR).encode(), "x.yaml")
    prefill = result.plan.components[1]
    (worker,) = prefill.members
    both = prefill._replace(members=(worker._replace(name="leader"), worker._replace(name="rest", per_group=2)))
    lines = show.as_text(result.plan._replace(components=(both,)), ()).splitlines()
    assert "  leader" in lines
    assert "  rest x 2" in lines


def test_the_json_has_all_of_it():
    data = json.loads(shown(FULL)[1])
    assert list(data) == [
        *("plan", "name", "model", "virtual_gpus", "service", "install", "ready", "stop"),
        *("choices", "components", "instances"),
    ]
    assert data["plan"] == 1
    assert data["service"] == {
        "component": "frontend",
        "port": "http",
        "model": "a name with spaces",
        "task": "chat",
        "host": "127.0.0.1",
    }
    assert (data["ready"], data["stop"]) == (
        {"timeout_seconds": 180.0, "idle_timeout_seconds": 600.0},
        {"grace_seconds": 15.0},
    )
    assert [each["name"] for each in data["components"]] == ["frontend", "prefill", "second", "decode"]
    prefill = data["components"][1]["members"][0]
    assert {"words": ["--block-size", "64"], "by": "engine", "because": "kv.block_size"} in prefill["argv"]
    assert {"name": "A", "value": "1", "by": "author", "because": ""} in prefill["env"]
    assert prefill["ready"] == {"port": "system", "path": "/health"}
    assert data["instances"][1] == {
        "name": "prefill-0",
        "component": "prefill",
        "member": "worker",
        "replica": 0,
        "rank": 0,
        "node": 0,
        "devices": [0, 1],
        "ports": {"system": 10000, "bootstrap": 10001},
    }


@pytest.mark.parametrize(
    ("rest", "edges"),
    [
        ("", ['client([client]) --> frontend["frontend"]', 'frontend --> aggregated["aggregated"]']),
        (
            PAIR,
            [
                'client([client]) --> frontend["frontend"]',
                'frontend -- prefill --> prefill["prefill x 2"]',
                "prefill -. KV .-> decode",
                'frontend --> decode["decode"]',
            ],
        ),
    ],
)
def test_mermaid_shows_requests_and_kv_transfer(rest, edges):
    assert plainly(shown(HEAD + rest)[2]) == ["flowchart LR", *edges]


def plainly(chart: str) -> list[str]:
    """Return the lines of a chart with the marks of its names left out."""
    return [line.strip().replace("n_", "") for line in chart.splitlines()]


@pytest.mark.parametrize("name", ["end", "graph", "subgraph", "client", "style", "click", "default", "o-x"])
def test_no_name_of_a_worker_is_a_word_of_mermaid(name):
    """`end[end]` breaks a flow chart; `client` would be the client's own node."""
    chart = shown(f"{HEAD}workers: {{{name}: {{role: aggregated}}}}")[2]
    assert f'  n_frontend --> n_{name}["{name}"]' in chart.splitlines()


def shuffled(data, order: random.Random):
    """Return the same data with the keys of every mapping in another order."""
    if isinstance(data, dict):
        keys = list(data)
        order.shuffle(keys)
        return {key: shuffled(data[key], order) for key in keys}
    return [shuffled(each, order) for each in data] if isinstance(data, list) else data


@settings(deadline=None, max_examples=30)
@given(st.randoms(use_true_random=False))
def test_the_order_of_keys_changes_no_byte(order):
    data = yaml.safe_load(FULL)
    text_ = yaml.safe_dump(shuffled(data, order), sort_keys=False, allow_unicode=True)
    assert shown(text_) == shown(FULL)


def test_the_order_of_lists_is_kept():
    changed = FULL.replace("raw: [--one, --two]", "raw: [--two, --one]")
    assert shown(changed)[0] != shown(FULL)[0]


def test_text_ends_with_one_newline():
    assert all(form.endswith("\n") and not form.endswith("\n\n") for form in shown(FULL))
