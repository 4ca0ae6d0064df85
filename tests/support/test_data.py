"""The packaged data: of one shape, each fact with a source, small, and in the order that the code relies on."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dynamo_recipes.support import data

FILES = sorted(data.DATA.rglob("*.json"))
SCHEMA = json.loads((data.DATA / "data.schema.json").read_text(encoding="utf-8"))
# All but the schema itself, packaged models and the catalogues of flags, which are many and have tests of their own.
CATALOGUES = sorted((data.DATA / "flags").glob("*/*.json"))
FACTS = [
    each for each in FILES if each.name != "data.schema.json" and "models" not in each.parts and each not in CATALOGUES
]
RELEASES = [each for each in FACTS if each.parent.name == "releases"]


def read(file) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "file", [each for each in FILES if each not in CATALOGUES], ids=lambda file: file.relative_to(data.DATA).as_posix()
)
def test_a_file_is_json_of_utf_8_with_each_key_once(file):
    def once(pairs):
        assert len({key for key, _ in pairs}) == len(pairs)
        return dict(pairs)

    text = file.read_bytes().decode("utf-8")
    assert text.endswith("\n")
    assert json.loads(text, object_pairs_hook=once)


def shape_of(file) -> Draft202012Validator:
    name = "release" if file.parent.name == "releases" else file.stem
    assert name in SCHEMA["$defs"]
    return Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"})


@pytest.mark.parametrize("file", FACTS, ids=lambda file: file.relative_to(data.DATA).as_posix())
def test_a_file_has_the_shape_of_its_kind(file):
    shape_of(file).validate(read(file))


@pytest.mark.parametrize("file", FACTS, ids=lambda file: file.relative_to(data.DATA).as_posix())
def test_the_shape_is_closed(file):
    facts = read(file)
    if isinstance(facts, list):
        facts[0]["more"] = 1
        assert not shape_of(file).is_valid(facts)
        return
    first = next(iter(facts))
    if isinstance(facts[first], dict):
        facts[first]["more"] = 1
    facts["More than that"] = 1
    assert not shape_of(file).is_valid(facts)


def test_the_shape_is_closed_all_the_way_down():
    def objects(part: Any) -> Iterator[Any]:
        if isinstance(part, dict):
            if "object" in (part.get("type") or ()):
                yield part
            part = list(part.values())
        if isinstance(part, list):
            for each in part:
                yield from objects(each)

    found = list(objects(SCHEMA["$defs"]))
    assert len(found) > 30
    assert all(isinstance(each["additionalProperties"], dict) or not each["additionalProperties"] for each in found)


def test_no_fact_of_a_release_may_be_left_out_nor_its_source():
    facts = SCHEMA["$defs"]["release"]
    from_where = facts["properties"]["sources"]
    assert set(facts["required"]) == set(facts["properties"])
    assert set(from_where["required"]) == set(facts["properties"]) - {"release", "kind", "sources"}
    assert all(each["minItems"] == 1 for each in from_where["properties"].values())


def test_the_shape_is_for_tests_alone():
    """Reading it would cost every command some milliseconds."""
    code = [each.read_text(encoding="utf-8") for each in data.DATA.parent.rglob("*.py")]
    assert len(code) > 50
    assert not any("data.schema" in each for each in code)


def test_each_key_of_the_shape_says_what_it_is():
    def described(part: Any) -> Iterator[Any]:
        for each in part.get("properties", {}).values():
            yield each
            yield from described(each)
        for key in ("items", "additionalProperties"):
            if isinstance(part.get(key), dict):
                yield from described(part[key])

    parts = [each for definition in SCHEMA["$defs"].values() for each in described(definition)]
    assert len(parts) > 100
    assert [each for each in parts if "description" not in each and "enum" not in each] == []


def sources(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "sources":
                for ids in value.values() if isinstance(value, dict) else [value]:
                    yield from ids
            else:
                yield from sources(value)
    elif isinstance(part, list):
        for each in part:
            yield from sources(each)


def test_every_source_is_known_and_used():
    used = {
        each for file in FILES if file.name not in ("sources.json", "data.schema.json") for each in sources(read(file))
    }
    assert used == set(data.load("sources.json"))


def test_caveats_of_releases_are_known_and_all_are_used():
    used = {each for version in data.release_names() for each in data.load(f"releases/{version}.json")["caveats"]}
    assert used == set(data.load("caveats.json"))
    assert set(data.load("broken.json")) <= used


def test_engines_and_gpus_that_are_named_are_known():
    engines, gpus = data.load("engines.json"), set(data.load("gpus.json"))
    for version in data.release_names():
        facts = data.load(f"releases/{version}.json")
        assert set(facts["engines"]) == set(engines)
        assert all(set(each) <= set(engines) for each in facts["features"].values())
    assert all(set(each["products"] or ()) <= gpus for each in engines.values())


def test_images_are_those_of_a_known_engine_or_of_none():
    """An engine's images end in -runtime; the others are parts of Dynamo itself."""
    known = {each for engine in data.load("engines.json").values() for each in engine["images"]}
    there = {each["repository"] for file in RELEASES for each in read(file)["images"] or ()}
    assert {each for each in there if each.endswith("-runtime")} <= known
    assert known <= there


def test_the_data_is_small():
    assert max(each.stat().st_size for each in RELEASES) < 16 << 10
    assert sum(each.stat().st_size for each in FACTS) < 450 << 10


def test_a_file_is_read_once():
    assert data.load("engines.json") is data.load("engines.json")


ORDER = ["main", "2.0.0", "1.10.0", "1.9.1", "1.9.0.post1", "1.9.0", "0.8.1.post3", "0.8.1.post1", "0.8.1", "0.8.0"]


@pytest.mark.parametrize(("newer", "older"), list(pairwise(ORDER)))
def test_the_order_of_releases(newer, older):
    assert data.is_newer(newer, older)
    assert not data.is_newer(older, newer)
    assert not data.is_newer(newer, newer)


def test_the_newest_release_comes_first():
    names = data.release_names()
    assert set(names) == {each.stem for each in (data.DATA / "releases").iterdir()}
    assert all(data.is_newer(one, other) for one, other in pairwise(names))


def test_gpus_are_in_order_of_name():
    assert list(data.load("gpus.json")) == sorted(data.load("gpus.json"))


def test_there_is_no_file_of_another_name():
    with pytest.raises(FileNotFoundError):
        data.load("releases/0.0.0.json")
