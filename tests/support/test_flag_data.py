"""The tables about flags that no parser tells: renames, refusals, flags of the tool, flags of other servers."""

import itertools
import json
from pathlib import Path

import pytest

from dynamo_recipes.support import data
from dynamo_recipes.support.catalogue.check import together
from dynamo_recipes.support.catalogue.model import catalogue, versions
from dynamo_recipes.support.catalogue.programs import of_engine

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "recipe.v1.json").read_text(encoding="utf-8"))
TABLES = {name: data.load(f"flags/{name}.json") for name in ("renames", "refused", "serve", "owned")}
ENGINES = {"dynamo.vllm": "vllm", "dynamo.sglang": "sglang"}


def spellings(component, version):
    """Return every spelling that a component has in a version."""
    found = catalogue(component, version)
    changed = [name for each in found.engine.get("flags", []) for name in each["names"]]
    return {*changed, *(name for parser in found.parsers for name in parser.spellings)}


def ever(component):
    """Return every spelling that a component, or its engine, has had in some version."""
    parts = [component, ENGINES[component]] if component in ENGINES else [component]
    return set().union(*(spellings(part, version) for part in parts for version in versions(part)))


def has_key(path, node=SCHEMA):
    """Tell whether the schema of recipes has a dotted key; `<name>` stands for any."""
    if "$ref" in node:
        return has_key(path, SCHEMA["$defs"][node["$ref"].rpartition("/")[2]])
    if not path:
        return True
    first, *rest = path
    below = [node.get("properties", {}).get(first)]
    if first == "<name>":
        below = [node.get("additionalProperties"), *node.get("patternProperties", {}).values()]
    found = any(isinstance(each, dict) and each and has_key(rest, each) for each in below)
    return found or any(has_key(path, each) for each in node.get("anyOf", []))


@pytest.mark.parametrize("field", ["kv.nothing", "workers.role", "frontend.router.mode.more"])
def test_the_search_for_keys_finds_no_others(field):
    assert not has_key(field.split("."))


FIELDS = sorted({row["field"] for table in TABLES["owned"].values() for row in table.values() if "field" in row})


@pytest.mark.parametrize("field", FIELDS)
def test_the_keys_that_we_name_are_in_the_schema(field):
    assert has_key(field.split("."))


@pytest.mark.parametrize("component", sorted(TABLES["owned"]))
def test_a_flag_of_the_tool_has_a_key_or_a_reason_and_exists(component):
    known = ever(component)
    for flag, row in TABLES["owned"][component].items():
        assert ("field" in row) != ("because" in row), flag
        assert set(row) <= {"field", "because", "values", "says", "takes", "dashes"}, flag
        assert flag in known or flag == "--store-kv", flag


REWRITTEN = {"--publish-events-and-metrics"}  # the last releases replace it before their parser sees it
ROWS = [(component, row) for row in TABLES["renames"] for component in row["components"]]


@pytest.mark.parametrize(("component", "row"), ROWS, ids=lambda each: each if isinstance(each, str) else each["flag"])
def test_a_renamed_flag_was_there_and_is_gone(component, row):
    assert set(row) <= {"components", "flag", "flags", "value", "now", "recipe", "gone_before", "source"}
    assert "flags" in row or row["now"]
    assert set(row.get("flags", [])) <= ever(component)
    having = [row["flag"] in spellings(component, version) for version in versions(component)]
    assert any(having) != ("gone_before" in row)
    assert not all(having) or row["flag"] in REWRITTEN


def test_each_flag_that_disappears_has_a_row():
    rows = {(component, row["flag"]) for row in TABLES["renames"] for component in row["components"]}
    missing = [
        (component, newer, flag)
        for component in sorted({each.parent.name for each in (data.DATA / "flags").glob("*/[0-9]*.json")})
        for older, newer in itertools.pairwise(versions(component))
        for flag in sorted(spellings(component, older) - spellings(component, newer))
        if (component, flag) not in rows and f"--{flag.removeprefix('--no-')}" not in spellings(component, newer)
        if (component, f"--{flag.removeprefix('--no-')}") not in rows
    ]
    assert missing == []


@pytest.mark.parametrize("row", TABLES["refused"], ids=lambda row: f"{row['component']}{row['flag']}")
def test_a_refused_flag_is_one_that_the_parsers_take_in_those_releases(row):
    assert set(row) <= {"component", "flag", "only", "most", "not_with", "needs", "since", "until", "now", "source"}
    component, engine = row["component"], ENGINES.get(row["component"])
    order = versions(component)
    first, last = (order.index(row.get(key, end)) for key, end in (("since", order[0]), ("until", order[-1])))
    known = set().union(*(spellings(engine, each) for each in versions(engine))) if engine else set()
    for version in order[first : last + 1]:
        there = spellings(component, version) | known
        for flag in (row["flag"], row.get("not_with"), row.get("needs")):
            assert flag in there or flag in (None, "--trtllm."), (version, flag)


def test_the_engines_own_servers_have_flags_that_our_workers_do_not_take():
    for engine, table in TABLES["serve"].items():
        newest = spellings(engine, versions(engine)[-1])
        # vLLM 0.31 has --log-config-file for all its programs.
        assert {flag for flag in table if flag in newest} <= {"--log-config-file"}
        assert all(flag.startswith("--") and now != "" for flag, now in table.items())


def test_the_keys_of_tensorrt_llm_are_sorted_and_dotted():
    for path in sorted((data.DATA / "flags" / "tensorrt_llm").glob("*.json")):
        keys = [each["key"] for each in json.loads(path.read_text(encoding="utf-8"))["keys"]]
        assert keys == sorted(set(keys))
        assert all(key.replace(".", "").replace("_", "").isalnum() for key in keys)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_one_entry_a_line(name):
    text = (data.DATA / "flags" / f"{name}.json").read_text(encoding="utf-8")
    entries = TABLES[name] if isinstance(TABLES[name], list) else [flag for t in TABLES[name].values() for flag in t]
    frame = 2 if isinstance(TABLES[name], list) else 2 + 2 * len(TABLES[name])
    assert len(text.splitlines()) == len(entries) + frame


def test_each_row_names_its_source():
    rows = [*TABLES["renames"], *TABLES["refused"]]
    assert all(any(char.isdigit() for char in row["source"]) for row in rows)


TOGETHER = [
    ("sglang", "1.2.1", "0.5.11", {"dyn-reasoning-parser": "a", "reasoning-parser": "b"}, 1),  # the last to refuse it
    ("sglang", "1.3.0", "0.5.14", {"dyn-reasoning-parser": "a", "reasoning-parser": "b"}, 0),
    ("sglang", "1.6.1", "0.5.21", {"dyn-tool-call-parser": "a", "tool-call-parser": "b"}, 1),
    ("vllm", "1.4.2", "0.26.0", {"classify-worker": True, "enable-lora": True}, 0),
    ("vllm", "1.5.0", "0.28.0", {"classify-worker": True, "enable-lora": True}, 1),  # the first to refuse it
    ("vllm", "1.5.0", "0.28.0", {"classify-worker": True, "enable-lora": False}, 0),
    ("vllm", "1.5.0", "0.28.0", {"no-classify-worker": True, "enable-lora": True}, 0),
    ("vllm", "1.5.0", "0.28.0", {"classify-worker": None, "enable-lora": True}, 0),
    ("vllm", "1.6.1", "0.31.0", {"custom-encoder-class": "a.b"}, 1),
    ("vllm", "1.6.1", "0.31.0", {"custom-encoder-class": "a.b", "enable-multimodal": False}, 1),
    ("vllm", "1.6.1", "0.31.0", {"custom-encoder-class": "a.b", "enable-multimodal": True}, 0),
]


@pytest.mark.parametrize(("engine", "release", "version", "args", "count"), TOGETHER)
def test_flags_that_do_not_go_together_in_a_release(engine, release, version, args, count):
    program = of_engine(engine, release, version)
    found = [each.code for each in together((((), args),), program)]
    assert found == ["DR310"] * count


def test_a_later_section_takes_a_flag_away():
    program = of_engine("vllm", "1.5.0", "0.28.0")
    first = {"classify-worker": True, "enable-lora": True}
    for off in (False, None):
        assert not list(together((((), first), ((), {"enable-lora": off})), program))
