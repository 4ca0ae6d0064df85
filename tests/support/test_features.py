"""What a recipe asks for: by its keys, and by the flags of its engine and workers."""

import pytest

from dynamo_recipes.recipe.read import read
from dynamo_recipes.support import data, features
from dynamo_recipes.support.flags import canonical


def asked(engine: str, lines: str = "") -> set[str]:
    recipe = read(
        f"schema: 1\n{'' if 'model:' in lines else 'model: a/b'}\nengine: {engine}\n{lines}".encode(), "r.yaml"
    )
    assert recipe.recipe is not None, recipe.findings
    return set(features.asked(recipe.recipe)) - {"kv_reuse"}


KEYS = [
    ("", set()),
    ("workers: {aggregated: {}}", set()),
    ("workers: {prefill: {}, decode: {}}", {"disaggregation"}),
    ("workers: {one: {role: prefill}, two: {role: decode}}", {"disaggregation"}),
    ("workers: {prefill: {}}", set()),
    ("frontend: {router: kv}", {"kv_aware_routing"}),
    ("frontend: {router: random}", set()),
    ("kv: {offload: {engine: kvbm}}", {"kvbm"}),
    ("kv: {offload: {engine: lmcache}}", {"kv_offload"}),
    ("kv: {offload: none}", set()),
    ("model: {id: a, adapters: [{name: a, source: b}]}", {"lora"}),
    ("model: {id: a, modalities: [text, image, audio]}", {"multimodal_image", "multimodal_audio"}),
    (
        "model: {id: a, modalities: [image]}\nworkers: {prefill: {}, decode: {}}",
        {"multimodal_image", "disaggregation", "ep_d"},
    ),
    (
        "model: {id: a, modalities: [image]}\nworkers: {encode: {}, prefill: {}, decode: {}}",
        {"multimodal_image", "disaggregation"},
    ),
    ("model: {id: a, modalities: [image]}\nworkers: {encode: {}, pd: {}}", {"multimodal_image"}),
]


@pytest.mark.parametrize(("lines", "expected"), KEYS)
@pytest.mark.parametrize("engine", ["mocker", "sglang", "trtllm", "vllm", "toy"])
def test_what_keys_ask_for(engine, lines, expected):
    assert asked(engine, lines) == expected


SPECULATIVE = {"speculative_decoding"}
FLAGS = [
    ("vllm", "speculative-config: {method: eagle3}", SPECULATIVE | {"eagle3"}),
    ("vllm", "--speculative_config: {method: EAGLE3}", SPECULATIVE | {"eagle3"}),
    ("vllm", """speculative-config: ' {"method": "eagle3"}'""", SPECULATIVE | {"eagle3"}),
    ("vllm", "speculative-config: {method: ngram}", SPECULATIVE),
    ("vllm", "speculative-config: '{not JSON'", SPECULATIVE),
    ("vllm", "speculative-config: '[1]'", SPECULATIVE),
    ("vllm", 'speculative-config: \'{"method": ' + "[" * 2000 + "'", SPECULATIVE),
    ("vllm", "speculative-config: ~", set()),
    ("vllm", "enable_expert_parallel: true", {"expert_parallel"}),
    ("vllm", "enable_expert_parallel: false", set()),
    ("vllm", "load-format: gms", {"gms"}),
    ("vllm", "load-format: auto", set()),
    ("vllm", "disable-hybrid-kv-cache-manager: true", {"hybrid_kv_cache_off"}),
    ("vllm", "trtllm.enable-chunked-prefill: true", set()),
    ("sglang", "speculative-algorithm: EAGLE3", SPECULATIVE | {"eagle3"}),
    ("sglang", "speculative_algorithm: NGRAM", SPECULATIVE),
    ("trtllm", "trtllm.enable_chunked_prefill: true", {"chunked_prefill"}),
    ("trtllm", "trtllm.enable_chunked_prefill: 'True'", {"chunked_prefill"}),
    ("trtllm", "trtllm.enable-chunked-prefill: false", set()),
    ("trtllm", "override-engine-args: {enable_chunked_prefill: true}", {"chunked_prefill"}),
    ("trtllm", """override-engine-args: '{"enable_chunked_prefill": true}'""", {"chunked_prefill"}),
    ("trtllm", "override-engine-args: {moe_config: {backend: WIDEEP}}", {"wide_expert_parallel"}),
    ("trtllm", "override-engine-args: {moe_config: WIDEEP}", set()),
    ("mocker", "speculative-config: {method: eagle3}", set()),
    ("toy", "speculative-config: {method: eagle3}", set()),
]


@pytest.mark.parametrize(("engine", "flag", "expected"), FLAGS)
def test_what_flags_ask_for(engine, flag, expected):
    assert asked(f"{{name: {engine}, args: {{{flag}}}}}") == expected
    assert asked(engine, f"workers: {{decode: {{role: aggregated, args: {{{flag}}}}}}}") == expected


def test_a_worker_removes_what_its_engine_asks_for():
    engine = "{name: vllm, args: {load-format: gms}}"
    assert asked(engine, "workers: {aggregated: {args: {load_format: ~}}}") == set()
    assert asked(engine, "workers: {a: {role: aggregated, args: {load_format: ~}}, aggregated: {}}") == {"gms"}


@pytest.mark.parametrize(
    ("args", "on"),
    [
        ("", True),
        ("trtllm.kv_cache_config.enable_block_reuse: false", False),
        ("trtllm.kv_cache_config.enable_block_reuse: true", True),
        ("override-engine-args: {kv_cache_config: {enable_block_reuse: false}}", False),
        ("override-engine-args: {kv_cache_config: {}}", True),
        ("extra-engine-args: ./engine.yaml", False),  # what it says is not known here
    ],
)
def test_tensorrt_llm_reuses_its_kv_cache_unless_told_otherwise(args, on):
    recipe = read(f"schema: 1\nmodel: a/b\nengine: {{name: trtllm, args: {{{args}}}}}".encode(), "r.yaml").recipe
    assert ("kv_reuse" in features.asked(recipe)) == on


def test_flags_of_the_data_are_spelt_as_recipes_are_read():
    for known in data.load("asked.json")["engines"].values():
        for words in known.values():
            conditions = [each for rows in words.values() for each in rows]
            assert list(words) in (["if"], ["unless"])
            assert conditions
            assert all(canonical(each["flag"]) == each["flag"] for each in conditions)
            assert all(value == value.lower() for each in conditions for value in each.get("is", []))
    assert set(data.load("asked.json")["sources"]) <= set(data.load("sources.json"))
