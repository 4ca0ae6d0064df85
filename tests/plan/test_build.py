"""How components are put together: order, flags and variables of tool and author, and who may set what."""

from types import SimpleNamespace

import pytest
from known_releases import LAUNCHED, SERVED

from dynamo_recipes import engines
from dynamo_recipes.app.planning import planned
from dynamo_recipes.findings import dotted
from dynamo_recipes.plan.build import build, source
from dynamo_recipes.plan.model import Arg, Member, Plan, Program, SecretRef, Source, Text, arg, env, text
from dynamo_recipes.plan.show import value
from dynamo_recipes.recipe.fields import ROLES
from dynamo_recipes.recipe.read import read
from dynamo_recipes.support.facts import UNKNOWN
from dynamo_recipes.support.releases import Needs, release
from dynamo_recipes.support.resolve import resolve

HEAD = "schema: 1\nmodel: Qwen/Qwen3-0.6B\n"
MOCKER = "engine: mocker\n"


def plan(rest: str, engine: str = MOCKER) -> Plan:
    result = planned((HEAD + engine + rest).encode(), "x.yaml")
    assert result.findings == ()
    return result.plan


def found(rest: str) -> list[tuple[str, str]]:
    result = planned((HEAD + MOCKER + rest).encode(), "x.yaml")
    assert result.plan is None
    return [(each.code, dotted(each.where.path)) for each in result.findings]


def words(plan_: Plan, component: str) -> list[str]:
    (member,) = next(each for each in plan_.components if each.name == component).members
    return [value(word) for each in member.argv for word in each.words]


def variables(plan_: Plan, component: str) -> dict[str, tuple[str, str]]:
    (member,) = next(each for each in plan_.components if each.name == component).members
    assert [each.name for each in member.env] == sorted(each.name for each in member.env)
    return {each.name: (value(each.value), each.by) for each in member.env}


def toy_engine(*members: Member) -> SimpleNamespace:
    """Return an engine that plays every role with the given members."""
    return SimpleNamespace(
        NAME="toy",
        ROLES=frozenset(ROLES),
        VIRTUAL_GPUS=False,
        OWNED={"ours": "`ours`"},
        members=lambda *_: members,
        check=lambda *_: (),
        check_recipe=lambda *_: (),
    )


def built(rest: str, engine: SimpleNamespace):
    reading = read((HEAD + MOCKER + rest).encode(), "x.yaml")
    resolution = resolve(reading.recipe, UNKNOWN).resolution
    return build(reading.recipe, "x", resolution, engine)


def program(*rest: Arg) -> tuple[Arg, ...]:
    return (Arg((text(Program("python")), text("-m"), text("toy")), "engine"), *rest)


def test_components_are_the_frontend_then_workers_by_role_and_name():
    rest = (
        "workers: {z: {role: pd}, b: {role: prefill}, a2: {role: decode}, y: {role: encode}, a1: {role: decode}, "
        "c: {role: prefill}}"
    )
    result, _ = built(rest, toy_engine(Member("m", program())))
    assert [each.name for each in result.components] == ["frontend", "y", "b", "c", "a1", "a2", "z"]
    assert [each.role for each in result.components][1:] == ["encode", "prefill", "prefill", "decode", "decode", "pd"]
    result, _ = built("workers: {p: {role: pd}, aggregated: {}}", toy_engine(Member("m", program())))
    assert [each.name for each in result.components] == ["frontend", "aggregated", "p"]


def test_workers_start_after_the_frontend():
    after = {each.name: each.after for each in plan("workers: {prefill: {}, decode: {}}").components}
    assert after == {"frontend": (), "prefill": ("frontend",), "decode": ("frontend",)}


def test_flags_of_tool_and_author_stand_in_order_of_name_raw_words_last():
    engine = "engine: {name: mocker, args: {startup_time: 1, raw: [--aic-system, one], kv-bytes-per-token: null}}\n"
    own = "--aic_perf_model: true, enable-prefix-caching: false, raw: [--aic-backend, two], stagger_delay: -1"
    rest = f"kv: {{block_size: 32}}\nworkers: {{aggregated: {{args: {{{own}}}}}}}"
    assert words(plan(rest, engine), "aggregated") == [
        *("python", "-m", "dynamo.mocker"),
        "--ais-perf-model",
        *("--block-size", "32"),
        *("--model-name", "Qwen/Qwen3-0.6B"),
        *("--model-path", "<model>"),
        "--no-enable-prefix-caching",
        "--stagger-delay=-1",
        *("--startup-time", "1"),
        *("--aic-system", "one", "--aic-backend", "two"),
    ]


def test_the_frontend_has_the_authors_flags_too():
    assert words(plan("frontend: {args: {migration_limit: 3, tokenizer: fastokens}}"), "frontend") == [
        *("python", "-m", "dynamo.frontend"),
        *("--http-host", "127.0.0.1"),
        *("--http-port", "<http port>"),
        *("--migration-limit", "3"),
        *("--router-mode", "round-robin"),
        *("--tokenizer", "fastokens"),
    ]


def test_who_set_a_flag_is_kept():
    (member,) = plan("workers: {aggregated: {args: {reasoning: 1}}}").components[1].members
    assert {value(each.words[0]): each.by for each in member.argv} == {
        "python": "engine",
        "--model-name": "engine",
        "--model-path": "engine",
        "--reasoning": "author",
    }


@pytest.mark.parametrize(
    ("engine", "worker", "expected"),
    [
        ("{}", "{}", []),
        ("{speedup-ratio: 1}", "{}", ["--speedup-ratio", "1"]),
        ("{speedup-ratio: 1}", "{speedup_ratio: 2}", ["--speedup-ratio", "2"]),
        ("{speedup-ratio: 1}", "{--speedup-ratio: null}", []),
        ("{speedup: 1}", "{speedup-ratio: 2}", ["--speedup-ratio", "2"]),
        ("{enable-prefix-caching: true}", "{enable-prefix-caching: false}", ["--no-enable-prefix-caching"]),
        ("{enable-prefix-caching: true}", "{no-enable-prefix-caching: true}", ["--no-enable-prefix-caching"]),
        ("{no-enable-prefix-caching: true}", "{no-enable-prefix-caching: false}", ["--enable-prefix-caching"]),
        ("{reasoning: x}", "{reasoning: ''}", ["--reasoning", ""]),
        ("{reasoning: {z: 1, y: [2]}}", "{}", ["--reasoning", '{"y": [2], "z": 1}']),
    ],
)
def test_a_workers_flags_stand_over_the_engines(engine, worker, expected):
    result = plan(f"workers: {{aggregated: {{args: {worker}}}}}", f"engine: {{name: mocker, args: {engine}}}\n")
    (member,) = result.components[1].members
    assert [value(word) for each in member.argv if each.by == "author" for word in each.words] == expected


def test_each_member_of_a_group_gets_the_authors_flags_and_variables():
    engine = toy_engine(Member("leader", program(arg("--lead"))), Member("follower", program(arg("--follow"))))
    result, _ = built("env: {A: 1}\nworkers: {aggregated: {args: {reasoning: 1}}}", engine)
    leader, follower = result.components[1].members
    assert [value(word) for each in leader.argv for word in each.words][3:] == ["--lead", "--reasoning", "1"]
    assert [value(word) for each in follower.argv for word in each.words][3:] == ["--follow", "--reasoning", "1"]
    assert leader.env == follower.env
    assert ("A", "author") in [(each.name, each.by) for each in leader.env]


def test_a_workers_variables_stand_over_the_recipes():
    result = plan("env: {B: all, A: '1'}\nworkers: {prefill: {env: {B: mine, C: ''}}, decode: {}}")
    author = {
        name: {key: text_ for key, (text_, by) in variables(result, name).items() if by == "author"}
        for name in ("frontend", "prefill", "decode")
    }
    assert author == {
        "frontend": {"A": "1", "B": "all"},
        "prefill": {"A": "1", "B": "mine", "C": ""},
        "decode": {"A": "1", "B": "all"},
    }


def test_a_secret_stays_a_reference_with_the_variable_it_is_looked_up_in():
    result = plan("env: {HF_TOKEN: {secret: huggingface}}")
    assert all(
        env("HF_TOKEN", SecretRef("huggingface", "HF_TOKEN"), "author") in member.env
        for each in result.components
        for member in each.members
    )


def test_variables_of_the_tool_are_those_of_engine_member_and_infrastructure():
    by = {name: who for name, (_, who) in variables(plan(""), "aggregated").items()}
    assert by == {
        "DYN_DISCOVERY_BACKEND": "infrastructure",
        "DYN_EVENT_PLANE": "infrastructure",
        "DYN_FILE_KV": "infrastructure",
        "DYN_REQUEST_PLANE": "infrastructure",
        "DYN_RESPONSE_PLANE": "infrastructure",
        "DYN_SYSTEM_HOST": "infrastructure",
        "DYN_SYSTEM_PORT": "infrastructure",
        "DYN_SYSTEM_STARTING_HEALTH_STATUS": "engine",
        "DYN_TCP_RPC_HOST": "infrastructure",
    }


def test_releases_that_are_launched_and_not_served_are_refused_for_what_they_lack():
    """No release gets lost: 1.0.2 needs a NATS server, and a wheel of 1.6.1 is in no index."""
    refused = {each: {code for code, _ in found(f"dynamo: '{each}'")} for each in LAUNCHED if each not in SERVED}
    assert refused == {"1.6.1": {"DR208", "DR215"}, "1.0.2": {"DR205", "DR208"}}


@pytest.mark.parametrize("version", SERVED)
def test_no_variable_that_the_tool_sets_can_be_set_by_the_author(version):
    head = f"dynamo: '{version}'\n"
    for name in variables(plan(head), "aggregated"):
        assert found(f"{head}env: {{{name}: x}}") == [("DR302", f"env.{name}")]
        place = f"workers.aggregated.env.{name}"
        assert found(f"{head}workers: {{aggregated: {{env: {{{name}: x}}}}}}") == [("DR302", place)]


def test_a_clash_is_said_once_and_all_of_them_at_once():
    rest = "env: {DYN_FILE_KV: x, DYN_EVENT_PLANE: y}\nworkers: {prefill: {env: {DYN_FILE_KV: z}}, decode: {}}"
    assert sorted(found(rest)) == [
        ("DR302", "env.DYN_EVENT_PLANE"),
        ("DR302", "env.DYN_FILE_KV"),
        ("DR302", "workers.prefill.env.DYN_FILE_KV"),
    ]


def test_a_variable_of_one_process_only_may_be_set_where_it_is_not_the_tools():
    """The frontend has no system port: only the workers' is the tool's."""
    result = planned((HEAD + MOCKER + "env: {DYN_SYSTEM_PORT: 1}").encode(), "x.yaml")
    assert "health, metrics" in result.findings[0].message


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("Qwen/Qwen3-0.6B", Source("id", "Qwen/Qwen3-0.6B")),
        ("{path: ./m}", Source("path", "./m")),
        ("{packaged: tiny}", Source("packaged", "tiny")),
    ],
)
def test_where_the_model_is(model, expected):
    recipe = read(f"schema: 1\nmodel: {model}\n{MOCKER}".encode(), "x.yaml").recipe
    assert source(recipe) == expected


def test_the_plan_carries_what_a_launch_needs():
    text_ = f"schema: 1\nname: mine\nmodel: {{id: a/b, served_name: c, task: completion}}\n{MOCKER}dynamo: '1.4.2'\n"
    text_ += "ready: {timeout: 2m, idle_timeout: 45s}\nstop: {grace: 500ms}\n"
    result = planned(text_.encode(), "x.yaml").plan
    assert result.name == "mine"
    assert (result.service.component, result.service.port) == ("frontend", "http")
    assert (result.service.model, result.service.task) == ("c", "completion")
    assert (result.ready_timeout, result.idle_timeout, result.stop_grace) == (120.0, 45.0, 0.5)
    assert (result.install.requirements, result.install.python) == (("ai-dynamo==1.4.2",), ">=3.10,<3.15")
    assert result.virtual_gpus is engines.load("mocker").VIRTUAL_GPUS is True
    assert [each.what for each in result.choices] == [
        *("dynamo", "engine", "install", "python", "discovery", "request plane", "event plane", "devices"),
    ]
    assert all(each.because for each in result.choices)


@pytest.mark.parametrize("version", SERVED)
def test_the_plan_says_what_frontend_and_engine_need_of_a_machine(version):
    install = plan(f"dynamo: '{version}'").install
    frontend, mocker = (release(version).needs_of(each) for each in ("frontend", "mocker"))
    assert (install.frontend_mib, install.worker_mib) == (frontend.memory_mib, mocker.memory_mib)
    assert install.headers is False
    assert install.libraries == tuple(sorted({*frontend.libraries, *mocker.libraries}))
    assert "libstdc++.so.6" in dict(install.libraries)


def test_what_either_of_them_needs_the_plan_needs():
    reading = read((HEAD + MOCKER).encode(), "x.yaml")
    resolution = resolve(reading.recipe, UNKNOWN).resolution
    needs = {
        "frontend": Needs(1, False, (("libb.so.1", "b"),)),
        "mocker": Needs(None, True, (("liba.so.1", None), ("libb.so.1", "b"))),
    }
    resolution = resolution._replace(release=resolution.release._replace(needs=needs))
    result, _ = build(reading.recipe, "x", resolution, engines.load("mocker"))
    assert (result.install.frontend_mib, result.install.worker_mib, result.install.headers) == (1, None, True)
    assert result.install.libraries == (("liba.so.1", None), ("libb.so.1", "b"))


def test_an_engine_with_real_gpus_makes_no_choice_about_virtual_ones():
    result, _ = built("", toy_engine(Member("m", program())))
    assert not result.virtual_gpus
    assert "devices" not in [each.what for each in result.choices]


def test_every_reason_is_given():
    for component in plan("frontend: {router: {mode: kv, events: predicted}}\nkv: {block_size: 4}").components:
        for member in component.members:
            assert all(each.because for each in member.argv[1:])
            assert all(each.because for each in member.env)


def test_texts_are_texts():
    """Argument words of a recipe are never read as parts."""
    (member,) = plan("workers: {aggregated: {args: {reasoning: '<model>'}}}").components[1].members
    assert Text(("<model>",)) in [word for each in member.argv for word in each.words]
