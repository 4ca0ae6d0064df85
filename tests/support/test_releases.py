"""The release files: all of one shape, every fact with a source, and read as they are written."""

import json
from datetime import date
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from packaging.version import Version

from dynamo_recipes.support import data, releases
from dynamo_recipes.support.releases import Needs, release

VERSIONS = data.release_names()

TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True}
SHORT_VERSION = {"type": "string", "pattern": r"^[0-9]+\.[0-9]+$"}
SOURCE = {"anyOf": [TEXT, TEXTS]}


def section(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


FACTS = {
    "date": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
    "python": section(minimum=SHORT_VERSION, below=SHORT_VERSION),
    "platform": section(os=TEXTS, arch=TEXTS, glibc=SHORT_VERSION),
    "wheels": section(requirements=TEXTS, options=TEXTS, disk_mib={"type": "integer", "minimum": 1}),
    "engines": {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"enum": list(data.load("engines.json"))},
        "additionalProperties": section(version=TEXT),
    },
    "capabilities": section(response_plane={"type": "boolean"}),
    "router_modes": {"type": "array", "items": {"pattern": "^[a-z]+(-[a-z]+)*$"}, "minItems": 1, "uniqueItems": True},
    "frontend": section(
        module={"type": "string", "pattern": r"^dynamo\.[a-z_.]+$"},
        flags=section(
            **{
                f"frontend.{field}": {"type": "string", "pattern": "^--[a-z-]+$"}
                for field in ("host", "port", "router.mode", "router.events")
            }
        ),
    ),
    "needs": {
        "type": "object",
        "required": ["frontend"],
        "propertyNames": {"enum": ["frontend", *data.load("engines.json")]},
        "additionalProperties": section(
            memory_mib={"type": ["integer", "null"], "minimum": 1},
            headers={"type": ["boolean", "null"]},
            libraries={
                "type": ["object", "null"],
                "propertyNames": {"pattern": r"^lib[^/ ]+\.so(\.[0-9]+)*$"},
                "additionalProperties": {"type": ["string", "null"], "minLength": 1},
            },
        ),
    },
}
SHAPE = section(release=TEXT, **FACTS, sources=section(**dict.fromkeys(FACTS, SOURCE)))


def raw(version: str) -> Any:
    return json.loads((data.DATA / "releases" / f"{version}.json").read_text(encoding="utf-8"))


def test_there_are_releases():
    assert VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_a_release_file_has_every_fact_a_source_for_each_and_nothing_else(version):
    Draft202012Validator(SHAPE).validate(raw(version))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_release_file_is_about_the_release_it_is_named_after(version):
    facts = raw(version)
    assert facts["release"] == version
    assert f"ai-dynamo=={version}" in facts["wheels"]["requirements"]
    assert date.fromisoformat(facts["date"])


@pytest.mark.parametrize("version", VERSIONS)
def test_facts_that_belong_together_fit(version):
    facts = raw(version)
    assert Version(facts["python"]["minimum"]) < Version(facts["python"]["below"])
    assert "--no-build" in facts["wheels"]["options"]
    assert {"round-robin", "kv"} <= set(facts["router_modes"])
    assert set(facts["needs"]) == {"frontend", *facts["engines"]}


def test_later_releases_have_later_days():
    days = [raw(version)["date"] for version in VERSIONS]
    assert days == sorted(days, reverse=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_release_says_what_its_file_says(version):
    facts, known = raw(version), release(version)
    assert known.version == version
    assert known.wheels == (
        tuple(facts["wheels"]["requirements"]),
        tuple(facts["wheels"]["options"]),
        facts["python"]["minimum"],
        facts["python"]["below"],
        facts["wheels"]["disk_mib"],
    )
    platform = facts["platform"]
    assert known.platform == (tuple(platform["os"]), tuple(platform["arch"]), platform["glibc"])
    assert dict(known.engines) == {name: each["version"] for name, each in facts["engines"].items()}
    assert known.router_modes == tuple(mode.replace("-", "_") for mode in facts["router_modes"])
    assert known.frontend_module == facts["frontend"]["module"]
    for field, flag in facts["frontend"]["flags"].items():
        assert known.frontend_flag(field) == flag
    for name, has in facts["capabilities"].items():
        assert known.can(name) == has


@pytest.mark.parametrize("version", VERSIONS)
def test_needs_are_those_of_the_file(version):
    facts = raw(version)["needs"]
    for program, needs in facts.items():
        known = release(version).needs_of(program)
        assert (known.memory_mib, known.headers) == (needs["memory_mib"], bool(needs["headers"]))
        assert dict(known.libraries) == (needs["libraries"] or {})


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ({"memory_mib": None, "headers": None, "libraries": None}, Needs()),
        ({"memory_mib": 9, "headers": True, "libraries": {}}, Needs(9, True)),
        (
            {"memory_mib": 1, "headers": False, "libraries": {"libz.so.1": None, "liba.so": "liba1"}},
            Needs(1, False, (("liba.so", "liba1"), ("libz.so.1", None))),
        ),
    ],
)
def test_what_nobody_knows_is_not_needed(written, known):
    assert releases._needs(written) == known


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_release_is_not_known_to_do_it_cannot(version):
    assert not release(version).can("teleport")
    with pytest.raises(KeyError):
        release(version).frontend_flag("frontend.args")


def test_the_response_plane_can_be_chosen_from_1_6_on():
    assert {version: release(version).can("response_plane") for version in ("1.4.2", "1.6.0")} == {
        "1.4.2": False,
        "1.6.0": True,
    }
