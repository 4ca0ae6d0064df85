"""The catalogues of flags, held against the real wheels: made again by both methods, and judged by the real parsers.

That each method finds a planted flag and misses a removed one is in test_flag_methods.py.
"""

import re
from pathlib import Path

import pytest

from dynamo_recipes.app.planning import planned
from dynamo_recipes.plan.bind import Places, bind
from dynamo_recipes.support import data
from dynamo_recipes.support.catalogue import setting
from dynamo_recipes.support.catalogue.chain import chain, read
from dynamo_recipes.support.catalogue.model import path
from dynamo_recipes.support.catalogue.names import find
from dynamo_recipes.support.catalogue.reading import words_of
from dynamo_recipes.support.facts import UNKNOWN
from dynamo_recipes.support.releases import release
from tools import make_flags
from tools.flags import lines, recording
from tools.flags.programs import PROGRAMS
from tools.flags.text import text_of
from tools.flags.wheels import fetch

pytestmark = [pytest.mark.service, pytest.mark.dynamo]  # the second: the cache is the one that runs share

# Each line of releases that is in use, by its last one; 1.6.1 cannot be installed, and its wheels are there.
VERSIONS = ("1.2.1", "1.4.2", "1.5.1", "1.6.1")
PARSERS = tuple(PROGRAMS)
LEAST = 200  # command lines for each parser

# What a parser refuses that no catalogue can know: whether a file or folder is there and what is in it, the values
# inside of a JSON mapping, and two spellings that the mocker of 1.6 compares by itself.
BEYOND = re.compile(
    r"must be a valid directory|invalid parse_ais_perf_config|Config file must|No such file|legacy --aic spelling"
    r"|validation errors? for (?!.*unexpected_keyword)",
    re.DOTALL,
)


def folders_of(component: str, version: str) -> list[Path]:
    known, program = release(version), PROGRAMS[component]
    wheel = make_flags.wheel_of(known)
    found = [fetch("ai-dynamo", wheel), fetch("ai-dynamo-runtime", wheel)]
    return found + ([fetch(program.engine, known.engine(program.engine).version)] if program.engine else [])


def chain_of(component: str, version: str):
    engine = PROGRAMS[component].engine
    return chain(component, version, engine, release(version).engine(engine).version if engine else None)


@pytest.fixture(scope="module", params=VERSIONS)
def made(request):
    """Make all catalogues of a release again; raises when the two methods differ."""
    return request.param, list(make_flags.made(request.param))


def test_the_catalogues_are_what_the_wheels_say(made):
    version, catalogues = made
    assert len(catalogues) == len(PROGRAMS) + 2
    for each in catalogues:
        file = data.DATA / "flags" / each["component"] / f"{each['version']}.json"
        assert file.read_text(encoding="utf-8") == text_of(each), f"run: python tools/make_flags.py {version}"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("component", PARSERS)
def test_our_verdict_is_that_of_the_real_parser(component, version):
    known, argv = chain_of(component, version), PROGRAMS[component].argv
    files = [data.load(path(each.component, each.version)) for each in known.catalogues]
    flags = {"parsers": [parser for each in files for parser in each["parsers"]]}
    drawn = [[*argv, *each] for each in lines.generate(flags, seed=20261123, count=LEAST + 100)]
    # The frontend hands what it does not know to another parser then.
    drawn = [each for each in drawn if "--dyn-chat-processor" not in each]
    verdicts = recording.judge(component, folders_of(component, version), drawn)
    judged = [(line, real) for line, real in zip(drawn, verdicts, strict=True) if not BEYOND.search(real)]
    assert len(judged) >= LEAST
    assert sum(not real for _, real in judged) >= LEAST // 5, "nearly all are refused: that says little"
    wrong = [
        (line, real or "taken", [(each.kind, each.text) for each in problems])
        for line, real in judged
        if bool(problems := read(known, words_of(line)).problems) != bool(real)
    ]
    assert wrong == []


# --- What we write ------------------------------------------------------------------------------------------------

LAYOUTS = [
    "workers: {aggregated: {replicas: 2, max_requests: 64, parallel: {data: 2}}}\nkv: {block_size: 64, dtype: fp8}",
    "workers: {prefill: {}, decode: {replicas: 2}}\nfrontend: {router: kv}",
    "frontend: {router: {mode: kv, events: predicted}, args: {namespace: a, no-router-assume-kv-reuse: true}}",
    "frontend: {router: random}\nworkers: {aggregated: {args: {speedup: 2, enable-prefix-caching: false}}}",
]


def argv_of(version: str, rest: str) -> dict[str, list[str]]:
    """Return the words after the module of each process of a graph."""
    text = f"schema: 1\nmodel: {{packaged: tiny}}\nengine: mocker\ndynamo: '{version}'\n{rest}\n"
    # In an environment that is given, releases that cannot be installed are planned too.
    result = planned(text.encode(), "r.yaml", UNKNOWN._replace(environment=True))
    assert result.ok, result.findings
    return {each.name: list(each.words())[3:] for each in bind(result.plan, result.instances, Places("py", "/r", "/m"))}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_real_parser_takes_the_command_lines_of_a_graph(version):
    graphs = [argv_of(version, rest) for rest in LAYOUTS]
    ours: dict[str, list[list[str]]] = {"dynamo.frontend": [], "dynamo.mocker": []}
    for graph in graphs:
        for name, words in graph.items():
            ours["dynamo.frontend" if name.startswith("frontend") else "dynamo.mocker"].append(words)
    for component, written in ours.items():
        assert len(written) >= len(LAYOUTS)
        assert all(not read(chain_of(component, version), words_of(each)).problems for each in written)
        assert set(recording.judge(component, folders_of(component, version), written)) == {""}


# Component, key and value in a recipe, and the words of the command line.
WRITTEN = [
    ("dynamo.vllm", "tp", 2, ["--tensor-parallel-size", "2"]),
    ("dynamo.vllm", "max_num_batched_tokens", "8k", ["--max-num-batched-tokens", "8k"]),
    ("dynamo.vllm", "enable-prefix-caching", False, ["--no-enable-prefix-caching"]),
    ("dynamo.vllm", "no-enable-prefix-caching", True, ["--no-enable-prefix-caching"]),
    ("dynamo.vllm", "seed", -1, ["--seed=-1"]),
    ("dynamo.vllm", "kv-transfer-config", {"kv_role": "kv_both", "kv_connector": "NixlConnector"}, None),
    ("dynamo.vllm", "ec-transfer-config.ec_ip", "a", ["--ec-transfer-config.ec_ip", "a"]),
    ("dynamo.vllm", "served-model-name", ["a", "b c"], ["--served-model-name", "a", "b c"]),
    ("dynamo.vllm", "hf-overrides", {"a": [1, True, None]}, ["--hf-overrides", '{"a": [1, true, null]}']),
    ("dynamo.sglang", "tp", 2, None),
    ("dynamo.sglang", "cuda_graph_bs", [1, 2, 4], None),
    ("dynamo.sglang", "trust-remote-code", True, ["--trust-remote-code"]),
    ("dynamo.sglang", "random-seed", -1, ["--random-seed=-1"]),
    ("dynamo.trtllm", "trtllm.kv_cache_config.free_gpu_memory_fraction", 0.8, None),
    ("dynamo.trtllm", "trtllm.max_batch_size", -1, ["--trtllm.max_batch_size", "-1"]),
    ("dynamo.trtllm", "override-engine-args", {"a": {"b": 1}}, ["--override-engine-args", '{"a": {"b": 1}}']),
    ("dynamo.mocker", "enable-prefix-caching", False, ["--no-enable-prefix-caching"]),
]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_real_parser_takes_what_flags_of_a_recipe_become(version):
    by_component: dict[str, list[list[str]]] = {}
    for component, key, value, expected in WRITTEN:
        found = find(chain_of(component, version), key)
        if found is None or found.names:
            assert key == "cuda_graph_bs"
            assert version == "1.6.1", "gone with SGLang 0.5.21"
            continue
        words = [setting.sample(each) for each in setting.pieces(found, value)]
        assert expected is None or words == expected
        by_component.setdefault(component, []).append([*PROGRAMS[component].argv, *words])
    assert set(by_component) == {"dynamo.vllm", "dynamo.sglang", "dynamo.trtllm", "dynamo.mocker"}
    for component, written in by_component.items():
        assert set(recording.judge(component, folders_of(component, version), written)) == {""}
