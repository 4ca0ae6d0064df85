"""The rules about features, broken combinations and clusters: rows that pass, that are refused, and at the edge.

A row: the rule, the release and engine, further lines of the recipe, the machine, and what is said.
"""

import pytest

from dynamo_recipes.findings import dotted
from dynamo_recipes.recipe.read import read
from dynamo_recipes.support import data, rules
from dynamo_recipes.support.facts import Gpu, HostFacts
from dynamo_recipes.support.releases import release
from dynamo_recipes.support.resolve import judged
from dynamo_recipes.support.rules import feature
from dynamo_recipes.support.target import DOCKER, KUBERNETES, LOCAL, Target


def local(**facts) -> tuple[Target, HostFacts]:
    return LOCAL, HostFacts(**facts)


def docker(**facts) -> tuple[Target, HostFacts]:
    return DOCKER, HostFacts(**facts)


def cluster(**facts) -> tuple[Target, HostFacts]:
    return KUBERNETES, HostFacts(**facts)


KVBM = "kv: {offload: {engine: kvbm}}"
LORA = "model: {id: a/b, adapters: [{name: law, source: org/law}]}"
IMAGE = "model: {id: a/b, modalities: [text, image]}"
VIDEO = "model: {id: a/b, modalities: [video]}"
AUDIO = "model: {id: a/b, modalities: [text, audio]}"
DISAGG = "workers: {prefill: {}, decode: {}}"
EPD = "workers: {encode: {}, prefill: {}, decode: {}}"
KV = "frontend: {router: kv}"
EAGLE3 = "engine: {name: vllm, args: {speculative-config: {method: eagle3}}}"
EAGLE3_TEXT = """engine: {name: vllm, args: {--speculative_config: '{"method": "eagle3"}'}}"""
NGRAM = "engine: {name: vllm, args: {speculative-config: {method: ngram}}}"
GMS_EP = "engine: {name: vllm, args: {load-format: gms, enable-expert-parallel: true}}"
GMS_ALONE = "engine: {name: vllm, args: {load-format: gms, enable-expert-parallel: false}}"
APART = "workers: {prefill: {args: {load_format: gms}}, decode: {args: {enable_expert_parallel: true}}}"
CHUNKED = "engine: {name: trtllm, args: {trtllm.enable_chunked_prefill: true}}"
CHUNKED_JSON = "engine: {name: trtllm, args: {override-engine-args: {enable_chunked_prefill: true%s}}}"
NO_REUSE = ", kv_cache_config: {enable_block_reuse: false}"
NO_REUSE_FLAG = "workers: {aggregated: {args: {trtllm.kv_cache_config.enable_block_reuse: false}}}"
OWN_YAML = "workers: {aggregated: {args: {extra-engine-args: /etc/engine.yaml}}}"
WIDE = "engine: {name: trtllm, args: {trtllm.moe_config.backend: WIDEEP}}"
NO_HYBRID = "engine: {name: vllm, args: {disable-hybrid-kv-cache-manager: true}}"
HALF_HYBRID = "workers: {prefill: {args: {disable-hybrid-kv-cache-manager: true}}, decode: {}}"
SPECULATIVE = "engine: {name: sglang, args: {speculative-algorithm: EAGLE}}"
FP8, NVFP4 = "model: {id: a/b, precision: fp8}", "model: {id: a/b, precision: nvfp4}"
EFA_IMAGE = "engine: {name: sglang, image: 'mirror.example.org/sglang-runtime:1.3.0-efa'}"
WIDE_REPLICA = "hardware: {gpus_per_node: 8}\nworkers: {decode: {role: aggregated, parallel: {tensor: %s}}}"


def gpu(text: str) -> str:
    return f"hardware: {{gpu: {text}}}"


def image(text: str) -> str:
    return f"engine: {{name: vllm, image: '{text}'}}"


def halves(one: str, other: str) -> str:
    return f"workers: {{prefill: {{{one}}}, decode: {{{other}}}}}"


def of(version: str) -> str:
    return f"image: 'x/vllm-runtime:{version}'"


OFFLOAD = "kv.offload.engine"
ADAPTERS, SECOND = "model.adapters", "model.modalities[1]"
PRECISION = ["error DR222 model.precision"]
OLD_KUBERNETES, SKIPS = ["error DR223 dynamo"], ["error DR225 dynamo"]
ALONE = {"grove": "none", "lws": "none"}

ROWS = [
    # KVBM: there, experimental on SGLang, broken on TensorRT-LLM of 1.2, never on the mocker; deprecated from 1.5 on.
    ("kvbm", "1.4.2 vllm", KVBM, docker(), []),
    ("kvbm", "1.4.2 sglang", KVBM, docker(), [f"warning DR219 {OFFLOAD}"]),
    ("kvbm", "1.4.2 sglang", "kv: {offload: {engine: native}}", docker(), []),
    ("kvbm", "1.4.2 sglang", "kv: {offload: none}", docker(), []),
    ("kvbm", "1.2.0 trtllm", KVBM, docker(), [f"error DR219 {OFFLOAD}"]),
    ("kvbm", "1.2.1 trtllm", KVBM, docker(), [f"error DR219 {OFFLOAD}"]),
    ("kvbm", "1.3.0 trtllm", KVBM, docker(), []),
    ("kvbm", "1.6.0 mocker", KVBM, docker(), [f"error DR219 {OFFLOAD}"]),
    ("kvbm", "1.6.0 vllm", KVBM, docker(), [f"warning DR219 {OFFLOAD}"]),
    ("kvbm", "1.6.0 sglang", KVBM, docker(), [f"warning DR219 {OFFLOAD}"] * 2),
    ("kvbm", "1.5.1 vllm", KVBM, docker(), [f"warning DR229 {OFFLOAD}", f"warning DR219 {OFFLOAD}"]),
    # Through 1.0 on Python 3.12 only; an image has its own Python.
    ("kvbm", "0.9.1 vllm", KVBM, local(python=("3.12.1",)), []),
    ("kvbm", "0.9.1 vllm", KVBM, local(python=("3.11.7",)), [f"error DR219 {OFFLOAD}"]),
    ("kvbm", "0.9.1 vllm", KVBM, local(python=("3.11.7", "3.12.1")), []),
    ("kvbm", "0.9.1 vllm", KVBM, docker(python=("3.11.7",)), []),
    ("kvbm", "1.2.1 vllm", KVBM, local(python=("3.11.7",)), []),
    # LoRA: vLLM; SGLang from 1.4 on, aggregated; TensorRT-LLM and the mocker never.
    ("lora", "1.4.2 vllm", LORA, docker(), []),
    ("lora", "1.4.2 vllm", f"{LORA}\n{DISAGG}", docker(), []),
    ("lora", "1.4.2 trtllm", LORA, docker(), [f"error DR220 {ADAPTERS}"]),
    ("lora", "1.4.2 trtllm", "model: {id: a/b, adapters: []}", docker(), []),
    ("lora", "1.4.2 mocker", LORA, docker(), [f"error DR220 {ADAPTERS}"]),
    ("lora", "1.3.1 sglang", LORA, docker(), [f"error DR220 {ADAPTERS}"]),
    ("lora", "1.4.0 sglang", LORA, docker(), [f"warning DR220 {ADAPTERS}"]),
    ("lora", "1.4.0 sglang", f"{LORA}\n{DISAGG}", docker(), [f"error DR220 {ADAPTERS}"]),
    ("lora", "1.6.0 vllm", LORA, docker(), [f"warning DR229 {ADAPTERS}"]),
    # Images, video, audio: what the engine takes, and in which layout.
    ("multimodal", "1.4.2 vllm", IMAGE, docker(), []),
    ("multimodal", "1.4.2 mocker", IMAGE, docker(), [f"error DR221 {SECOND}"]),
    ("multimodal", "1.4.2 trtllm", IMAGE, docker(), []),
    ("multimodal", "1.4.2 trtllm", VIDEO, docker(), ["error DR221 model.modalities[0]"]),
    ("multimodal", "1.4.2 trtllm", AUDIO, docker(), [f"error DR221 {SECOND}"]),
    ("multimodal", "1.4.2 sglang", VIDEO, docker(), []),
    ("multimodal", "1.4.2 sglang", AUDIO, docker(), [f"error DR221 {SECOND}"]),
    ("multimodal", "0.9.1 sglang", VIDEO, docker(), ["error DR221 model.modalities[0]"]),
    ("multimodal", "1.6.0 vllm", VIDEO, docker(), ["warning DR229 model.modalities[0]"]),
    ("multimodal", "1.5.1 vllm", IMAGE, docker(), [f"warning DR229 {SECOND}"]),
    # SGLang: with an encode worker or aggregated, not with prefill workers that encode.
    ("multimodal", "1.4.2 sglang", IMAGE, docker(), []),
    ("multimodal", "1.4.2 sglang", f"{IMAGE}\n{DISAGG}", docker(), [f"error DR221 {SECOND}"]),
    ("multimodal", "1.4.2 sglang", f"{IMAGE}\n{EPD}", docker(), []),
    ("multimodal", "1.4.2 trtllm", f"{IMAGE}\n{DISAGG}", docker(), []),
    ("multimodal", "1.5.1 sglang", f"{IMAGE}\n{DISAGG}", docker(), [f"error DR221 {SECOND}"]),
    # SGLang: beside KV-aware routing from 1.3.1 on.
    ("multimodal", "1.3.0 sglang", f"{IMAGE}\n{KV}", docker(), [f"error DR221 {SECOND}"]),
    ("multimodal", "1.3.1 sglang", f"{IMAGE}\n{KV}", docker(), []),
    ("multimodal", "1.3.0 sglang", IMAGE, docker(), []),
    ("multimodal", "0.9.1 trtllm", f"{IMAGE}\n{KV}", docker(), [f"error DR221 {SECOND}"]),
    ("multimodal", "1.2.1 trtllm", f"{IMAGE}\n{KV}", docker(), []),
    # Precision: FP8 from 8.9 on, NVFP4 from 10.0 on; what is not known is not judged.
    ("precision", "1.4.2 vllm", f"{FP8}\n{gpu('a100_sxm_80')}", docker(), PRECISION),
    ("precision", "1.4.2 vllm", f"{FP8}\n{gpu('l4')}", docker(), []),
    ("precision", "1.4.2 vllm", f"{NVFP4}\n{gpu('h100_sxm')}", docker(), PRECISION),
    ("precision", "1.4.2 vllm", f"{NVFP4}\n{gpu('b200_sxm')}", docker(), []),
    ("precision", "1.4.2 vllm", f"{NVFP4}\n{gpu('gb10')}", docker(), []),
    ("precision", "1.4.2 vllm", NVFP4, docker(), []),
    ("precision", "1.4.2 vllm", gpu("h100_sxm"), docker(), []),
    ("precision", "1.4.2 vllm", f"{NVFP4}\n{gpu('{name: x, memory: 9Gi}')}", docker(), []),
    ("precision", "1.4.2 vllm", f"{FP8}\n" + gpu("{name: x, compute_capability: '8.8'}"), docker(), PRECISION),
    ("precision", "1.4.2 vllm", f"{FP8}\n" + gpu("{name: x, compute_capability: '8.9'}"), docker(), []),
    ("precision", "1.4.2 mocker", f"{NVFP4}\n{gpu('h100_sxm')}", docker(), []),
    ("precision", "1.4.2 vllm", f"{NVFP4}\n{gpu('b200_sxm')}", docker(gpus=(Gpu("h200_sxm", "9.0"),)), PRECISION),
    ("precision", "1.4.2 vllm", FP8, docker(gpus=(Gpu("a", "8.0"), Gpu("b", "8.6"))), PRECISION),
    ("precision", "1.4.2 vllm", FP8, docker(gpus=(Gpu("a", "8.0"), Gpu("c", "9.0"))), []),  # one of them will do
    ("precision", "1.4.2 vllm", FP8, docker(gpus=(Gpu("a", "8.0"), Gpu("b"))), []),
    (
        "precision",
        "1.4.2 vllm",
        f"model: deepseek-ai/DeepSeek-V3.2\n{gpu('a100_sxm_80')}",
        docker(),
        ["error DR222 model"],
    ),
    ("precision", "1.4.2 vllm", f"model: deepseek-ai/DeepSeek-V3.2\n{gpu('h100_sxm')}", docker(), []),
    ("precision", "1.4.2 vllm", "model: {id: a/b, precision: int4}\n" + gpu("a30"), docker(), []),
    # Kubernetes: 1.24, from Dynamo 1.3 on 1.30.
    ("kubernetes_version", "1.4.2 vllm", "", cluster(kubernetes="1.29"), OLD_KUBERNETES),
    ("kubernetes_version", "1.4.2 vllm", "", cluster(kubernetes="1.30"), []),
    ("kubernetes_version", "1.4.2 vllm", "", cluster(kubernetes="v1.30.0-gke.100"), []),
    ("kubernetes_version", "1.3.0 vllm", "", cluster(kubernetes="v1.29.9"), OLD_KUBERNETES),
    ("kubernetes_version", "1.2.1 vllm", "", cluster(kubernetes="1.24"), []),
    ("kubernetes_version", "1.2.1 vllm", "", cluster(kubernetes="1.9"), OLD_KUBERNETES),
    ("kubernetes_version", "1.4.2 vllm", "", cluster(), []),
    ("kubernetes_version", "1.4.2 vllm", "", docker(kubernetes="1.9"), []),
    ("kubernetes_version", "1.6.2 vllm", "", cluster(kubernetes="1.31"), ["warning DR229 dynamo"]),
    ("kubernetes_version", "1.6.2 vllm", "", cluster(), []),
    # Known to be broken: vLLM of 1.3.x, Eagle3 with prefill and decode workers.
    ("known_broken", "1.3.0 vllm", f"{EAGLE3}\n{DISAGG}", docker(), ["error DR224 workers.prefill"]),
    ("known_broken", "1.3.1 vllm", f"{EAGLE3_TEXT}\n{DISAGG}", docker(), ["error DR224 workers.prefill"]),
    ("known_broken", "1.3.1 vllm", EAGLE3, docker(), []),
    ("known_broken", "1.3.1 vllm", f"{NGRAM}\n{DISAGG}", docker(), []),
    ("known_broken", "1.4.0 vllm", f"{EAGLE3}\n{DISAGG}", docker(), []),
    # vLLM of 1.3.0, GPU Memory Service with expert parallelism in one worker.
    ("known_broken", "1.3.0 vllm", GMS_EP, docker(), ["error DR224 workers.aggregated"]),
    ("known_broken", "1.3.0 vllm", GMS_ALONE, docker(), []),
    ("known_broken", "1.3.0 vllm", APART, docker(), []),
    ("known_broken", "1.4.0 vllm", GMS_EP, docker(), []),
    # vLLM of 1.3.0, KVBM with prefill and decode workers: each needs a flag.
    ("known_broken", "1.3.0 vllm", f"{KVBM}\n{DISAGG}", docker(), ["error DR224 workers"]),
    ("known_broken", "1.3.0 vllm", f"{KVBM}\n{DISAGG}\n{NO_HYBRID}", docker(), []),
    ("known_broken", "1.3.0 vllm", f"{KVBM}\n{HALF_HYBRID}", docker(), ["error DR224 workers"]),
    ("known_broken", "1.3.0 vllm", KVBM, docker(), []),
    ("known_broken", "1.3.1 vllm", f"{KVBM}\n{DISAGG}", docker(), []),
    # TensorRT-LLM of 1.1.x, KV reuse, which is on by itself, with chunked prefill.
    ("known_broken", "1.1.0 trtllm", CHUNKED, docker(), ["error DR224 workers.aggregated"]),
    ("known_broken", "1.1.1 trtllm", CHUNKED_JSON % "", docker(), ["error DR224 workers.aggregated"]),
    ("known_broken", "1.1.1 trtllm", CHUNKED_JSON % NO_REUSE, docker(), []),
    ("known_broken", "1.1.1 trtllm", f"{CHUNKED}\n{NO_REUSE_FLAG}", docker(), []),
    ("known_broken", "1.1.1 trtllm", f"{CHUNKED}\n{OWN_YAML}", docker(), []),
    ("known_broken", "1.1.1 trtllm", "", docker(), []),
    ("known_broken", "1.2.0 trtllm", CHUNKED, docker(), []),
    # TensorRT-LLM of 1.3.0, decode workers with wide expert parallelism.
    ("known_broken", "1.3.0 trtllm", f"{WIDE}\n{DISAGG}", docker(), ["error DR224 workers.prefill"]),
    ("known_broken", "1.3.0 trtllm", WIDE, docker(), []),
    ("known_broken", "1.3.1 trtllm", f"{WIDE}\n{DISAGG}", docker(), []),
    # 1.2.x, prefill and decode workers over EFA on arm64, whatever the engine.
    ("known_broken", "1.2.1 vllm", DISAGG, cluster(fabric="efa", arch="aarch64"), ["error DR224 workers"]),
    ("known_broken", "1.2.1 trtllm", f"{DISAGG}\n{gpu('gb200')}", cluster(fabric="efa"), ["error DR224 workers"]),
    ("known_broken", "1.2.1 vllm", DISAGG, cluster(fabric="efa", arch="x86_64"), []),
    ("known_broken", "1.2.1 vllm", DISAGG, cluster(fabric="efa"), []),
    ("known_broken", "1.2.1 vllm", DISAGG, cluster(fabric="infiniband", arch="aarch64"), []),
    ("known_broken", "1.2.1 vllm", "", cluster(fabric="efa", arch="aarch64"), []),
    ("known_broken", "1.2.1 mocker", DISAGG, cluster(fabric="efa", arch="aarch64"), []),
    ("known_broken", "1.3.0 vllm", DISAGG, cluster(fabric="efa", arch="aarch64"), []),
    # SGLang of 1.3.x, prefill and decode workers over EFA: stalls, in 1.3.1 now and then.
    ("known_broken", "1.3.0 sglang", DISAGG, cluster(fabric="efa"), ["error DR224 workers"]),
    ("known_broken", "1.3.0 sglang", f"{DISAGG}\n{EFA_IMAGE}", docker(), ["error DR224 workers"]),
    ("known_broken", "1.3.0 sglang", f"{DISAGG}\n{EFA_IMAGE}", local(environment=True), []),
    ("known_broken", "1.3.1 sglang", DISAGG, cluster(fabric="efa"), ["warning DR224 workers"]),
    ("known_broken", "1.4.0 sglang", DISAGG, cluster(fabric="efa"), []),
    # DeepSeek V4 on SGLang of 1.2.0; videos on 1.5.x.
    ("known_broken", "1.2.0 sglang", "model: deepseek-ai/DeepSeek-V4-Pro", docker(), ["error DR224 workers"]),
    ("known_broken", "1.2.0 sglang", "model: deepseek-ai/DeepSeek-V3", docker(), []),
    ("known_broken", "1.2.1 sglang", "model: deepseek-ai/DeepSeek-V4-Pro", docker(), []),
    ("known_broken", "1.5.1 vllm", VIDEO, docker(), ["warning DR224 workers"]),
    ("known_broken", "1.5.1 vllm", IMAGE, docker(), []),
    ("known_broken", "1.6.0 vllm", VIDEO, docker(), []),
    # Versions in images: two minor lines from the frontend, prefill and decode the same.
    ("version_window", "1.6.0 vllm", image("x/vllm-runtime:1.4.2"), docker(), []),
    ("version_window", "1.6.0 vllm", image("x/vllm-runtime:1.3.1"), docker(), ["error DR225 engine.image"]),
    ("version_window", "1.6.0 vllm", image("h:5000/x/vllm-runtime:1.3.1-efa"), docker(), ["error DR225 engine.image"]),
    ("version_window", "1.1.1 vllm", image("vllm-runtime:1.4.2"), docker(), ["error DR225 engine.image"]),
    ("version_window", "1.0.2 vllm", image("vllm-runtime:0.8.1.post1"), docker(), []),
    ("version_window", "1.0.2 vllm", image("vllm-runtime:0.7.0.post1"), docker(), ["error DR225 engine.image"]),
    ("version_window", "1.6.0 vllm", image("vllm-runtime:1.3.1"), local(environment=True), []),
    *(
        ("version_window", "1.6.0 vllm", image(each), docker(), [])
        for each in ("vllm-runtime", "vllm-runtime:latest", f"vllm-runtime@sha256:{'0' * 64}", "vllm-runtime:9.9.9")
    ),
    ("version_window", "1.6.0 vllm", image("vllm/vllm-openai:0.9.1"), docker(), []),
    (
        "version_window",
        "1.6.0 vllm",
        f"workers: {{aggregated: {{{of('1.3.1')}}}}}",
        docker(),
        ["error DR225 workers.aggregated.image"],
    ),
    ("version_window", "1.6.0 vllm", halves(of("1.5.1"), of("1.5.1-cuda13")), docker(), []),
    ("version_window", "1.6.0 vllm", halves(of("1.5.1"), of("1.5.0")), docker(), ["error DR225 workers.decode"]),
    ("version_window", "1.6.0 vllm", halves(of("1.6.1"), ""), docker(), ["error DR225 workers.decode"]),
    ("version_window", "1.6.0 vllm", halves(of("1.6.0"), ""), docker(), []),
    ("version_window", "1.6.0 vllm", halves(of("1.5.1"), of("latest")), docker(), []),
    # An upgrade of the platform goes line by line; the way back is another matter.
    ("version_window", "1.6.0 vllm", "", cluster(operator="1.5.0"), []),
    ("version_window", "1.6.0 vllm", "", cluster(operator="1.6.1"), []),
    ("version_window", "1.6.0 vllm", "", cluster(operator="1.4.2"), SKIPS),
    ("version_window", "1.0.0 vllm", "", cluster(operator="0.9.1"), []),
    ("version_window", "1.0.0 vllm", "", cluster(operator="0.8.1"), SKIPS),
    ("version_window", "1.4.2 vllm", "", cluster(operator="1.6.1"), []),
    ("version_window", "1.6.0 vllm", "", cluster(operator="9.9.9"), []),
    ("version_window", "1.6.0 vllm", "", docker(operator="1.4.2"), []),
    # Several nodes for one replica: Grove or LeaderWorkerSet.
    ("multinode", "1.4.2 vllm", WIDE_REPLICA % 16, cluster(**ALONE), ["error DR232 workers.decode"]),
    ("multinode", "1.4.2 vllm", WIDE_REPLICA % 8, cluster(**ALONE), []),
    ("multinode", "1.4.2 vllm", WIDE_REPLICA % 16, cluster(grove="none", lws="v0.7.0"), []),
    ("multinode", "1.4.2 vllm", WIDE_REPLICA % 16, cluster(grove="v0.1.0-alpha.10", lws="none"), []),
    ("multinode", "1.4.2 vllm", WIDE_REPLICA % 16, cluster(grove="none"), []),
    ("multinode", "1.4.2 vllm", WIDE_REPLICA % 16, cluster(), []),
    ("multinode", "1.4.2 vllm", WIDE_REPLICA % 16, docker(**ALONE), []),
    ("multinode", "1.4.2 vllm", "workers: {aggregated: {parallel: {tensor: 16}}}", cluster(**ALONE), []),
    ("multinode", "1.4.2 mocker", WIDE_REPLICA % 16, cluster(**ALONE), []),
    # Grove and the KAI scheduler: the ranges of the release.
    ("grove", "1.3.0 vllm", "", cluster(grove="v0.1.0-alpha.8", kai_scheduler="v0.13.4"), []),
    ("grove", "1.3.0 vllm", "", cluster(grove="v0.1.0-alpha.9"), ["error DR233 dynamo"]),
    ("grove", "1.3.0 vllm", "", cluster(grove="v0.1.0-alpha.10"), ["error DR233 dynamo"]),
    ("grove", "1.4.2 vllm", "", cluster(grove="v0.1.0-alpha.9"), ["error DR233 dynamo"]),
    ("grove", "1.4.2 vllm", "", cluster(grove="v0.1.0-alpha.10"), []),
    ("grove", "1.6.0 vllm", "", cluster(grove="v0.1.0-alpha.14-rc1", kai_scheduler="v0.17.0"), []),
    ("grove", "1.6.0 vllm", "", cluster(grove="v0.1.0-alpha.13"), ["error DR233 dynamo"]),
    ("grove", "1.6.0 vllm", "", cluster(kai_scheduler="v0.16.9"), ["error DR233 dynamo"]),
    ("grove", "1.4.2 vllm", "", cluster(grove="none", kai_scheduler="none"), []),
    ("grove", "1.4.2 vllm", "", cluster(grove="latest"), []),
    ("grove", "1.4.2 vllm", "", docker(grove="v0.1.0-alpha.1"), []),
    ("grove", "1.2.1 vllm", "", cluster(grove="v0.1.0-alpha.8"), ["warning DR229 dynamo"]),
    ("grove", "1.2.1 vllm", "", cluster(grove="none"), []),
    # What is experimental, and told by no other rule.
    ("experimental", "1.4.2 sglang", SPECULATIVE, docker(), ["warning DR235 engine"]),
    ("experimental", "1.4.2 sglang", "", docker(), []),
    ("experimental", "1.4.2 vllm", NGRAM, docker(), []),
    ("experimental", "1.4.2 vllm", AUDIO, docker(), [f"warning DR235 {SECOND}"]),
    ("experimental", "1.4.2 vllm", IMAGE, docker(), []),
    ("experimental", "1.4.2 sglang", f"{DISAGG}\n{KV}", docker(), []),
    ("experimental", "1.6.0 sglang", SPECULATIVE, docker(), []),
]
OURS = {row[0] for row in ROWS}
IDS = [" ".join((row[0], row[1], row[2].replace("\n", " "), row[3][0].name))[:110] for row in ROWS]


def found(of: str, lines: str, place: tuple[Target, HostFacts]):
    """Return what all rules of this table say of a pinned release."""
    version, engine = of.split()
    head = ["schema: 1", f"dynamo: '{version}'"]
    head += [] if "model:" in lines else ["model: a/b"]
    head += [] if "engine: {name" in lines.replace("offload: {engine", "") else [f"engine: {engine}"]
    recipe = read("\n".join((*head, lines)).encode(), "r.yaml").recipe
    assert recipe is not None
    target, facts = place
    return judged(recipe, version, facts, target).findings


def said(of: str, lines: str, place: tuple[Target, HostFacts]) -> list[str]:
    return [f"{each.severity} {each.code} {dotted(each.where.path)}" for each in found(of, lines, place)]


@pytest.fixture
def only_ours(monkeypatch):
    """Let the rules of other tables say nothing."""
    monkeypatch.setattr(rules, "RULES", {name: rule for name, rule in rules.RULES.items() if name in OURS})


@pytest.mark.parametrize(("rule", "of", "lines", "place", "expected"), ROWS, ids=IDS)
def test_what_is_said_of(rule, of, lines, place, expected, monkeypatch):
    monkeypatch.setattr(rules, "RULES", {rule: rules.RULES[rule]})
    assert said(of, lines, place) == expected


@pytest.mark.parametrize(("rule", "of", "lines", "place", "expected"), ROWS, ids=IDS)
def test_each_finding_says_what_is_wrong_and_what_to_do(rule, of, lines, place, expected, only_ours):
    for each in found(of, lines, place):
        assert each.message.endswith(".")
        assert each.hint.endswith(".")


@pytest.mark.parametrize("rule", sorted(OURS))
def test_a_rule_that_is_switched_off_changes_a_row(rule, only_ours, monkeypatch):
    rows = [(of, lines, place) for _, of, lines, place, _ in ROWS]
    before = [said(*row) for row in rows]
    monkeypatch.delitem(rules.RULES, rule)
    assert [said(*row) for row in rows] != before


@pytest.mark.parametrize("rule", sorted(OURS))
def test_each_rule_has_rows_on_both_sides(rule):
    rows = [row for row in ROWS if row[0] == rule]
    assert any(not row[-1] for row in rows)
    assert any(row[-1] for row in rows)


def test_each_broken_combination_has_a_row_of_its_own():
    """Each is a caveat of some release, its fix is in a release that does not have it, and its sources are known."""
    sources, caveats = data.load("sources.json"), data.load("caveats.json")
    said_of = " ".join(each.message for row in ROWS for each in found(*row[1:4]) if each.code == "DR224")
    for name, row in data.load("broken.json").items():
        assert any(name in release(each).caveats for each in data.release_names())
        assert row["fixed_in"] is None or name not in release(row["fixed_in"]).caveats
        assert caveats[name]["severity"] in ("error", "warning")
        assert set(row["sources"]) <= set(sources)
        assert row["what"] in said_of


@pytest.mark.parametrize("version", data.release_names())
def test_what_a_feature_does_not_stand_beside_has_words(version):
    for engines in release(version).features.values():
        for each in engines.values():
            assert set(each.not_with) <= set(feature._BESIDE)


FIXED = [
    (("1.2.1 vllm", DISAGG, cluster(fabric="efa", arch="aarch64")), "Fixed in Dynamo 1.3.0."),
    (("1.3.0 vllm", GMS_EP, docker()), "The next release that is not known to have this is 1.4.0."),
    (("1.3.0 vllm", f"{EAGLE3}\n{DISAGG}", docker()), "The next release that is not known to have this is 1.4.0."),
    (("1.3.0 sglang", DISAGG, docker(fabric="efa")), "The next release that is not known to have this is 1.4.0."),
]


@pytest.mark.parametrize(("row", "end"), FIXED)
def test_a_broken_combination_names_the_release_that_has_the_fix(row, end, only_ours):
    (each,) = (each for each in found(*row) if each.code == "DR224")
    assert each.hint.endswith(end)


WORDS = [
    (
        ("1.4.2 trtllm", LORA, docker()),
        "TensorRT-LLM has no LoRA in Dynamo 1.4.2.",
        "In this release sglang and vllm can.",
    ),
    (
        ("1.2.1 trtllm", KVBM, docker()),
        "KVBM does not work with TensorRT-LLM in Dynamo 1.2.1: fails in every tested configuration.",
        "Let the engine offload by itself, `engine: native`, or remove `kv.offload`.",
    ),
    (
        ("1.4.2 mocker", IMAGE, docker()),
        "Dynamo mocker takes no image in Dynamo 1.4.2.",
        "In this release sglang, trtllm and vllm can.",
    ),
    (
        ("1.4.2 vllm", f"{NVFP4}\n{gpu('h100_sxm')}", docker()),
        "nvfp4 needs compute capability 10.0, and h100_sxm has 9.0.",
        "Choose another checkpoint or GPU. h100_sxm computes in bf16, fp16, fp8, int4, int8, mxfp4.",
    ),
    (
        ("1.4.2 vllm", "", cluster(kubernetes="1.29")),
        "Dynamo 1.4.2 needs Kubernetes 1.30, and the cluster has 1.29.",
        "Upgrade the cluster, or choose an older release.",
    ),
    (
        ("1.6.0 vllm", LORA, docker()),
        "Dynamo 1.6.0 is not verified here: whether vLLM has LoRA is not known.",
        "Try it before you rely on it, or let the recipe allow an older release, which may be known in full.",
    ),
]


@pytest.mark.parametrize(("row", "message", "hint"), WORDS)
def test_the_words(row, message, hint, only_ours):
    (each,) = found(*row)
    assert (each.message, each.hint) == (message, hint)
