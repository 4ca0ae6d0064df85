"""The JSON Schema that editors use: as committed, complete, and never stricter than the model."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from smallest import smallest

from dynamo_recipes.recipe import about, composition, hardware, model, served
from dynamo_recipes.recipe.load import load
from dynamo_recipes.recipe.read import read
from dynamo_recipes.recipe.schema import NAME, recipe_schema
from tools.hostile import fitting, shaped

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads(recipe_schema())
SECTIONS = {"Recipe": SCHEMA, **SCHEMA["$defs"]}
PROPERTIES = [
    pytest.param(section, key, id=f"{section}.{key}")
    for section, schema in SECTIONS.items()
    for key in schema["properties"]
]
VALIDATOR = Draft202012Validator(SCHEMA)


def data(raw: bytes) -> Any:
    document, _ = load(raw, "r.yaml")
    assert document is not None
    return document.data


def within(schema: dict[str, Any]) -> Draft202012Validator:
    """Return a validator for a part of the schema."""
    return Draft202012Validator({"$defs": SCHEMA["$defs"], **schema})


def test_the_committed_schema_is_what_the_model_gives():
    assert (ROOT / "schemas" / NAME).read_text(encoding="utf-8") == recipe_schema()


def test_it_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert SCHEMA["$id"] == NAME


def test_it_is_the_same_every_time():
    assert recipe_schema() == recipe_schema()


@pytest.mark.parametrize(("section", "key"), PROPERTIES)
def test_every_key_is_described_has_examples_and_a_default_unless_it_is_needed(section, key):
    schema = SECTIONS[section]["properties"][key]
    assert schema["description"].endswith(".")
    assert schema["examples"]
    assert ("default" in schema) != (key in SECTIONS[section].get("required", []))


def below(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every mapping of the schema with its path."""
    if isinstance(schema, dict):
        yield path, schema
    for key, value in schema.items() if isinstance(schema, dict) else enumerate(schema):
        if isinstance(value, (dict, list)) and key not in ("examples", "default"):
            yield from below(value, f"{path}/{key}")


def test_no_key_hides_deeper_than_the_sections():
    """So the tests for each section see every key at every depth."""
    holders = [path for path, schema in below(SCHEMA) if isinstance(schema.get("properties"), dict)]
    assert sorted(holders) == sorted(["", *(f"/$defs/{name}" for name in SCHEMA["$defs"] if name in SECTIONS)])


def test_every_reference_leads_to_a_described_section():
    """An entry of a map, such as one worker, is shown to the author by its section."""
    references = {schema["$ref"] for _, schema in below(SCHEMA) if "$ref" in schema}
    assert references == {f"#/$defs/{name}" for name in SCHEMA["$defs"]}
    for reference in references:
        assert SCHEMA["$defs"][reference.rpartition("/")[2]]["description"].endswith(".")


def test_every_choice_is_text_and_each_is_taken_by_its_key():
    """A choice that only the schema knows would be completed by an editor, and then refused."""
    for path, schema in below(SCHEMA):
        for value in schema.get("enum", []):
            assert isinstance(value, str), path
            within(schema).validate(value)


@pytest.mark.parametrize(("section", "key"), PROPERTIES)
def test_a_map_has_an_example_of_an_entry(section, key):
    """What an author may write below a map is shown by its examples: its keys are the author's own."""
    schema = SECTIONS[section]["properties"][key]
    if "patternProperties" in schema or schema.get("type") == "object":
        assert any(schema["examples"])


@pytest.mark.parametrize(("section", "key"), PROPERTIES)
def test_examples_and_defaults_are_values_that_may_be_written(section, key):
    schema = SECTIONS[section]["properties"][key]
    validator = within(schema)
    for value in schema["examples"]:
        validator.validate(value)
    if "default" in schema:
        validator.validate(schema["default"])


@pytest.mark.parametrize(("section", "key"), PROPERTIES)
def test_the_model_takes_the_examples(section, key):
    classes = [
        each
        for module in (model, about, composition, hardware, served)
        for each in vars(module).values()
        if isinstance(each, type)
    ]
    known = {each.__name__: each for each in classes}
    needed = {"name": "x", "schema": 1, "model": "a", "engine": "x"}
    needed |= {"date": "2026-10-01", "dynamo": "x", "status": "works", "source": "x"}
    needed |= {"engine": "native"} if section == "Offload" else {}
    base = {each: needed[each] for each in SECTIONS[section].get("required", [])}
    for value in SECTIONS[section]["properties"][key]["examples"]:
        known[section].model_validate({**base, key: value})


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_is_described_and_closed_but_for_the_authors_own_keys(section):
    schema = SECTIONS[section]
    assert schema["description"]
    assert schema["additionalProperties"] is False
    assert schema["patternProperties"] == {"^x-": {}}


@pytest.mark.parametrize("file", sorted((ROOT / "recipes").rglob("*.y*ml")), ids=lambda file: file.name)
def test_every_recipe_of_ours_fits_and_says_so_to_editors(file):
    raw = file.read_bytes()
    VALIDATOR.validate(data(raw))
    first = raw.decode().splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (file.parent / first.partition("=")[2]).resolve() == ROOT / "schemas" / NAME


FITS = [
    "x-mine: 1",
    "name: a-1",
    "model: {packaged: tiny, served_name: tiny, task: completion, max_length: 1}",
    "model: {id: a, revision: main, precision: fp8, modalities: [text, image], adapters: [{name: a, source: b}]}",
    "dynamo: {version: ~}",
    "engine: {name: x, version: 0.26.0, image: 'r.example.org/vllm-runtime:1.4.2'}",
    "hardware: {gpu: {name: h800, memory: 80Gi, compute_capability: '9.0'}}",
    "hardware: {gpu: h100_sxm}",
    "workers: {decode: {role: decode, image: a}}",
    "kv: {offload: none}",
    "kv: {offload: ~}",
    "kv: {offload: {engine: kvbm, cpu: 128Gi, disk: ~}}",
    "engine: {name: x, args: {--a_b: [1, {c: ~}], d: true}}",
    "hardware: {gpu: ~, gpus_per_node: 8, nodes: 10000}",
    "frontend: {port: 0, router: kv}",
    "frontend: {router: {mode: kv, events: ~}}",
    "workers: {one: {role: decode, parallel: {tensor: 4096}, env: {A: 1, B: x, C: {secret: hf}}}}",
    "kv: {block_size: ~, dtype: fp8}",
    "infrastructure: {discovery: file}",
    "env: {A: -5, B: '', C: {value: ''}}",
    "ready: {timeout: 30m}",
    "about: {tested: [{date: 2026-10-01, dynamo: 1.4.2, status: works, figures: {a: [1]}}]}",
]
FITS_NOT = [
    "nmae: a",
    "schema: 2",
    "schema: '1'",
    "schema: true",
    "name: A",
    "name: 5",
    "name: " + "a" * 41,
    "description: 5",
    "model: {id: a, revision: ''}",
    "model: {id: a, precision: fp4}",
    "model: {id: a, modalities: []}",
    "model: {id: a, adapters: [{name: a}]}",
    "engine: {name: x, version: latest}",
    "engine: {name: x, image: ''}",
    "hardware: {gpu: {memory: 80Gi}}",
    "hardware: {gpu: {name: a, memory: 80GB}}",
    "kv: {offload: native}",
    "kv: {offload: {engine: none}}",
    "kv: {offload: {engine: native, cpu: 128}}",
    "model: {id: a/b/c}",
    "model: {id: a, task: embedding}",
    "model: {id: a, max_length: 0}",
    "model: 5",
    "dynamo: 1.4",
    "dynamo: {version: ''}",
    "engine: {args: {}}",
    "engine: ~",
    "hardware: {gpus_per_node: '8'}",
    "hardware: {gpus_per_node: 1025}",
    "hardware: {nodes: 0}",
    "frontend: kv",
    "frontend: {port: true}",
    "frontend: {port: 65536}",
    "frontend: {port: 1.5}",
    "frontend: {host: '*'}",
    "frontend: {router: {events: all}}",
    "frontend: {args: ~}",
    "workers: {}",
    "workers: [decode]",
    "workers: {decode: ~}",
    "workers: {decode: {role: decoder}}",
    "workers: {decode: {replicas: 10001}}",
    "workers: {decode: {parallel: {tensr: 1}}}",
    "env: {A: 1.5}",
    "env: {A: true}",
    "env: {A: {secret: A_B}}",
    "env: {A: {secrt: hf}}",
    "kv: {dtype: int4}",
    "infrastructure: {etcd: managed}",
    "ready: {timeout: 30}",
    "ready: {timeout: 1d}",
    "about: {tested: [{date: 2026-10-01}]}",
    "about: {maintainers: team}",
]
# What only the model knows, and why a schema cannot say it or does not.
ONLY_THE_MODEL = [
    ("frontend: {port: 8000.0}", "JSON has one kind of number"),
    ("workers: {1st: {role: decode}}", "the schema describes names that fit and is silent on others"),
    ("env: {1A: x}", "as above"),
    ("frontend: {args: {1x: 1}}", "as above"),
    ("model: {}", "one of three keys"),
    ("model: ''", "the short form is any text"),
    ("model: a b", "as above"),
    ("dynamo: ''", "as above"),
    ("engine: ''", "as above"),
    ("model: {id: a, path: b}", "one of three keys"),
    ("model: {path: a, revision: main}", "a key that is for one of three"),
    ("workers: {one: {}}", "a role by the name of its key"),
    ("workers: {frontend: {role: decode}}", "a reserved name"),
    ("workers: {a: {role: pd}, A: {role: pd}}", "names that differ in case only"),
    ("env: {A: {}}", "one of two keys"),
    ("env: {A: {value: x, secret: hf}}", "one of two keys"),
    ("env: {HF_TOKEN: swordfish}", "a secret by the name of its key"),
    (f"description: hf_{'a' * 34}", "a secret by its form"),
    ('description: "\\0"', "text that no process can be given"),
    ("x-mine: .inf", "JSON has no such number"),
]


@pytest.mark.parametrize("line", FITS)
def test_schema_and_model_take(line):
    assert VALIDATOR.is_valid(data(smallest(line)))
    assert not read(smallest(line), "r.yaml").findings


@pytest.mark.parametrize("line", FITS_NOT)
def test_schema_and_model_refuse(line):
    assert not VALIDATOR.is_valid(data(smallest(line)))
    assert read(smallest(line), "r.yaml").findings


@pytest.mark.parametrize(("line", "because"), ONLY_THE_MODEL)
def test_only_the_model_refuses(line, because):
    assert VALIDATOR.is_valid(data(smallest(line))), because
    assert read(smallest(line), "r.yaml").findings


@pytest.mark.parametrize("make", [shaped, fitting])
def test_what_the_schema_refuses_the_model_refuses_too(make):
    """An editor must not underline what would run."""
    refused = 0
    for seed in range(300):
        raw = make(Random(seed))
        document, _ = load(raw, "r.yaml")
        if document is not None and not VALIDATOR.is_valid(document.data):
            refused += 1
            assert read(raw, "r.yaml").findings, raw
    assert refused or make is fitting
