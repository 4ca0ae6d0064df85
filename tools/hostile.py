"""Texts that no author meant, made from a random number generator, and what must hold for each of them.

Used by `tests/recipe/test_fuzz.py`, where hypothesis gives the randomness, and by `tools/soak_loader.py`.
"""

import json
import time
import traceback
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

import yaml

from dynamo_recipes import targets
from dynamo_recipes.app.planning import Planned, planned
from dynamo_recipes.cli import output
from dynamo_recipes.findings import Finding
from dynamo_recipes.plan import show
from dynamo_recipes.recipe.load import load

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

MOST_SECONDS = 2.0
_LONGEST = 1000  # characters of a message or hint
_MOST_SHOWN = 200  # processes of a plan that is also shown and rendered

HEAD = "schema: 1\nmodel: {packaged: tiny}\nengine: mocker\n"

# Valid recipes that use every key between them.
SEEDS: tuple[bytes, ...] = tuple(
    text.encode()
    for text in (
        HEAD,
        "schema: 1\r\nmodel: Qwen/Qwen3-0.6B\r\nengine: mocker\r\n",
        """\
# A comment, and every section in block style.
schema: 1
name: every-section
description: "Two prefill workers: one decode worker \\u00e9\\n"
about:
  source: https://example.org
  maintainers: [team-inference]
  tested:
    - {date: 2026-10-01, dynamo: 1.4.2, gpu: h100_sxm, status: works, note: fine, figures: {ttft_ms: 1.5}}
model:
  id: Qwen/Qwen3-0.6B
  served_name: qwen3
  task: chat
  max_length: 32768
dynamo: ">=1.4,<1.7"
engine:
  name: mocker
  args: {speedup-ratio: 10, --reasoning: {b: [1, null], a: -1}}
hardware: {gpu: h100_sxm, gpus_per_node: 8, nodes: 2}
frontend:
  host: 127.0.0.1
  port: 8000
  router: {mode: kv, events: predicted}
  args: {migration_limit: 1, raw: ["--tokenizer", "fastokens"]}
workers:
  prefill: &worker
    replicas: 2
    parallel: {tensor: 2, pipeline: 1, data: 2, context: 1}
    max_requests: 64
    args: {speedup-ratio: null, aic-perf-model: true, enable-prefix-caching: false}
    env: {RUST_LOG: info, LEVEL: 3}
  decode: *worker
kv: {block_size: 64, dtype: fp8}
infrastructure: {discovery: auto, request_plane: tcp, response_plane: auto, event_plane: zmq}
env:
  HF_TOKEN: {secret: huggingface}
  NOTE:
    value: |-
      two
      lines
ready: {timeout: 2m}
stop: {grace: 15s}
x-mine: {anything: [1, 2, {three: ~}]}
""",
        """\
schema: 1
model: {path: ./models/tiny, task: completion}
dynamo: 1.4.2
engine: {name: mocker}
frontend: {port: 0, host: "::1", router: kv}
workers:
  one: {role: aggregated, replicas: 3}
  two:
    role: aggregated
    x-note: >
      folded
      text
""",
        json.dumps({"schema": 1, "model": "a/b", "engine": "mocker", "env": {"A": "\u00e9", "B": {"value": ""}}}),
    )
)


def mutant(rng: Random) -> bytes:
    """Return a valid recipe with some bytes flipped, deleted, inserted, doubled or spliced in from another one."""
    text = bytearray(rng.choice(SEEDS))
    for _ in range(rng.randint(1, rng.choice((1, 2, 6)))):
        _EDITS[rng.randrange(len(_EDITS))](rng, text)
    return bytes(text)


def _flip(rng: Random, text: bytearray) -> None:
    if text:
        text[rng.randrange(len(text))] ^= 1 << rng.choice((0, 1, 2, 3, 4, 5, 6, 6, 5, 7))


def _delete(rng: Random, text: bytearray) -> None:
    start = rng.randint(0, len(text))
    del text[start : start + rng.randint(1, 12)]


def _insert(rng: Random, text: bytearray) -> None:
    at = rng.randint(0, len(text))
    text[at:at] = rng.choice(_TOKENS).encode() if rng.randrange(4) else bytes([rng.randrange(256)])


def _double(rng: Random, text: bytearray) -> None:
    start = rng.randint(0, len(text))
    piece = text[start : start + rng.randint(1, 40)]
    text[start:start] = piece * rng.randint(1, 3)


def _splice(rng: Random, text: bytearray) -> None:
    other = rng.choice(SEEDS)
    start, at = rng.randint(0, len(other)), rng.randint(0, len(text))
    text[at : at + rng.randint(0, 20)] = other[start : start + rng.randint(0, 60)]


_EDITS: tuple[Callable[[Random, bytearray], None], ...] = (_flip, _delete, _insert, _double, _splice)

_BLANKS = ("\n", "\n  ", "\n    ", " ", "  ", "\t", "\r\n", "\r", "\0", "\x85", "\u2028", "\ufeff")
_LINES = ("---\n", "...\n", "%YAML 1.2\n", "%TAG ! x:\n", "|2-\n", ">+\n", "# c\n", "workers:\n")
_SIGNS = "- |: |? |&a |*a |&b |*b |!!str |!x |!<y> |<<: |decode: |replicas: 2|[*a, *a]|{a: b}|'it''s'|null|1e3|0x1F"
_TOKENS = (
    *"[]{}:-,&*!|>'\"#%@?~`\\=<.0ax\u00e9\U0001f680",
    *_BLANKS,
    *_BLANKS,
    *_LINES,
    *HEAD.splitlines(keepends=True),
    *_SIGNS.split("|"),
    '"\\x00"',
    '"\\ud800"',
)


def nesting(rng: Random) -> bytes:
    """Return YAML's own signs in any order, sometimes behind a valid beginning."""
    text = HEAD if rng.randrange(2) else ""
    return (text + "".join(rng.choice(_TOKENS) for _ in range(rng.randint(1, rng.choice((3, 8, 20, 60)))))).encode()


_KEY_WORDS = """
schema name description about model dynamo engine hardware frontend workers kv infrastructure env ready stop
id path packaged served_name task max_length version args gpu gpus_per_node nodes mode events host port router
tensor pipeline data context value secret role replicas parallel max_requests block_size dtype discovery
request_plane timeout grace prefill decode aggregated raw x-a HF_TOKEN planner source tested date status figures
[key] << --x no-x 0 Decode
"""
_VALUE_WORDS = """
x kv exact tiny mocker vllm 1.4.2 >=1.4,<1.7 , ===x ~=1 --flag -1 h100_sxm 15s 1d a/b ./a / aggregated prefill decode
encode ${HOME} 1:30 off 012
"""
_KEYS = (*_KEY_WORDS.split(), "", "a b", "a\nb", "\u00e9")
_VALUES: tuple[Any, ...] = (
    *_VALUE_WORDS.split(),
    *("", " ", "a" * 300, "\0", "a\nb", "\u00e9", "\u2028", "\U0001f680", "hf_" + "A" * 34),
    *(0, 1, -1, 2, 64, 65535, 65536, 4096, 4097, 10_000, 10_001, 2**31, 2**63, 10**39),
    *(None, True, False, 0.5, 1.4, -0.0, 1e308, float("inf"), float("nan")),
    *([], {}, [[]], ["--x", 1], {"secret": "hf"}, {"value": "x"}, {"a": {"b": [None]}}, {"tensor": 4096, "data": 4096}),
)


def _data(seed: bytes) -> Any:
    document, _ = load(seed, "seed")
    return document and document.data


_DATA = tuple(map(_data, SEEDS))


def shaped(rng: Random) -> bytes:
    """Return a recipe's data with values and keys exchanged at random places, in flow or block style."""
    data = deepcopy(rng.choice(_DATA))
    for _ in range(rng.randint(1, rng.choice((1, 3, 8)))):
        _exchange(rng, data)
    if rng.randrange(2):
        return json.dumps(data, ensure_ascii=False).encode()
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False).encode()


def _exchange(rng: Random, data: dict[str, Any]) -> None:
    place = data
    while True:
        inner = [each for each in place.values() if isinstance(each, dict)]
        if not inner or not rng.randrange(3):
            break
        place = rng.choice(inner)
    if place and rng.randrange(3):
        key = rng.choice(list(place))
        value = place.pop(key)
        if rng.randrange(3):
            place[key] = deepcopy(rng.choice(_VALUES))
        else:
            place[rng.choice(_KEYS)] = value
    else:
        place[rng.choice(_KEYS)] = deepcopy(rng.choice(_VALUES))


_FITTING: dict[str, tuple[Any, ...]] = {
    "name": ("a", "llama-70b"),
    "model": (
        "Qwen/Qwen3-0.6B",
        {"packaged": "tiny"},
        {"path": "./m", "max_length": 1},
        {"id": "a", "task": "completion"},
    ),
    "dynamo": ("1.4.2", "1.6.0", ">=1.4,<1.7", "!=1.6.0", {"version": None}, "<1"),
    "engine": ("mocker", {"name": "mocker", "args": {"a": -1, "b": {"c": [1]}, "raw": ["--d", ""]}}),
    "hardware.gpu": ("h100_sxm", "l4"),
    "hardware.gpus_per_node": (1, 4, 8, 1024),
    "hardware.nodes": (1, 2, 10_000),
    "frontend.host": ("0.0.0.0", "::1", "localhost"),
    "frontend.port": (0, 1, 8000, 10_000, 32_767, 65_535),
    "frontend.router": ("kv", "random", "power_of_two", {"mode": "kv", "events": "predicted"}, {"events": "none"}),
    "frontend.args": (
        {"x": True},
        {"no-x": False, "Y": 1e-7},
        {"a": None, "z": "'\"\n$x"},
        {"http-port": 1},
        {"a": [1]},
        {"a": {"file": "a"}, "b": {"c": [{"file": "b"}]}, "raw": [{"file": "a"}]},
    ),
    "kv.block_size": (1, 64, 65_536),
    "kv.dtype": ("auto", "bf16", "fp8"),
    "infrastructure.response_plane": ("auto", "tcp"),
    "env": ({"A": "b c", "B": 5}, {"T_TOKEN": {"secret": "hf"}}, {"DYN_FILE_KV": "x"}, {"C": "\n'\"$(x)`\\"}),
    "files": ({"a": "./x", "b": "/y"}, {"a": "x"}),
    "ready.timeout": ("1ms", "999999h"),
    "stop.grace": ("0s", "15s"),
}
_FITTING_WORKER: dict[str, tuple[Any, ...]] = {
    "role": ("prefill", "decode", "aggregated", "encode"),
    "replicas": (1, 1, 2, 3, 7, 300),
    "parallel": ({}, {"tensor": 2}, {"tensor": 8, "data": 2}, {"tensor": 4096, "data": 4096, "context": 4096}),
    "max_requests": (1, 7),
    "args": ({"a": None}, {"raw": ["x"]}, {"v": True}),
    "env": ({"A": {"secret": "own"}}, {"E": ""}),
}


def fitting(rng: Random) -> bytes:
    """Return a recipe of good shape: the later stages get it."""
    data: dict[str, Any] = {"schema": 1, "model": "a/b", "engine": "mocker"}
    _fill(rng, data, _FITTING)
    names = rng.choice(((), (), ("prefill", "decode"), ("aggregated",), ("one", "Two"), ("p", "q", "decode")))
    if names:
        data["workers"] = {name: _fill(rng, {}, _FITTING_WORKER) for name in names}
    return json.dumps(data, ensure_ascii=False).encode()


def _fill(rng: Random, data: dict[str, Any], table: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
    for path, values in table.items():
        if not rng.randrange(4):
            section, _, key = path.rpartition(".")
            (data.setdefault(section, {}) if section else data)[key] = rng.choice(values)
    return data


CASES: dict[str, Callable[[Random], bytes]] = {
    "mutant": mutant,
    "nesting": nesting,
    "shaped": shaped,
    "fitting": fitting,
}


def wrong_with(raw: bytes) -> str:
    """Return what is wrong with the way a text is taken; nothing when it ends in findings or in a plan, in time."""
    start = time.process_time()
    try:
        result = planned(raw, "r.yaml")
        said = [_said(each, raw) for each in result.findings]
        taken = time.process_time() - start
        _use(result)
    except Exception:
        return traceback.format_exc()
    if taken > MOST_SECONDS:
        return f"took {taken:.1f} s"
    return next(filter(None, said), "") or _outcome(result)


def _outcome(result: Planned) -> str:
    if result.ok != (result.plan is not None and bool(result.instances)):
        return "neither a plan nor an error"
    places = [(each.where.line, each.where.column) for each in result.findings]
    return "" if places == sorted(places) else "not in reading order"


def _said(each: Finding, raw: bytes) -> str:
    """Return what is wrong with one finding: it must be printable, short, and somewhere in the text."""
    for text in (each.message, each.hint):
        if not text.isprintable() or len(text) > _LONGEST:
            return f"unfit to print: {text!r}"
    lines = len(raw.decode("utf-8", "replace").splitlines()) + 1
    if not 1 <= each.where.line <= lines or each.where.column < 1:
        return f"{each.code} at {each.where}, and the text has {lines} lines"
    json.dumps(output.as_data(each), ensure_ascii=False).encode()
    output.line(each).encode()
    return ""


def _use(result: Planned) -> None:
    """Show and render an accepted recipe: what passes must not fail later."""
    if result.plan is None or not result.ok or len(result.instances) > _MOST_SHOWN:
        return
    show.as_text(result.plan, result.instances).encode()
    show.as_json(result.plan, result.instances).encode()
    show.as_mermaid(result.plan).encode()
    for file in targets.load("local").render(result.plan, result.instances, "model"):
        file.text.encode()
