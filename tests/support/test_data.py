"""The packaged data: readable, and in the order that the code relies on."""

import json

import pytest
from jsonschema import Draft202012Validator

from dynamo_recipes.support import data

FILES = sorted(data.DATA.rglob("*.json"))
ENGINES = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"pattern": "^[a-z]+$"},
    "additionalProperties": {
        "properties": {
            "title": {"type": "string", "minLength": 1},
            "module": {"type": "string", "pattern": r"^dynamo\.[a-z_.]+$"},
        },
        "required": ["title", "module"],
        "additionalProperties": False,
    },
}
GPUS = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"pattern": "^[a-z0-9]+(_[a-z0-9]+)*$"},
    "additionalProperties": {
        "properties": {
            "name": {"type": "string", "minLength": 1},
            "memory_gib": {"type": ["number", "null"], "exclusiveMinimum": 0},
            "compute_capability": {"type": "string", "pattern": r"^[0-9]+\.[0-9]$"},
            "sources": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "minItems": 1,
                "uniqueItems": True,
            },
        },
        "required": ["name", "memory_gib", "compute_capability", "sources"],
        "additionalProperties": False,
    },
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(data.DATA).as_posix())
def test_a_file_is_json_of_utf_8_with_each_key_once(file):
    def once(pairs):
        assert len({key for key, _ in pairs}) == len(pairs)
        return dict(pairs)

    text = file.read_bytes().decode("utf-8")
    assert text.endswith("\n")
    assert json.loads(text, object_pairs_hook=once)


@pytest.mark.parametrize(("name", "shape"), [("engines.json", ENGINES), ("gpus.json", GPUS)])
def test_a_table_has_one_shape(name, shape):
    Draft202012Validator(shape).validate(data.load(name))


def test_gpus_are_in_order_of_name():
    assert list(data.load("gpus.json")) == sorted(data.load("gpus.json"))


def test_a_file_is_read_once():
    assert data.load("gpus.json") is data.load("gpus.json")


def test_there_is_no_file_of_another_name():
    with pytest.raises(FileNotFoundError):
        data.load("releases/0.0.0.json")


def test_releases_are_those_that_have_a_file():
    assert set(data.release_names()) == {each.stem for each in (data.DATA / "releases").iterdir()}


@pytest.mark.parametrize(
    "newest_first",
    [
        ["1.6.0", "1.4.2"],
        ["1.10.0", "1.9.9", "1.9.0"],
        ["2.0.0", "1.10.10"],
        ["0.8.1.post1", "0.8.1", "0.8.0"],
        ["1.4.10", "1.4.9"],
    ],
)
def test_versions_sort_by_their_numbers(newest_first):
    assert sorted(sorted(newest_first), key=data._numbers, reverse=True) == newest_first


def test_the_newest_release_comes_first():
    names = data.release_names()
    assert list(names) == sorted(names, key=data._numbers, reverse=True)
    assert names.index("1.6.0") < names.index("1.4.2")
