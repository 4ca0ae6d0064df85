"""From symbolic parts to words and environment, on plans built by hand as an engine with several members would."""

import json

import pytest

from dynamo_recipes.plan.bind import Named, Places, ProcessSpec, Secret, bind, joined, plain, variables
from dynamo_recipes.plan.layout import lay_out
from dynamo_recipes.plan.model import (
    Address,
    Arg,
    Component,
    FileRef,
    Install,
    LeaderOf,
    Member,
    ModelDir,
    OwnPort,
    Plan,
    Port,
    Probe,
    Program,
    Rank,
    RunDir,
    SecretRef,
    Service,
    Source,
    Text,
    Tree,
    arg,
    env,
    text,
)
from dynamo_recipes.plan.place import Inventory

PLACES = Places("/env/bin/python", "/run/x", "/models/m")


def program(module: str) -> Arg:
    return Arg((text(Program("python")), text("-m"), text(module)), "engine")


FRONTEND = Component(
    "frontend",
    "frontend",
    (
        Member(
            "frontend",
            (program("toy.frontend"), arg("--port", OwnPort("http"))),
            ports=(Port("http", fixed=8000),),
            ready=Probe("http", "/health"),
        ),
    ),
)


def plan_of(*components: Component) -> Plan:
    return Plan(
        name="toy",
        components=(FRONTEND, *components),
        choices=(),
        service=Service("frontend", "http", "m", "chat"),
        model=Source("id", "m"),
        install=Install((), (), ">=3.10", 0),
        ready_timeout=1.0,
        idle_timeout=1.0,
        stop_grace=1.0,
    )


def bound(plan: Plan, *nodes: int, places: Places = PLACES) -> dict[str, ProcessSpec]:
    instances, found = lay_out(plan, Inventory(tuple(tuple(range(size)) for size in nodes)))
    assert found == ()
    specs = bind(plan, instances, places)
    assert [each.name for each in specs] == [each.name for each in instances]
    return {each.name: each for each in specs}


def argv(spec: ProcessSpec) -> list[str]:
    return list(spec.words())


def environment(spec: ProcessSpec) -> dict[str, str]:
    assert [name for name, _ in spec.env] == sorted(name for name, _ in spec.env)
    return {name: plain(pieces) for name, pieces in spec.env}


EVENTS = Tree(
    {
        "publisher": "zmq",
        "endpoint": text("tcp://*:", OwnPort("events")),
        "enable": True,
        "depth": 3,
        "share": 0.5,
        "none": None,
        "also": (text("tcp://", LeaderOf(), ":", LeaderOf("dist")), "a \"quoted\" 'ü'\n"),
        "nested": {"file": text(FileRef("chat"))},
    }
)


def over_three_nodes() -> Plan:
    """Return a plan as an engine would make it that spreads one replica over three nodes."""
    shared = (
        arg("--model", ModelDir()),
        arg("--nnodes", "3"),
        arg("--node-rank", Rank()),
        arg("--dist-init-addr", text(LeaderOf(), ":", LeaderOf("dist"))),
        arg("--kv-events-config", EVENTS),
    )
    variables_ = (
        env("DYN_SYSTEM_PORT", OwnPort("system")),
        env("FRONTEND", text("http://", Address("frontend"), ":", Address("frontend", "http"))),
        env("HF_TOKEN", SecretRef("huggingface", "HF_TOKEN"), "author"),
        env("STORE", RunDir("discovery"), "infrastructure"),
    )
    own = (Port("system", highest=32767), Port("events"))
    leader = Member(
        "leader",
        (program("toy.engine"), *shared),
        variables_,
        (Port("dist", span=7), *own),
        Probe("system", "/health"),
        gpus=4,
    )
    follower = Member(
        "follower",
        (program("toy.engine"), *shared, arg("--headless")),
        variables_,
        own,
        gpus=4,
        nodes=2,
        per_group=2,
    )
    return plan_of(Component("decode", "decode", (leader, follower), replicas=2, after=("frontend",)))


def expected_over_three_nodes(rank: int, dist: int, events: int) -> list[str]:
    config = (
        f'{{"also": ["tcp://127.0.0.1:{dist}", "a \\"quoted\\" \'ü\'\\n"], "depth": 3, "enable": true, '
        f'"endpoint": "tcp://*:{events}", "nested": {{"file": "/run/x/files/decode/chat"}}, "none": null, '
        '"publisher": "zmq", "share": 0.5}'
    )
    words = ["/env/bin/python", "-m", "toy.engine", "--model", "/models/m", "--nnodes", "3", "--node-rank", str(rank)]
    words += ["--dist-init-addr", f"127.0.0.1:{dist}", "--kv-events-config", config]
    return words + (["--headless"] if rank else [])


def expected_environment(system: int, devices: str = "0,1,2,3") -> dict[str, str]:
    return {
        "CUDA_VISIBLE_DEVICES": devices,
        "DYN_SYSTEM_PORT": str(system),
        "FRONTEND": "http://127.0.0.1:8000",
        "HF_TOKEN": "<secret huggingface>",
        "STORE": "/run/x/discovery",
    }


def test_a_leader_and_two_headless_followers_over_three_nodes():
    specs = bound(over_three_nodes(), 8, 8, 8)
    first = ["decode-0", "decode-0-r1", "decode-0-r2"]
    second = ["decode-1", "decode-1-r1", "decode-1-r2"]
    assert list(specs) == ["frontend-0", *first, *second]
    assert argv(specs["frontend-0"]) == ["/env/bin/python", "-m", "toy.frontend", "--port", "8000"]
    assert environment(specs["frontend-0"]) == {}
    # The first group: dist 10000 to 10006, then system and events of each process.
    assert argv(specs["decode-0"]) == expected_over_three_nodes(0, 10000, 10008)
    assert argv(specs["decode-0-r1"]) == expected_over_three_nodes(1, 10000, 10010)
    assert argv(specs["decode-0-r2"]) == expected_over_three_nodes(2, 10000, 10012)
    assert [environment(specs[name]) for name in first] == [expected_environment(n) for n in (10007, 10009, 10011)]
    # The second names its own leader, stands on the same nodes, and has devices of its own there.
    assert argv(specs["decode-1"]) == expected_over_three_nodes(0, 10013, 10021)
    assert argv(specs["decode-1-r1"]) == expected_over_three_nodes(1, 10013, 10023)
    assert argv(specs["decode-1-r2"]) == expected_over_three_nodes(2, 10013, 10025)
    assert [environment(specs[name]) for name in second] == [
        expected_environment(n, "4,5,6,7") for n in (10020, 10022, 10024)
    ]
    assert {each.ready for each in specs.values()} == {Probe("http", "/health"), Probe("system", "/health"), None}
    assert specs["decode-0-r1"].ready is None
    assert specs["decode-0"].role == "decode"


def test_the_json_word_is_json_and_holds_what_the_tree_holds():
    word = argv(bound(over_three_nodes(), 8, 8, 8)["decode-0-r2"])[-2]
    assert json.loads(word) == {
        "publisher": "zmq",
        "endpoint": "tcp://*:10012",
        "enable": True,
        "depth": 3,
        "share": 0.5,
        "none": None,
        "also": ["tcp://127.0.0.1:10000", "a \"quoted\" 'ü'\n"],
        "nested": {"file": "/run/x/files/decode/chat"},
    }


def test_the_order_of_a_trees_keys_changes_nothing():
    there = bound(plan_of(one_word({"b": 1, "a": {"d": 2, "c": 3}})), 1)["w-0"]
    back = bound(plan_of(one_word({"a": {"c": 3, "d": 2}, "b": 1})), 1)["w-0"]
    assert there == back


@pytest.mark.parametrize("path", ["/plain", '/with "quotes" and \\', "/ünï/{}"])
def test_a_folder_inside_json_is_escaped(path):
    places = Places("python", path, path)
    tree = {"model": text("file:", ModelDir()), "run": text(RunDir("x"))}
    spec = bound(plan_of(one_word(tree)), 1, places=places)["w-0"]
    assert json.loads(argv(spec)[1]) == {"model": f"file:{path}", "run": f"{path}/x"}


def one_word(tree) -> Component:
    return Component("w", "aggregated", (Member("m", (Arg((text("p"), Tree(tree)), "engine"),)),))


def test_four_data_parallel_ranks_on_one_node():
    ranks = Member(
        "rank",
        (
            program("toy.engine"),
            arg("--data-parallel-rank", Rank()),
            arg("--data-parallel-size", "4"),
            arg("--data-parallel-address", LeaderOf()),
            arg("--data-parallel-rpc-port", LeaderOf("rpc")),
        ),
        (env("DYN_SYSTEM_PORT", OwnPort("system")),),
        (Port("rpc"), Port("system", highest=32767)),
        gpus=2,
        per_group=4,
    )
    specs = bound(plan_of(Component("w", "aggregated", (ranks,))), 8)
    names = ["w-0", "w-0-r1", "w-0-r2", "w-0-r3"]
    assert list(specs) == ["frontend-0", *names]
    for rank, name in enumerate(names):
        words = ["/env/bin/python", "-m", "toy.engine", "--data-parallel-rank", str(rank), "--data-parallel-size", "4"]
        words += ["--data-parallel-address", "127.0.0.1", "--data-parallel-rpc-port", "10000"]
        assert argv(specs[name]) == words
        assert environment(specs[name]) == {
            "CUDA_VISIBLE_DEVICES": f"{2 * rank},{2 * rank + 1}",
            "DYN_SYSTEM_PORT": str(10001 + 2 * rank),
        }
        assert specs[name].ports == (("rpc", 10000 + 2 * rank), ("system", 10001 + 2 * rank))


def test_an_address_is_that_of_the_first_process_of_the_other_component():
    target = Component("kv", "kv", (Member("m", (program("kv"),), ports=(Port("a"),)),), replicas=3)
    user = Component(
        "w",
        "w",
        (
            Member(
                "m",
                (program("w"), arg("--kv", Address("kv", "a"))),
            ),
        ),
        replicas=2,
    )
    specs = bound(plan_of(target, user), 1)
    assert [argv(specs[name])[-1] for name in ("w-0", "w-1")] == ["10000", "10000"]


def test_the_host_is_said_by_the_places():
    specs = bound(over_three_nodes(), 4, 4, 4, 4, 4, 4, places=Places("python", "/r", "m", host="10.0.0.7"))
    assert "10.0.0.7:10000" in argv(specs["decode-0-r1"])
    assert environment(specs["decode-0"])["FRONTEND"] == "http://10.0.0.7:8000"


@pytest.mark.parametrize(("real", "seen"), [(True, {"CUDA_VISIBLE_DEVICES": "0,1"}), (False, {})])
def test_devices_are_shown_to_a_process_only_when_they_are_real(real, seen):
    plan = plan_of(Component("w", "w", (Member("m", (program("w"),), gpus=2),)))
    places = Places("python", "/r", "m", gpus_are_real=real)
    assert environment(bound(plan, 2, places=places)["w-0"]) == seen


@pytest.mark.parametrize("real", [True, False])
def test_a_process_without_gpus_is_not_told_of_any(real):
    places = Places("python", "/r", "m", gpus_are_real=real)
    assert environment(bound(plan_of(), 2, places=places)["frontend-0"]) == {}


def test_a_secret_is_a_reference_and_never_text():
    secret = SecretRef("db", "DB_PASSWORD")
    member = Member(
        "m",
        (program("w"), arg("--password", secret), arg("--config", Tree({"password": text("is:", secret)}))),
        (env("DB_PASSWORD", secret, "author"), env("URL", text("http://u:", secret, "@h"))),
    )
    spec = bound(plan_of(Component("w", "w", (member,))), 1)["w-0"]
    assert dict(spec.env) == {
        "DB_PASSWORD": (Secret("db", "DB_PASSWORD"),),
        "URL": ("http://u:", Secret("db", "DB_PASSWORD"), "@h"),
    }
    assert spec.argv[4] == (Secret("db", "DB_PASSWORD"),)
    assert spec.argv[6] == ('{"password": "is:', Secret("db", "DB_PASSWORD"), '"}')
    assert argv(spec)[4] == "<secret db>"
    assert environment(spec)["URL"] == "http://u:<secret db>@h"


def test_what_a_person_may_want_to_change_has_a_name():
    specs = tuple(bound(over_three_nodes(), 8, 8, 8).values())
    named = variables(specs)
    assert list(named) == [
        "PYTHON",
        "FRONTEND_0_HTTP_PORT",
        "MODEL",
        "DECODE_0_DIST_PORT",
        "DECODE_0_EVENTS_PORT",
        "RUN_DIR",
        "DECODE_0_SYSTEM_PORT",
        "DECODE_0_R1_EVENTS_PORT",
        "DECODE_0_R1_SYSTEM_PORT",
        "DECODE_0_R2_EVENTS_PORT",
        "DECODE_0_R2_SYSTEM_PORT",
        "DECODE_1_DIST_PORT",
        "DECODE_1_EVENTS_PORT",
        "DECODE_1_SYSTEM_PORT",
        "DECODE_1_R1_EVENTS_PORT",
        "DECODE_1_R1_SYSTEM_PORT",
        "DECODE_1_R2_EVENTS_PORT",
        "DECODE_1_R2_SYSTEM_PORT",
    ]
    assert (named["PYTHON"], named["RUN_DIR"], named["MODEL"]) == ("/env/bin/python", "/run/x", "/models/m")
    assert named["DECODE_1_R2_SYSTEM_PORT"] == "10024"


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((), ("",)),
        (("a", "b"), ("ab",)),
        (("a", Named("N", "1"), "b", "c"), ("a", Named("N", "1"), "bc")),
        ((Named("N", "1"), Named("N", "1")), (Named("N", "1"), Named("N", "1"))),
    ],
)
def test_neighbouring_texts_are_made_one(pieces, expected):
    assert joined(pieces) == expected


def test_an_empty_text_stays_a_word():
    plan = plan_of(Component("w", "w", (Member("m", (Arg((text("p"), Text(()), text("")), "author"),)),)))
    assert argv(bound(plan, 1)["w-0"]) == ["p", "", ""]
