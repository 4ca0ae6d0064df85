"""The release files: all of one shape, every fact with a source, and read as they are written."""

import json
from typing import Any

import pytest

from dynamo_recipes.support import data, releases
from dynamo_recipes.support.releases import Feature, Needs, release

VERSIONS = data.release_names()


def raw(version: str) -> Any:
    return json.loads((data.DATA / "releases" / f"{version}.json").read_text(encoding="utf-8"))


def test_the_releases_that_are_known():
    assert VERSIONS[0] == "main"
    assert VERSIONS[1:4] == ("1.6.2", "1.6.1", "1.6.0")
    assert VERSIONS[-3:] == ("0.7.1", "0.7.0.post1", "0.7.0")
    assert len(VERSIONS) == 28


@pytest.mark.parametrize("version", VERSIONS)
def test_a_release_file_is_about_the_release_it_is_named_after(version):
    facts = raw(version)
    assert facts["release"] == version
    for each in facts["engines"].values():
        for requirement in each["wheels"]["requirements"] if each["wheels"] else ():
            assert requirement.startswith(("ai-dynamo==", "ai-dynamo["))
            assert requirement.split("==")[1].startswith("1.7.0.dev" if version == "main" else version)


@pytest.mark.parametrize("version", VERSIONS)
def test_facts_that_belong_together_fit(version):
    facts = raw(version)
    modes = facts["router_modes"]
    assert modes is None or {"round-robin", "kv"} <= set(modes)
    for name, engine in facts["engines"].items():
        wheels = engine["wheels"]
        if wheels is None:
            continue
        assert "--no-build" in wheels["options"]
        blocked = {python for each in wheels["blocked"] for python in each["pythons"]}
        assert not blocked & set(wheels["pythons"]), (name, "a Python that is blocked does not resolve")
    if facts["capabilities"]["launch"]:
        assert facts["frontend"]["flags"]
        assert modes is not None


def test_later_releases_have_later_days():
    days = [day for version in VERSIONS if (day := raw(version)["date"]) and version not in ("main", "1.0.2")]
    assert days == sorted(days, reverse=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_engine_is_as_its_file_says(version):
    for name, written in raw(version)["engines"].items():
        engine, wheels = release(version).engine(name), written["wheels"]
        assert engine.version == written["version"]
        assert dict(engine.drivers or ()) == (written["drivers"] or {})
        assert (engine.wheels is None, engine.drivers is None) == (wheels is None, written["drivers"] is None)
        if engine.wheels and wheels:
            known = json.loads(
                json.dumps([engine.wheels._asdict(), [each._asdict() for each in engine.wheels.blocked]])
            )
            assert {**known[0], "blocked": known[1]} == {key: wheels[key] for key in known[0]}


@pytest.mark.parametrize("version", VERSIONS)
def test_images_are_those_of_the_file(version):
    written = raw(version)["images"]
    images = release(version).images
    known = None if images is None else json.loads(json.dumps([each._asdict() for each in images]))
    assert known == (written and [{key: each[key] for key in each if key != "note"} for each in written])


@pytest.mark.parametrize("version", VERSIONS)
def test_the_rest_is_as_the_file_says(version):
    facts, known = raw(version), release(version)
    assert (known.version, known.kind) == (version, facts["kind"])
    assert known.cluster._asdict() == facts["cluster"]
    assert (known.frontend_module, known.frontend_flags) == (facts["frontend"]["module"], facts["frontend"]["flags"])
    assert {name: known.can(name) for name in facts["capabilities"]} == {
        name: bool(has) for name, has in facts["capabilities"].items()
    }
    statuses = {name: {engine: each.status for engine, each in all_.items()} for name, all_ in known.features.items()}
    assert statuses == {
        name: {engine: each["status"] for engine, each in all_.items()} for name, all_ in facts["features"].items()
    }


def test_what_is_not_known_has_no_status():
    assert release("1.6.0").feature("lora", "vllm") == Feature(None)
    assert release("1.6.0").feature("teleport", "vllm") == Feature(None)
    assert release("1.6.2").engine("vllm").version is None
    assert release("1.6.0").engine("abacus").wheels is None


@pytest.mark.parametrize("version", VERSIONS)
def test_needs_are_those_of_the_file(version):
    for program, needs in raw(version)["needs"].items():
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


def test_a_capability_that_no_release_has_is_a_mistake_of_the_caller():
    with pytest.raises(KeyError):
        release("1.6.0").can("teleport")
    with pytest.raises(KeyError):
        release("1.6.0").frontend_flag("frontend.args")


@pytest.mark.parametrize("capability", sorted(raw("1.6.0")["capabilities"]))
def test_every_release_has_an_answer_for_every_capability(capability):
    assert all(capability in raw(version)["capabilities"] for version in VERSIONS)


def test_capabilities_of_some_releases():
    assert not release("1.4.2").can("response_plane")
    assert release("1.6.0").can("response_plane")
    assert not release("1.6.2").can("response_plane"), "not known is not able"
    assert [version for version in VERSIONS if release(version).can("hands_model_files_when_asked")] == [
        "1.3.1", "1.3.0", "1.2.1", "1.2.0",
    ]  # fmt: skip
    assert min(version for version in VERSIONS if release(version).can("launch")) == "1.0.2"
