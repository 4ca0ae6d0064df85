"""What changed between two versions."""

import pytest

from dynamo_recipes.support import data
from dynamo_recipes.support.catalogue import model
from dynamo_recipes.support.catalogue.changes import between
from dynamo_recipes.support.catalogue.model import versions

OLD = [
    {"names": ["--gone"]},
    {"names": ["--long-name"], "default": 1, "type": "int"},
    {"names": ["--mode"], "choices": ["a", "b"]},
    {"names": ["--same"], "values": 0},
    {"names": ["--old"], "env": "DYN_OLD"},
    {"names": ["--replaced"]},
]
NEW = [
    {"names": ["--short-name", "--long-name"], "default": 2, "type": "float"},
    {"names": ["--mode"], "choices": ["b", "c"]},
    {"names": ["--same"], "values": 0, "deprecated": True},
    {"names": ["--fresh"]},
    {"names": ["--old"], "off": ["--no-old"], "values": 0, "env": "DYN_OLDER"},
    {"names": ["--other"], "choices": ["x"]},
]


@pytest.fixture
def two(monkeypatch):
    real = data.load

    def load(name):
        if name == "flags/renames.json":
            return [{"components": ["toy"], "flag": "--replaced", "flags": ["--other"], "value": "x", "source": "s"}]
        if name.startswith("flags/toy/"):
            return {"from": ["toy"], "parsers": [{"name": "toy", "flags": OLD if "1.json" in name else NEW}]}
        return real(name)

    monkeypatch.setattr(data, "load", load)
    monkeypatch.setattr(data, "versions_in", lambda folder: ("1", "2"))
    for each in (model.catalogue, model.versions):
        each.cache_clear()
    yield
    for each in (model.catalogue, model.versions):
        each.cache_clear()


def test_each_kind_of_change(two):
    assert list(between("toy", "1", "2").lines()) == [
        "added      --fresh",
        "added      --other",
        "removed    --gone",
        "renamed    --long-name -> --short-name (the old name still works)",
        "renamed    --replaced -> --other x",
        '''changed    --short-name: type: "int" -> "float"''',
        "changed    --short-name: default: 1 -> 2",
        "changed    --mode: choices: +c -a",
        "changed    --old: takes: 1 -> 0",
        '''changed    --old: variable: "DYN_OLD" -> "DYN_OLDER"''',
        "changed    --old: negation: +--no-old",
        "deprecated --same",
    ]


def test_backwards_is_the_opposite(two):
    found = between("toy", "2", "1")
    assert found.removed == ("--fresh", "--other")
    assert "--gone" in found.added


def test_nothing_changed(two):
    assert list(between("toy", "1", "1").lines()) == []


def test_a_version_without_a_catalogue(two):
    with pytest.raises(KeyError):
        between("toy", "1", "3")


def test_no_version_of_the_real_catalogues_is_left_out():
    for component in data.folders_in("flags"):
        if component != "tensorrt_llm":
            for one, other in zip(versions(component), versions(component)[1:], strict=False):
                assert between(component, one, other).old == one
