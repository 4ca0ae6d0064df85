"""The mistakes that hand-written launches make most: each is refused, with the right thing to write instead.

From facts/engine-launch sections 2 and 7: flags of another release, of another program, and that tools set themselves.
"""

import pytest

from dynamo_recipes.app.planning import planned
from dynamo_recipes.findings import dotted
from dynamo_recipes.support.facts import UNKNOWN
from dynamo_recipes.support.target import DOCKER

WORKER = "schema: 1\nmodel: a/b\ndynamo: '{}'\nengine: {{name: {}, args: {{{}}}}}\n"
FRONTEND = "schema: 1\nmodel: a/b\ndynamo: '{}'\nengine: mocker\nframontend: x\n".replace(
    "framontend: x", "frontend: {{args: {{{}}}}}"
)


def told(text: str) -> list[str]:
    """Return the errors and warnings about flags: code, severity, message and hint."""
    found = planned(text.encode(), "r.yaml", UNKNOWN._replace(environment=True), target=DOCKER).findings
    about = [each for each in found if each.code.startswith("DR3")]
    assert all(dotted(each.where.path) for each in about)
    return [f"{each.code} {each.severity}: {each.message} {each.hint}" for each in about]


# Release, engine, the flag as it is written in hand-made launches; code, and what its message and hint must say.
MISTAKES = [
    # Of another release.
    (
        "1.6.0",
        "vllm",
        "is-prefill-worker: true",
        "DR304 error",
        ["Dynamo 1.3.1 had it last", "`workers.<name>.role: prefill`"],
    ),
    (
        "1.4.2",
        "vllm",
        "is-decode-worker: true",
        "DR304 error",
        ["Dynamo 1.3.1 had it last", "`workers.<name>.role: decode`"],
    ),
    ("1.4.2", "vllm", "multimodal-worker: true", "DR304 error", ["1.3.1 had it last", "Now: `--enable-multimodal`"]),
    ("1.4.2", "vllm", "multimodal-encode-worker: true", "DR304 error", ["1.3.1", "`workers.<name>.role: encode`"]),
    ("1.4.2", "vllm", "multimodal-decode-worker: true", "DR304 error", ["1.3.1", "--disaggregation-mode decode"]),
    ("1.2.1", "sglang", "multimodal-processor: true", "DR304 error", ["Dynamo 1.0.2 had it last", "Remove it"]),
    (
        "1.4.2",
        "sglang",
        "multimodal-worker: true",
        "DR304 error",
        ["1.3.1", "--enable-multimodal --dedicated-mm-encoder"],
    ),
    ("1.6.0", "sglang", "multimodal-encode-worker: true", "DR304 error", ["1.3.1", "`workers.<name>.role: encode`"]),
    ("1.2.1", "vllm", "omni: true", "DR304 error", ["Dynamo 1.0.2 had it last", "dynamo.vllm.omni"]),
    (
        "1.6.0",
        "sglang",
        "cuda-graph-bs: [1, 2]",
        "DR304 error",
        ["SGLang 0.5.18 had it last", "--cuda-graph-bs-decode"],
    ),
    (
        "1.6.0",
        "sglang",
        "prefill-round-robin-balance: true",
        "DR304 error",
        ["0.5.18", "--load-balance-method round_robin"],
    ),
    ("1.5.1", "sglang", "torchao-config: x", "DR304 error", ["SGLang 0.5.16 had it last"]),
    ("1.5.1", "vllm", "calculate-kv-scales: true", "DR304 error", ["vLLM 0.26.0 had it last"]),
    ("1.2.1", "vllm", "use-replayssm: true", "DR304 error", ["vLLM 0.28.0 is the first that has it"]),
    # Gone for longer than we can see.
    (
        "1.2.1",
        "vllm",
        "store-kv: file",
        "DR304 error",
        ["gone before Dynamo 1.0.2", "`infrastructure.discovery: file`"],
    ),
    ("1.6.0", "sglang", "store-kv: file", "DR304 error", ["`infrastructure.discovery: file`"]),
    ("1.4.2", "trtllm", "store_kv: etcd", "DR304 error", ["`infrastructure.discovery`, which takes auto, file"]),
    # Taken by the parser, refused or ignored by the program.
    *(
        (version, "vllm", "connector: nixl", "DR310 error", ["--kv-transfer-config"])
        for version in ("1.0.2", "1.2.1", "1.6.0")
    ),
    ("1.6.0", "trtllm", "connector: nixl", "DR310 error", ["`nixl`", "none or kvbm"]),
    ("1.4.2", "trtllm", "override-engine-args: {}, trtllm.max_batch_size: 8", "DR310 error", ["exclude each other"]),
    ("1.4.2", "sglang", "tool-call-parser: qwen, dyn-tool-call-parser: hermes", "DR310 error", ["exclude each other"]),
    ("1.4.2", "sglang", "disagg-config: x", "DR310 error", ["needs `--disagg-config-key`"]),
    # Values of another release.
    (
        "1.4.2",
        "trtllm",
        "disaggregation-mode: prefill_and_decode",
        "DR301 error",
        ["`workers.<name>.role: aggregated`"],
    ),
    ("1.6.0", "vllm", "request-plane: http", "DR301 error", ["`infrastructure.request_plane`, which takes auto, tcp"]),
    ("1.5.1", "trtllm", "publish-events-and-metrics: true", "DR301 error", ["`frontend.router.events`"]),
    # What the recipe says, or the tool does for each process.
    ("1.6.0", "vllm", "tp: 4", "DR301 error", ["`workers.<name>.parallel.tensor: 4`"]),
    ("1.6.0", "sglang", "tp: 4", "DR301 error", ["`workers.<name>.parallel.tensor: 4`"]),
    ("1.6.0", "vllm", "discovery-backend: file", "DR301 error", ["`infrastructure.discovery: file`"]),
    ("1.6.0", "vllm", "block-size: 64", "DR301 error", ["`kv.block_size: 64`"]),
    ("1.6.0", "sglang", "page-size: 64", "DR301 error", ["`kv.block_size: 64`"]),
    ("1.6.0", "trtllm", "kv-block-size: 64", "DR301 error", ["`kv.block_size: 64`"]),
    ("1.6.0", "vllm", "kv-events-config: {publisher: zmq}", "DR301 error", ["`frontend.router.events`"]),
    ("1.6.0", "sglang", "disaggregation-bootstrap-port: 8998", "DR301 error", ["Remove it: each process gets numbers"]),
    # Of the engine's own server.
    ("1.6.0", "vllm", "host: 0.0.0.0", "DR304 error", ["engine's own server", "the frontend listens"]),
    ("1.6.0", "vllm", "root-path: /x", "DR304 error", ["engine's own server"]),
    ("1.6.0", "vllm", "tool-call-parser: hermes", "DR304 error", ["engine's own server", "--dyn-tool-call-parser"]),
    ("1.6.0", "vllm", "chat-template: x", "DR304 error", ["--custom-jinja-template"]),
    # Of the frontend, in releases whose workers have no router flags.
    ("1.4.2", "vllm", "router-mode: kv", "DR304 error", ["put it into `frontend.args`"]),
    # Unknown keys.
    (
        "1.4.2",
        "trtllm",
        "trtllm.kv_cache_config.free_gpu_memory_fracton: 0.8",
        "DR311 warning",
        ["free_gpu_memory_fraction"],
    ),
    ("1.4.2", "trtllm", "override-engine-args: {kv_cache_confg: {}}", "DR311 warning", ["kv_cache_config"]),
    ("1.6.0", "vllm", "kv-transfer-config: {kv_conector: x}", "DR311 error", ["kv_connector"]),
    ("1.0.2", "trtllm", "trtllm.max_batch_size: 8", "DR304 error", ["There is no flag"]),
    # Deprecated.
    ("1.6.0", "vllm", "aic-backend: x", "DR304 error", ["put it into `frontend.args`"]),
]


@pytest.mark.parametrize(("version", "engine", "args", "code", "says"), MISTAKES, ids=lambda each: str(each)[:40])
def test_a_mistake_of_a_worker_is_refused_with_what_to_write(version, engine, args, code, says):
    found = told(WORKER.format(version, engine, args))
    assert any(each.startswith(f"{code}:") and all(part in each for part in says) for each in found), found
    assert len(found) == 1, found


FRONTENDS = [
    ("1.4.2", "router-reset-states: true", "DR304 error", ["Dynamo 1.3.1 had it last", "Remove it"]),
    ("1.6.0", "router-durable-kv-events: true", "DR304 error", ["1.3.1", "Remove it"]),
    ("1.4.0", "router-snapshot-threshold: 5", "DR304 error", ["1.3.1"]),
    ("1.2.0", "router-max-tree-size: 5", "DR304 error", ["Dynamo 1.1.1 had it last", "--router-ttl-secs"]),
    ("1.1.0", "decode-fallback: true", "DR304 error", ["Dynamo 1.0.2 had it last"]),
    ("1.4.2", "store-kv: file", "DR304 error", ["`infrastructure.discovery: file`"]),
    ("1.4.2", "router-mode: power-of-two", "DR301 error", ["`frontend.router.mode: power_of_two`"]),
    ("1.6.0", "router-temperature: 0.5", "DR307 warning", ["removed in v1.7", "--router-policy-config."]),
    ("1.6.0", "no-router-kv-events: true", "DR301 error", ["`frontend.router.events: predicted`"]),
    ("1.6.0", "raw: [--router-mode, kv]", "DR301 warning", ["`frontend.router.mode: kv`"]),
    ("1.6.0", "dyn-chat-processor: sglang, tool-call-parser: qwen", "DR304 warning", ["handed to the chat processor"]),
]


@pytest.mark.parametrize(("version", "args", "code", "says"), FRONTENDS, ids=lambda each: str(each)[:40])
def test_a_mistake_of_the_frontend_is_refused_with_what_to_write(version, args, code, says):
    found = told(FRONTEND.format(version, args))
    assert any(each.startswith(f"{code}:") and all(part in each for part in says) for each in found), found
    assert len(found) == 1, found


FINE = [
    (
        "1.6.0",
        "vllm",
        "O: 3, enable-prefix-caching: false, kv-transfer-config: {kv_connector: NixlConnector, kv_role: kv_both}",
    ),
    ("1.6.0", "vllm", "kv_transfer_config.kv_connector: NixlConnector, hf-overrides: {a: 1}, enforce_eager: true"),
    ("1.6.0", "sglang", "trust-remote-code: true, cuda-graph-bs-decode: [1, 2, 4], mem-fraction-static: 0.8"),
    (
        "1.4.2",
        "trtllm",
        "trtllm.kv_cache_config.free_gpu_memory_fraction: 0.8, trtllm.enable_chunked_prefill: true, connector: kvbm",
    ),
    ("1.4.2", "trtllm", "override-engine-args: {kv_cache_config: {free_gpu_memory_fraction: 0.8}}"),
]


@pytest.mark.parametrize(("version", "engine", "args"), FINE)
def test_good_flags_pass(version, engine, args):
    assert told(WORKER.format(version, engine, args)) == []
