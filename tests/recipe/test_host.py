"""Facts files: what they take and refuse, with place and words; hostile ones; their schema."""

import json
import random
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dynamo_recipes.recipe import facts_file, host
from dynamo_recipes.recipe.load import MOST_BYTES, load
from dynamo_recipes.recipe.read_facts import read_facts
from dynamo_recipes.recipe.schema import FACTS_NAME, facts_schema
from tools.hostile import shaped

ROOT = Path(__file__).resolve().parents[2]
FULL = """
facts: 1
hosts:
  node-a:
    os: linux
    distribution: ubuntu
    os_version: "24.04"
    arch: x86_64
    glibc: "2.39"
    python: [3.11.7, "3.12"]
    driver: 580.65.06
    cuda: "13.0"
    gpus:
      - {name: h100_sxm, memory: 81559Mi, compute_capability: "9.0", count: 8, mig: false}
      - {name: NVIDIA H800}
    fabric: infiniband
    nvidia_index: true
    cpu: AMD EPYC 9654 96-Core Processor
    cores: 96
    memory: 1024Gi
    docker: {version: 24.0.7-ce, nvidia: true}
    kubernetes: "1.31"
    operator: 1.4.2
    grove: v0.1.0-alpha.10
    kai_scheduler: none
    lws: v0.7.0
  unknown: {}
x-mine: 1
"""
SCHEMA = json.loads(facts_schema())
SECTIONS = {"FactsFile": SCHEMA, **SCHEMA["$defs"]}
PROPERTIES = [
    pytest.param(section, key, id=f"{section}.{key}")
    for section, schema in SECTIONS.items()
    for key in schema["properties"]
]
VALIDATOR = Draft202012Validator(SCHEMA)


def told(raw: bytes) -> list[str]:
    reading = read_facts(raw, "f.yaml")
    assert (reading.facts is None) == bool(reading.findings)
    return [f"{each.code} {each.where} {each.message}" for each in reading.findings]


def test_a_full_file_is_read():
    facts, found = read_facts(FULL.encode(), "f.yaml")
    assert found == ()
    assert set(host.Host.model_fields) == facts.hosts["node-a"].model_fields_set
    assert facts.hosts["unknown"] == host.Host()
    document, _ = load(FULL.encode(), "f.yaml")
    VALIDATOR.validate(document.data)


def test_json_is_read_too():
    raw = json.dumps({"facts": 1, "hosts": {"a": {"gpus": [], "driver": "580.65.06"}}}, indent=2).encode()
    assert read_facts(raw, "f.json").facts.hosts["a"].gpus == []


WRONG = [
    ("", ["DR107 f.yaml:1:1 `facts` is missing.", "DR107 f.yaml:1:1 `hosts` is missing."]),
    ("facts: 1", ["DR107 f.yaml:1:1 `hosts` is missing."]),
    ("facts: 2\nhosts: {a: {}}", ["DR111 f.yaml:1:8 `facts` must be 1."]),
    ("facts: 1.0\nhosts: {a: {}}", ["DR111 f.yaml:1:8 `facts` must be 1."]),
    ("facts: true\nhosts: {a: {}}", ["DR111 f.yaml:1:8 `facts` must be 1."]),
    ("facts: 1\nhosts: {}", ["DR110 f.yaml:2:1 `hosts` must have at least 1 entries."]),
    ("facts: 1\nhosts: [a]", ["DR108 f.yaml:2:1 `hosts` must be a mapping, not a list."]),
    ("facts: 1\nhosts: {a: linux}", ["DR108 f.yaml:2:12 `hosts.a` must be a mapping, not text."]),
    ("[1]", ["DR108 f.yaml:1:1 The facts file must be a mapping, not a list."]),
    ("facts: 1\nhost: {}\nhosts: {a: {}}", ["DR106 f.yaml:2:1 `host` is not a key at the top of a facts file."]),
    ("facts: 1\nhosts: {a: {drivr: x}}", ["DR106 f.yaml:2:13 `drivr` is not a key in `hosts.a`."]),
    (
        "facts: 1\nhosts: {a: {gpus: [{name: x, memry: 1}]}}",
        ["DR106 f.yaml:2:30 `memry` is not a key in `hosts.a.gpus[0]`."],
    ),
    ("facts: 1\nhosts: {a: {gpus: [{}]}}", ["DR107 f.yaml:2:20 `hosts.a.gpus[0].name` is missing."]),
    ("facts: 1\nhosts: {a: {cuda: 12.10}}", ["DR108 f.yaml:2:19 `hosts.a.cuda` must be text, not a decimal number."]),
    (
        'facts: 1\nhosts: {a: {cuda: "12"}}',
        ["DR110 f.yaml:2:19 `hosts.a.cuda` must be a version of two numbers such as 12.9."],
    ),
    (
        'facts: 1\nhosts: {a: {python: ["3"]}}',
        ["DR110 f.yaml:2:22 `hosts.a.python[0]` must be a version of Python such as 3.11.7."],
    ),
    ("facts: 1\nhosts: {a: {cores: 0}}", ["DR110 f.yaml:2:20 `hosts.a.cores` must be at least 1, and is 0."]),
    ("facts: 1\nhosts: {a: {memory: 5G}}", ["DR110 f.yaml:2:21 `hosts.a.memory` must be a size such as 80Gi."]),
    (
        "facts: 1\nhosts: {a: {docker: {version: a b}}}",
        ["DR110 f.yaml:2:31 `hosts.a.docker.version` must be a version such as 28.2.2."],
    ),
    (
        "facts: 1\nhosts: {a: {nvidia_index: yes}}",
        ["DR108 f.yaml:2:27 `hosts.a.nvidia_index` must be true or false, not text."],
    ),
]


@pytest.mark.parametrize(("text", "expected"), WRONG, ids=[repr(row[0])[:50] for row in WRONG])
def test_what_is_wrong_is_told_with_its_place(text, expected):
    assert told(text.encode()) == expected


def test_near_names_are_offered():
    for line, near in (("drivr: x", "driver"), ("gpu: []", "gpus"), ("kai: x", "kai_scheduler")):
        (found,) = read_facts(f"facts: 1\nhosts: {{a: {{{line}}}}}".encode(), "f.yaml").findings
        assert near in found.hint


def test_all_is_told_at_once_in_reading_order():
    found = read_facts(b"facts: 1\nhosts:\n  a: {os: 5}\n  B: {}\nx: 1\n", "f.yaml").findings
    assert [each.where.line for each in found] == [3, 4, 5]


HOSTILE = [
    b"\xff\xfe",
    b"facts: 1\nhosts: " + b"[" * 10_000,
    b"facts: 1\nhosts: " + b"{a: " * 5_000,
    b"facts: 1\nhosts: &a {a: *a}",
    b"facts: 1\nhosts: {a: {}}\nhosts: {b: {}}",
    b"facts: 1\nhosts: !!python/object:os.system {}",
    b"facts: 1\nhosts: {" + b", ".join(b"h%d: {}" % each for each in range(65)) + b"}",
    b"facts: 1\nhosts: {a: {gpus: [" + b"{name: x}, " * 65 + b"]}}",
    b'facts: 1\nhosts: {a: {cpu: "' + b"x" * 201 + b'"}}',
    b'facts: 1\nhosts: {a: {cpu: "a\\x1bb"}}',
    b'facts: 1\nhosts: {a: {driver: "1\\n"}}',
    b"facts: 1\nhosts: {a: {memory: 99999999999999Gi}}",
    b"facts: 1\nhosts: {a: {cores: 1e99}}",
    b"facts: 1\nhosts: {a: {cores: " + b"9" * 5000 + b"}}",
    b"# " + b"x" * MOST_BYTES,
    b"\0",
]


@pytest.mark.parametrize("raw", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_files_are_told(raw):
    lines = told(raw)
    assert lines
    assert all(len(each) < 500 and each.isprintable() for each in lines)


def test_any_text_gives_facts_or_findings():
    for seed in range(200):
        told(shaped(random.Random(seed)))


def test_a_secret_is_refused_and_not_shown():
    token = "hf_cAnArYoFtHeMiNecAnArYoFtHeMiNe00"
    reading = read_facts(f"facts: 1\nhosts: {{a: {{cpu: {token}}}}}".encode(), "f.yaml")
    assert [each.code for each in reading.findings] == ["DR112"]
    assert token not in str(reading.findings)


# The schema


def test_the_committed_schema_is_what_the_model_gives():
    assert (ROOT / "schemas" / FACTS_NAME).read_text(encoding="utf-8") == facts_schema() == facts_schema()


def test_it_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)
    assert (SCHEMA["$id"], SCHEMA["title"]) == (FACTS_NAME, "dynamo-recipes facts")


@pytest.mark.parametrize(("section", "key"), PROPERTIES)
def test_every_key_is_described_and_its_examples_are_taken(section, key):
    schema = SECTIONS[section]["properties"][key]
    assert schema["description"].endswith(".")
    assert ("default" in schema) != (key in SECTIONS[section].get("required", []))
    validator = Draft202012Validator({"$defs": SCHEMA["$defs"], **schema})
    needed = {"facts": 1, "hosts": {"a": {}}, "name": "x"}
    base = {each: needed[each] for each in SECTIONS[section].get("required", [])}
    assert schema["examples"]
    for value in schema["examples"]:
        validator.validate(value)
        (getattr(host, section, None) or getattr(facts_file, section)).model_validate({**base, key: value})


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_is_closed_but_for_the_owners_own_keys(section):
    assert SECTIONS[section]["additionalProperties"] is False
    assert SECTIONS[section]["patternProperties"] == {"^x-": {}}
