"""What every engine of the table must keep to, and a toy engine that shows that a new one needs nothing else."""

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from dynamo_recipes import engines, targets
from dynamo_recipes.app import plan as app_plan
from dynamo_recipes.app import render as app_render
from dynamo_recipes.app.validate import validate
from dynamo_recipes.findings import errors_of
from dynamo_recipes.plan.model import (
    Arg,
    LeaderOf,
    Member,
    ModelDir,
    OwnPort,
    Port,
    Probe,
    Program,
    Rank,
    Text,
    Tree,
    arg,
    env,
    text,
)
from dynamo_recipes.recipe.fields import ROLES
from dynamo_recipes.recipe.read import read
from dynamo_recipes.support import data
from dynamo_recipes.support.catalogue.chain import chain
from dynamo_recipes.support.catalogue.model import catalogue, versions
from dynamo_recipes.support.catalogue.owned import owned
from dynamo_recipes.support.facts import UNKNOWN
from dynamo_recipes.support.releases import release
from dynamo_recipes.support.resolve import resolve
from dynamo_recipes.support.spelling import canonical
from dynamo_recipes.support.target import KUBERNETES

GONE = {"store-kv"}  # gone before the first release that we launch, and still written

# Every field that an engine reads is set in one of them.
RECIPES = {
    "least": "workers: {w: {role: ROLE}}",
    "most": "workers: {w: {role: ROLE, replicas: 2, max_requests: 64, parallel: {tensor: 2, data: 4}}}\n"
    "kv: {block_size: 64, dtype: fp8}\n",
    "bf16": "workers: {w: {role: ROLE, parallel: {pipeline: 2, context: 2}}}\nkv: {dtype: bf16}\n",
}
LAUNCHED = [each for each in data.release_names() if release(each).can("launch")]
# What a recipe of `RECIPES` asks for and a release cannot do is refused by a rule, so no engine is asked for it.
LIMITED = {each: release(each).feature("max_length", "mocker").status == "yes" for each in LAUNCHED}
CASES = [
    pytest.param(name, version, role, rest, id=f"{name}-{version}-{role}-{title}")
    for name in engines.ENGINES
    for version in LAUNCHED
    for role in sorted(engines.load(name).ROLES)
    for title, rest in RECIPES.items()
]


def known_flags(program: str, version: str) -> set[str]:
    """Return the flags that a program of some version has, from its catalogue."""
    found = catalogue(f"dynamo.{program}", version)
    return {name for parser in found.parsers for name in parser.spellings}


def owned_flags(program: str) -> set[str]:
    return set(owned((f"dynamo.{program}",)))


def members_of(name: str, version: str, role: str, rest: str) -> tuple[tuple[Member, ...], str]:
    """Return the members that an engine makes for a role, and the engine's version."""
    limit = ", max_length: 4096" if LIMITED[version] else ""
    head = f"schema: 1\nmodel: {{id: a/b, served_name: c{limit}}}\nengine: {name}\ndynamo: '{version}'\n"
    recipe = read((head + rest.replace("ROLE", role)).encode(), "x.yaml").recipe
    # In an environment that is given and a cluster that brings what it needs, every release is allowed.
    answer = resolve(recipe, UNKNOWN._replace(environment=True), KUBERNETES._replace(path="wheels"))
    assert not errors_of(answer.findings)
    made = engines.load(name).members(recipe.workers["w"], role, recipe, answer.resolution)
    return made, answer.resolution.release.version


def flags_of(member: Member) -> list[str]:
    """Return the flags of a member: what the engine may emit besides the program."""
    words = [each.words[0] for each in member.argv[1:]]
    assert all(isinstance(word, Text) for word in words)
    return [word.parts[0] for word in words]


def parts_of(value) -> list:
    """Return all parts of a value, those in a tree included."""
    if isinstance(value, Text):
        return list(value.parts)
    if isinstance(value, Tree):
        return parts_of(value.root)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    return [part for each in inner for part in parts_of(each)]


@pytest.mark.parametrize("name", engines.ENGINES)
def test_a_module_is_what_the_protocol_says(name):
    engine = engines.load(name)
    assert name == engine.NAME
    assert engine.ROLES
    assert set(engine.ROLES) <= set(ROLES)
    assert isinstance(engine.VIRTUAL_GPUS, bool)
    assert callable(engine.members)
    assert callable(engine.check)
    assert callable(engine.check_recipe)


def test_table_and_data_name_the_same_engines():
    known = data.load("engines.json")
    assert set(engines.ENGINES) <= set(known)
    assert all(set(release(version).engines) == set(known) for version in data.release_names())


@pytest.mark.parametrize(("name", "version", "role", "rest"), CASES)
def test_every_flag_that_an_engine_emits_is_one_that_this_version_has(name, version, role, rest):
    members, engine_version = members_of(name, version, role, rest)
    known = known_flags(name, engine_version)
    for member in members:
        flags = flags_of(member)
        assert set(flags) <= known
        assert len(flags) == len(set(flags))


@pytest.mark.parametrize(("name", "version", "role", "rest"), CASES)
def test_every_flag_that_an_engine_emits_is_kept_from_the_author(name, version, role, rest):
    members, _ = members_of(name, version, role, rest)
    ours = owned_flags(name)
    for flag in (flag for member in members for flag in flags_of(member)):
        assert canonical(flag) in ours or canonical(flag).removeprefix("no-") in ours


@pytest.mark.parametrize(("name", "version", "role", "rest"), CASES)
def test_members_fit_together(name, version, role, rest):
    members, _ = members_of(name, version, role, rest)
    first = {port.name for port in members[0].ports}
    for member in members:
        ports = [port.name for port in member.ports]
        parts = [part for each in member.argv for word in each.words for part in parts_of(word)]
        parts += [part for each in member.env for part in parts_of(each.value)]
        assert isinstance(member.argv[0].words[0].parts[0], Program)
        assert len(ports) == len(set(ports))
        assert member.ready is None or member.ready.port in ports
        assert {part.name for part in parts if isinstance(part, OwnPort)} <= set(ports)
        assert {part.port for part in parts if isinstance(part, LeaderOf) and part.port} <= first
        assert member.per_group % member.nodes == 0
        assert all(each.because and each.by == "engine" for each in (*member.argv[1:], *member.env))
    recipe = read(f"schema: 1\nmodel: m\nengine: {name}\n{rest.replace('ROLE', role)}".encode(), "x.yaml").recipe
    assert sum(each.gpus * each.per_group for each in members) == recipe.workers["w"].parallel.gpus


@pytest.mark.parametrize("version", LAUNCHED)
def test_the_mockers_length_is_limited_where_there_is_a_flag_for_it_and_else_refused(version):
    """What a release file says of `max_length` is what the list of flags says."""
    assert LIMITED[version] == ("--max-model-len" in known_flags("mocker", version))
    head = f"schema: 1\nmodel: {{id: a/b, max_length: 4096}}\nengine: mocker\ndynamo: '{version}'\n"
    recipe = read(head.encode(), "x.yaml").recipe
    answer = resolve(recipe, UNKNOWN._replace(environment=True), KUBERNETES._replace(path="wheels"))
    refused = [(each.code, each.where.path) for each in errors_of(answer.findings)]
    assert refused == ([] if LIMITED[version] else [("DR205", ("model", "max_length")), ("DR208", ("dynamo",))])


@pytest.mark.parametrize("name", engines.ENGINES)
def test_every_flag_that_an_engine_keeps_for_itself_exists_in_some_version(name):
    known = {canonical(flag) for version in LAUNCHED for flag in known_flags(name, version)}
    assert owned_flags(name) - known <= GONE


@pytest.mark.parametrize("version", LAUNCHED)
def test_the_frontends_flags_exist_and_are_kept_from_the_author(version):
    set_by_us = set(release(version).frontend_flags.values())
    assert set_by_us <= known_flags("frontend", version)
    assert {canonical(each) for each in set_by_us} <= owned_flags("frontend")


# --- A toy engine: one module and its data, nothing else ----------------------------------------------------------

HEAD = "schema: 1\nname: toy\nmodel: {path: ., served_name: m}\nengine: {name: toy, args: {x-y: 'a b'}}\n"
GROUP = f"{HEAD}hardware: {{gpus_per_node: 4, nodes: 3}}\nworkers: {{aggregated: {{parallel: {{tensor: 12}}}}}}\n"
RANKS = f"{HEAD}workers: {{prefill: {{parallel: {{data: 4}}}}, decode: {{}}}}\n"


def toy_members(worker, role, recipe, resolution):
    """Return one process for each data-parallel rank, or a leader and followers when a group is wider than a node."""
    program = Arg((text(Program("python")), text("-m"), text(resolution.engine_module)), "engine")
    events = Tree({"endpoint": text("tcp://*:", OwnPort("events")), "leader": text(LeaderOf(), ":", LeaderOf("dist"))})
    common = (program, arg("--model", ModelDir()), arg("--rank", Rank()), arg("--events", events))
    ports = (Port("system", highest=32767), Port("events"), Port("dist", span=7))
    ready = Probe("system", "/health")
    if worker.parallel.data > 1:
        return (Member("rank", common, ports=ports, ready=ready, per_group=worker.parallel.data, gpus=1),)
    wide = worker.parallel.tensor > 4
    leader = Member("leader", common, (env("LEAD", "1"),), ports, ready, gpus=4 if wide else worker.parallel.tensor)
    follower = Member("follower", (*common, arg("--headless")), ports=ports[:2], gpus=4, nodes=2, per_group=2)
    return (leader, follower) if wide else (leader,)


@pytest.fixture
def toy(monkeypatch):
    """Put a toy engine into the table and into the data of 1.6.0, as a new module and its data would."""
    module = ModuleType("dynamo_recipes.engines.toy")
    module.NAME = "toy"
    module.ROLES = frozenset({"aggregated", "prefill", "decode"})
    module.VIRTUAL_GPUS = False
    module.members = toy_members
    module.check = lambda worker, role, recipe: ()
    module.check_recipe = lambda recipe: ()
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(engines.ENGINES, "toy", module.__name__)
    real = data.load

    def load(name):
        if name == "flags/dynamo.toy/1.6.0.json":
            return {
                "from": ["toy 9.9"],
                "parsers": [{"name": "toy", "flags": [{"names": ["--x-y"]}, {"names": ["--rank"]}]}],
            }
        found = real(name)
        if name == "engines.json":
            return found | {"toy": {**found["mocker"], "title": "A toy", "module": "dynamo.toy"}}
        if name == "flags/owned.json":
            return found | {"dynamo.toy": {"--rank": {"because": "each process has its own"}}}
        if name == "releases/1.6.0.json":
            return found | {"engines": found["engines"] | {"toy": {**found["engines"]["mocker"], "version": "9.9"}}}
        return found

    there = data.versions_in
    monkeypatch.setattr(data, "load", load)
    monkeypatch.setattr(data, "versions_in", lambda name: ("1.6.0",) if name == "flags/dynamo.toy" else there(name))
    for each in (release, catalogue, versions, chain):
        each.cache_clear()
    yield
    for each in (release, catalogue, versions, chain):
        each.cache_clear()


def written(folder: Path, raw: str) -> str:
    path = folder / "toy.yaml"
    path.write_text(raw, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("raw", [GROUP, RANKS])
def test_a_toy_engine_is_valid_and_its_own_rules_hold(toy, tmp_path, raw):
    assert [each.findings for each in validate([written(tmp_path, raw)])] == [()]
    for wrong, code in (("rank", "DR301"), ("x-z", "DR304"), ("x-y: {}, x_y", "DR115")):
        text_ = raw.replace("x-y", wrong)
        assert [found.code for each in validate([written(tmp_path, text_)]) for found in each.findings] == [code]


def test_an_engine_that_the_release_does_not_have_is_refused(toy, tmp_path):
    found = [each for done in validate([written(tmp_path, RANKS + "dynamo: '1.4.2'\n")]) for each in done.findings]
    assert [(each.code, each.message) for each in errors_of(found)] == [
        ("DR205", "Dynamo 1.4.2 has no engine `toy`."),
        ("DR208", "Dynamo 1.4.2 does not fit on the target local."),
    ]


def planned_data(folder: Path, raw: str) -> dict:
    result = app_plan.plan(written(folder, raw))
    text_, mermaid = app_plan.shown(result, "text"), app_plan.shown(result, "mermaid")
    assert "dynamo.toy" in text_
    assert mermaid.startswith("flowchart LR")
    return json.loads(app_plan.shown(result, "json"))


def test_a_toy_group_over_three_nodes_reaches_the_plan(toy, tmp_path):
    found = planned_data(tmp_path, GROUP)
    group = found["instances"][1:]
    assert [(each["name"], each["member"], each["rank"], each["node"], each["devices"]) for each in group] == [
        ("aggregated-0", "leader", 0, 0, [0, 1, 2, 3]),
        ("aggregated-0-r1", "follower", 1, 1, [0, 1, 2, 3]),
        ("aggregated-0-r2", "follower", 2, 2, [0, 1, 2, 3]),
    ]
    assert found["virtual_gpus"] is False
    assert "toy 9.9" in [each["value"] for each in found["choices"]]


def test_four_toy_ranks_reach_the_plan(toy, tmp_path):
    group = planned_data(tmp_path, RANKS)["instances"][1:5]
    assert [(each["name"], each["rank"], each["node"], each["devices"]) for each in group] == [
        ("prefill-0", 0, 0, [0]),
        ("prefill-0-r1", 1, 0, [1]),
        ("prefill-0-r2", 2, 0, [2]),
        ("prefill-0-r3", 3, 0, [3]),
    ]
    assert len({each["ports"]["dist"] for each in group}) == 4


@pytest.mark.parametrize("target", targets.TARGETS)
@pytest.mark.parametrize(("raw", "processes"), [(GROUP, 3), (RANKS, 5)])
def test_a_toy_engine_reaches_every_render(toy, tmp_path, target, raw, processes):
    files = app_render.render(written(tmp_path, raw), target, str(tmp_path))
    whole = "".join(each.text for each in files)
    assert whole.count("dynamo.toy") == processes
    assert whole.count("--events") == processes
    assert "--headless" in whole or raw == RANKS
