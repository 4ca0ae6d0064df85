"""The model of a site: what it takes and refuses, with place and words, and its schema."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dynamo_recipes.findings import dotted
from dynamo_recipes.recipe import host
from dynamo_recipes.recipe import site as model
from dynamo_recipes.recipe.load import load
from dynamo_recipes.recipe.read_site import read_site
from dynamo_recipes.recipe.schema import SITE_NAME, site_schema
from dynamo_recipes.recipe.site import Site

ROOT = Path(__file__).resolve().parents[2]
FULL = """
site: 1
namespace: inference
operator: 1.4.2
storage: {class: standard, size: 500Gi, access: ReadWriteMany}
mirrors:
  nvcr.io: registry.example.org/nvcr
  docker.io/library: registry.example.org:5000/library
secrets:
  huggingface: {env: TEAM_HF_TOKEN, file: ~/.config/team/hf-token, kubernetes: {name: hf-token-secret, key: HF_TOKEN}}
  other: {file: ./other}
roles:
  all: {node_selector: {pool: gpu}}
  decode:
    node_selector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}
    tolerations:
      - {key: gpu, operator: Exists, effect: NoSchedule}
      - {key: gpu, value: h100, effect: NoExecute, seconds: 300}
      - {operator: Exists}
hosts:
  trainer: {os: linux, arch: x86_64, glibc: "2.36", python: [3.11.7, "3.12"]}
  unknown: {}
x-mine: [1, {secret: x}]
"""
SCHEMA = json.loads(site_schema())
SECTIONS = {"Site": SCHEMA, **SCHEMA["$defs"]}
PROPERTIES = [
    pytest.param(section, key, id=f"{section}.{key}")
    for section, schema in SECTIONS.items()
    for key in schema["properties"]
]
VALIDATOR = Draft202012Validator(SCHEMA)


def given(line):
    return f"site: 1\n{line}\n".encode()


def data(raw):
    document, _ = load(raw, "site.yaml")
    assert document is not None
    return document.data


def told(line):
    """Return what is found as `code place message`."""
    return [f"{each.code} {each.where} {each.message}" for each in read_site(given(line), "s.yaml").findings]


def test_a_full_site_is_read():
    site, found = read_site(FULL.encode(), "site.yaml")
    assert found == ()
    assert site is not None
    assert (site.namespace, site.operator, site.storage.storage_class) == ("inference", "1.4.2", "standard")
    assert site.mirrors["nvcr.io"] == "registry.example.org/nvcr"
    assert site.secrets["huggingface"].kubernetes.key == "HF_TOKEN"
    assert site.roles["decode"].tolerations[1].seconds == 300
    assert site.hosts["trainer"].python == ["3.11.7", "3.12"]
    VALIDATOR.validate(data(FULL.encode()))


def test_the_smallest_site_has_one_line():
    site, found = read_site(b"site: 1\n", "site.yaml")
    assert site == Site.model_validate({"site": 1})
    assert found == ()


# Line 2 of a site; what is found.
REFUSED = [
    ("engine: vllm", ["DR106 s.yaml:2:1 `engine` is not a key at the top of a site."]),
    ("namespce: a", ["DR106 s.yaml:2:1 `namespce` is not a key at the top of a site."]),
    ("hosts: {a: {oss: linux}}", ["DR106 s.yaml:2:13 `oss` is not a key in `hosts.a`."]),
    (
        "namespace: A",
        ["DR110 s.yaml:2:12 `namespace` must be a DNS label: small letters, digits and -, at most 63 characters."],
    ),
    ("namespace: 5", ["DR108 s.yaml:2:12 `namespace` must be text, not a whole number."]),
    ("operator: newest", ["DR110 s.yaml:2:11 `operator` must be a version such as 1.4.2."]),
    ("storage: {size: 5G}", ["DR110 s.yaml:2:17 `storage.size` must be a size such as 500Gi."]),
    ("storage: {access: RWX}", ["DR109 s.yaml:2:19 `storage.access` cannot be RWX."]),
    (
        "mirrors: {'': x}",
        ["DR110 s.yaml:2:11 The key `mirrors.` is not a registry, or the beginning of an image's name."],
    ),
    ("secrets: {hf: {}}", ["DR107 s.yaml:2:11 `secrets.hf` does not say where the secret is."]),
    (
        "secrets: {HF: {env: A}}",
        [
            "DR110 s.yaml:2:11 The key `secrets.HF` is not a DNS label of at most 40 characters: small letters, digits "
            "and -, a letter first."
        ],
    ),
    (
        "secrets: {hf: {env: A-B}}",
        ["DR110 s.yaml:2:21 `secrets.hf.env` must be a variable name: letters, digits and _, no digit first."],
    ),
    ("secrets: {hf: {file: ''}}", ["DR110 s.yaml:2:22 `secrets.hf.file` must have at least 1 characters."]),
    ("secrets: {hf: {kubernetes: {name: a}}}", ["DR107 s.yaml:2:16 `secrets.hf.kubernetes.key` is missing."]),
    (
        "secrets: {hf: {kubernetes: {name: A, key: b}}}",
        [
            "DR110 s.yaml:2:35 `secrets.hf.kubernetes.name` must be the name of a Secret: small letters, digits, dots "
            "and -."
        ],
    ),
    ("secrets: {hf: [a]}", ["DR108 s.yaml:2:11 `secrets.hf` must be a mapping, not a list."]),
    (
        "roles: {decoder: {}}",
        [
            "DR110 s.yaml:2:9 The key `roles.decoder` is not a role: all, frontend, planner, aggregated, prefill, "
            "decode, encode or pd."
        ],
    ),
    (
        "roles: {all: {tolerations: [{operator: Exists, value: x}]}}",
        ["DR115 s.yaml:2:55 `roles.all.tolerations[0]` has `operator: Exists` and a value."],
    ),
    (
        "roles: {all: {tolerations: [{effect: NoSchedule}]}}",
        ["DR107 s.yaml:2:29 `roles.all.tolerations[0]` has no `key`, and the operator is Equal."],
    ),
    (
        "roles: {all: {tolerations: [{key: a, seconds: 5}]}}",
        ["DR115 s.yaml:2:47 `roles.all.tolerations[0]` has `seconds` without `effect: NoExecute`."],
    ),
    ("hosts: {a: {glibc: 2.36}}", ["DR108 s.yaml:2:20 `hosts.a.glibc` must be text, not a decimal number."]),
    ("hosts: {a: {python: []}}", ["DR110 s.yaml:2:13 `hosts.a.python` must have at least 1 entries."]),
    ("namespace: a\nnamespace: b", ["DR103 s.yaml:3:1 `namespace` is already written on line 2."]),
    ('namespace: "a\\0"', None),
]


@pytest.mark.parametrize(("line", "expected"), REFUSED, ids=[row[0][:50] for row in REFUSED])
def test_what_is_wrong_is_told_with_its_place(line, expected):
    found = told(line)
    assert found
    assert expected is None or found == expected
    assert read_site(given(line), "s.yaml").site is None


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "DR107 s.yaml:1:1 `site` is missing."),
        (b"site: 2", "DR111 s.yaml:1:7 `site` must be 1."),
        (b"schema: 1\nsite: 1", "DR106 s.yaml:1:1 `schema` is not a key at the top of a site."),
        (b"[1]", "DR108 s.yaml:1:1 The site must be a mapping, not a list."),
        (b"site: [", "DR102"),
        (b"site: 1\nx: \xff", "DR101 s.yaml:2:4 Byte 11 is not UTF-8."),
        (b"site: 1\nhosts: &a {b: *a }", "DR104"),
    ],
)
def test_what_is_no_site_is_told(raw, expected):
    (found,) = read_site(raw, "s.yaml").findings
    assert f"{found.code} {found.where} {found.message}".startswith(expected)


def test_all_is_told_at_once_in_reading_order():
    found = read_site(b"site: 1\nnamespace: A\nhosts: {a: {os: 5}}\nengine: x\n", "s.yaml").findings
    assert [each.where.line for each in found] == [2, 3, 4]


def test_near_names_are_offered():
    (found,) = read_site(given("storage: {clas: x}"), "s.yaml").findings
    assert found.hint == "Did you mean class?"


SWORDFISH = "hf_cAnArYoFtHeMiNecAnArYoFtHeMiNe00"
LITERAL = [
    ("secrets: {hf: %s}", "secrets.hf"),
    ("secrets: {hf: {value: %s}}", "secrets.hf.value"),
    ("secrets: {hf: {env: HF_TOKEN, token: %s}}", "secrets.hf.token"),
]
FORMED = [
    ("secrets: {hf: {env: %s}}", "secrets.hf.env"),
    ("namespace: %s", "namespace"),
    ("x-mine: [%s]", "x-mine[0]"),
    ("mirrors: {a: %s}", "mirrors.a"),
    ("secrets: {hf: {kubernetes: {name: %s, key: x}}}", "secrets.hf.kubernetes.name"),
    ("%s: 1", "***"),
    ("secrets: {%s: {env: A}}", "secrets.***"),
]


@pytest.mark.parametrize(("line", "place"), [*LITERAL, *FORMED])
@pytest.mark.parametrize("secret", [SWORDFISH, "sword-fish"])
def test_a_secret_in_plain_text_is_refused_and_not_shown(line, place, secret):
    if secret != SWORDFISH and (line, place) in FORMED:
        return  # nothing tells that it is one
    text = line.replace("%s", secret) + f"\n{secret}: again"
    reading = read_site(given(text), "s.yaml")
    assert reading.site is None
    found = [each for each in reading.findings if each.code == "DR112"]
    assert place in [dotted(each.where.path) for each in found]
    assert not any(secret in f"{each.message} {each.hint} {dotted(each.where.path)}" for each in reading.findings)


def test_a_site_shows_no_text_where_a_secret_might_stand():
    for line in (
        "secrets: {hf: {kubernetes: sword-fish}}",
        "secrets: {hf: {file: [sword-fish]}}",
        "secrets: sword-fish",
    ):
        assert "sword-fish" not in "".join(told(line))


# The schema


def test_the_committed_schema_is_what_the_model_gives():
    assert (ROOT / "schemas" / SITE_NAME).read_text(encoding="utf-8") == site_schema() == site_schema()


def test_it_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == SITE_NAME


@pytest.mark.parametrize(("section", "key"), PROPERTIES)
def test_every_key_is_described_has_examples_and_a_default_unless_it_is_needed(section, key):
    schema = SECTIONS[section]["properties"][key]
    assert schema["description"].endswith(".")
    assert schema["examples"]
    assert ("default" in schema) != (key in SECTIONS[section].get("required", []))


@pytest.mark.parametrize(("section", "key"), PROPERTIES)
def test_examples_are_values_that_schema_and_model_take(section, key):
    schema = SECTIONS[section]["properties"][key]
    validator = Draft202012Validator({"$defs": SCHEMA["$defs"], **schema})
    needed = {"site": 1, "name": "x", "key": "x"}
    base = {each: needed[each] for each in SECTIONS[section].get("required", [])}
    for value in schema["examples"]:
        validator.validate(value)
        (getattr(model, section, None) or getattr(host, section)).model_validate({**base, key: value})
    if "default" in schema:
        validator.validate(schema["default"])


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_is_described_and_closed_but_for_the_owners_own_keys(section):
    schema = SECTIONS[section]
    assert schema["description"]
    assert schema["additionalProperties"] is False
    assert schema["patternProperties"] == {"^x-": {}}


def test_a_site_has_no_key_of_a_recipe():
    """What is served is the recipe's alone."""
    recipe = json.loads((ROOT / "schemas" / "recipe.v1.json").read_text(encoding="utf-8"))
    assert not set(recipe["properties"]) & set(SCHEMA["properties"])
