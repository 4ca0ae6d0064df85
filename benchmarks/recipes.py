"""The recipes that are measured: one for each path through `validate`, and many that differ."""

from collections.abc import Iterator
from itertools import islice, product

_HEAD = "schema: 1\nmodel: Qwen/Qwen3-0.6B\nengine: mocker\n"
SHAPES = {
    "three lines": _HEAD,
    "prefill, decode, KV router": _HEAD
    + "dynamo: '1.4.2'\nhardware: {gpu: h100_sxm, gpus_per_node: 8}\nfrontend: {router: kv}\n"
    + "workers:\n  prefill: {replicas: 2, parallel: {tensor: 2}, max_requests: 64}\n"
    + "  decode: {parallel: {tensor: 4}, args: {speedup-ratio: 10}, env: {RUST_LOG: info}}\n"
    + "kv: {block_size: 64, dtype: fp8}\nenv: {HF_TOKEN: {secret: huggingface}}\n",
    "range of releases": _HEAD + "dynamo: '>=1.4,<1.7'\n",
}

# All that can be laid over a recipe, at once: files beside `recipe.yaml`, and the words that name them.
COMPOSED = {
    "recipe.yaml": "schema: 1\nextends: ./base.yaml\nmodel: {max_length: '${context}'}\n"
    "parameters:\n  context: {type: int, default: 32768, choices: [8192, 32768]}\n"
    "variants:\n  kv: {axis: router, frontend: {router: kv}}\n  wide: {workers: {aggregated: {replicas: 4}}}\n",
    "base.yaml": f"{_HEAD}dynamo: '1.4.2'\nworkers: {{aggregated: {{env: {{RUST_LOG: '${{LEVEL:-info}}'}}}}}}\n"
    "env: {HF_TOKEN: {secret: huggingface}}\n",
    "site.yaml": "site: 1\nnamespace: inference\nsecrets: {huggingface: {env: HF_TOKEN, file: ~/token}}\n"
    "hosts: {node-a: {os: linux, arch: x86_64, glibc: '2.39', python: ['3.12']}}\n",
}
COMPOSING = ("--variant", "kv", "--variant", "wide", "--set", "kv.block_size=64", "--set", "parameters.context=8192")


def replicated(count: int) -> bytes:
    """Return a recipe with so many replicas of one worker."""
    return f"{_HEAD}workers: {{aggregated: {{replicas: {count}}}}}\n".encode()


def distinct(count: int) -> Iterator[bytes]:
    """Yield recipes of which no two are the same: releases, layouts, router modes, widths, sizes."""
    layouts = ("{aggregated: {PARALLEL}}", "{prefill: {replicas: 2, PARALLEL}, decode: {PARALLEL}}")
    widths = ("tensor: 2", "data: 4", "tensor: 4, pipeline: 2", "tensor: 8")
    axes = product(range(1, count + 1), ("1.4.2", "1.6.0"), layouts, ("kv", "round_robin", "random"), widths)
    for size, release, layout, router, width in islice(axes, count):
        workers = layout.replace("PARALLEL", f"parallel: {{{width}}}")
        text = f"{_HEAD}dynamo: '{release}'\nfrontend: {{router: {router}}}\nworkers: {workers}\n"
        yield f"{text}kv: {{block_size: {size}}}\n".encode()
