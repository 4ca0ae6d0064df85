"""Every key of a recipe: its default, its bounds, its type; and what is not a key."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel
from smallest import smallest

from dynamo_recipes.findings import dotted
from dynamo_recipes.recipe import about, model
from dynamo_recipes.recipe.fields import MOST_ENTRIES
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.recipe.read import Reading, read

HEAD = "model: a/b"
TESTED = "about: {tested: [{date: 2026-10-01, dynamo: 1.4.2, status: works, %s}]}"


def reading(text: str) -> Reading:
    """Read the smallest recipe with a line of another content, or with more lines."""
    return read(smallest(text), "r.yaml")


def codes(text: str) -> list[str]:
    return [each.code for each in reading(text).findings]


def recipe(text: str) -> Recipe:
    found = reading(text)
    assert found.recipe is not None, found.findings
    return found.recipe


# Key, the text that brings its section, and the default that the documentation promises.
DEFAULTS: list[tuple[str, str, Any]] = [
    ("name", "", None),
    ("description", "", None),
    ("about.source", "", None),
    ("about.maintainers", "", []),
    ("about.tested", "", []),
    ("about.tested[0].gpu", TESTED % "x-a: 1", None),
    ("about.tested[0].note", TESTED % "x-a: 1", None),
    ("about.tested[0].figures", TESTED % "x-a: 1", {}),
    ("model.id", "model: {path: x}", None),
    ("model.path", "", None),
    ("model.packaged", "", None),
    ("model.served_name", "", None),
    ("model.revision", "", None),
    ("model.precision", "", None),
    ("model.modalities", "", ["text"]),
    ("model.adapters", "", []),
    ("model.task", "", "chat"),
    ("model.max_length", "", None),
    ("dynamo.version", "", None),
    ("engine.version", "", None),
    ("engine.image", "", None),
    ("engine.args", "", {}),
    ("hardware.gpu", "", None),
    ("hardware.gpu.memory", "hardware: {gpu: l4}", None),
    ("hardware.gpu.compute_capability", "hardware: {gpu: l4}", None),
    ("hardware.gpus_per_node", "", None),
    ("hardware.nodes", "", 1),
    ("frontend.host", "", "127.0.0.1"),
    ("frontend.port", "", 8000),
    ("frontend.router.mode", "", "round_robin"),
    ("frontend.router.events", "", None),
    ("frontend.args", "", {}),
    ("workers.aggregated.role", "", None),
    ("workers.aggregated.replicas", "", 1),
    ("workers.aggregated.parallel.tensor", "", 1),
    ("workers.aggregated.parallel.pipeline", "", 1),
    ("workers.aggregated.parallel.data", "", 1),
    ("workers.aggregated.parallel.context", "", 1),
    ("workers.aggregated.image", "", None),
    ("workers.aggregated.max_requests", "", None),
    ("workers.aggregated.args", "", {}),
    ("workers.aggregated.env", "", {}),
    ("kv.offload", "", None),
    ("kv.offload.cpu", "kv: {offload: {engine: native}}", None),
    ("kv.offload.disk", "kv: {offload: {engine: native}}", None),
    ("kv.block_size", "", None),
    ("kv.dtype", "", "auto"),
    ("infrastructure.discovery", "", "auto"),
    ("infrastructure.request_plane", "", "auto"),
    ("infrastructure.response_plane", "", "auto"),
    ("infrastructure.event_plane", "", "auto"),
    ("env", "", {}),
    ("env.A.value", "env: {A: {secret: hf}}", None),
    ("env.A.secret", "env: {A: x}", None),
    ("files", "", {}),
    ("ready.timeout", "", "30m"),
    ("ready.idle_timeout", "", "10m"),
    ("stop.grace", "", "100s"),
    ("extends", "", None),
    ("parameters", "", {}),
    ("parameters.A.type", "parameters: {A: {}}", None),
    ("parameters.A.default", "parameters: {A: {}}", None),
    ("parameters.A.description", "parameters: {A: {}}", None),
    ("parameters.A.choices", "parameters: {A: {}}", None),
    ("variants", "", {}),
]
REQUIRED = [
    "schema",
    "model",
    "engine",
    "engine.name",
    "hardware.gpu.name",
    "kv.offload.engine",
    *(f"model.adapters[0].{key}" for key in ("name", "source")),
    *(f"about.tested[0].{key}" for key in ("date", "dynamo", "status")),
]
SECTIONS = [
    "about",
    "dynamo",
    "hardware",
    "frontend",
    "frontend.router",
    "workers",
    "workers.aggregated.parallel",
    "kv",
]
SECTIONS += ["infrastructure", "ready", "stop"]


@pytest.mark.parametrize(("key", "text", "default"), DEFAULTS, ids=[row[0] for row in DEFAULTS])
def test_the_default_of(key, text, default):
    value: Any = recipe(text)
    for step in key.replace("[0]", ".0").split("."):
        value = value[int(step)] if step.isdigit() else value[step] if isinstance(value, dict) else getattr(value, step)
    assert value == default


def keys(section: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield every key that the model has, as the tables above write it."""
    for name, field in section.model_fields.items():
        key = prefix + (field.alias or name)
        yield key
        for inner in sections_in(field.annotation):
            entry = {"workers": ".aggregated", "env": ".A", "parameters": ".A", "tested": "[0]", "adapters": "[0]"}.get(
                name, ""
            )
            yield from keys(inner, f"{key}{entry}.")


def sections_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for each in getattr(annotation, "__args__", ()) for found in sections_in(each)]


def test_every_key_of_the_model_is_in_a_table_here():
    known = {key for key, _, _ in DEFAULTS} | set(REQUIRED) | set(SECTIONS)
    assert {each for each in keys(Recipe) if not each.startswith("workers.aggregated.env.")} == known


@pytest.mark.parametrize("section", [each for each in SECTIONS if each != "workers"])
def test_an_empty_section_means_the_same_as_none(section):
    text = "{}"
    for key in reversed(section.split(".")):
        text = f"{{{key}: {text}}}"
    assert recipe(text[1:-1]) == recipe("")


@pytest.mark.parametrize("key", REQUIRED)
def test_a_needed_key_that_is_missing(key):
    data = {
        "schema": 1,
        "model": {"id": "a/b", "adapters": [{"name": "a", "source": "b"}]},
        "engine": {"name": "mocker"},
        "hardware": {"gpu": {"name": "l4"}},
        "kv": {"offload": {"engine": "native"}},
        "about": {"tested": [{"date": "2026-10-01", "dynamo": "1.4.2", "status": "works"}]},
    }
    section: Any = data
    *steps, last = key.replace("[0]", ".0").split(".")
    for step in steps:
        section = section[int(step)] if step.isdigit() else section[step]
    del section[last]
    (found,) = read(json.dumps(data).encode(), "r.yaml").findings
    assert (found.code, dotted(found.where.path)) == ("DR107", key)


def test_the_recipe_of_three_lines():
    smallest = recipe("")
    assert (smallest.schema_version, smallest.model.id, smallest.engine.name) == (1, "a/b", "mocker")
    assert list(smallest.workers) == ["aggregated"]
    assert smallest.workers["aggregated"].parallel.gpus == 1


SHORT = [
    ("model: a/b", "model: {id: a/b}"),
    ("engine: mocker", "engine: {name: mocker}"),
    ("dynamo: 1.4.2", "dynamo: {version: 1.4.2}"),
    ("frontend: {router: kv}", "frontend: {router: {mode: kv}}"),
    ("hardware: {gpu: l4}", "hardware: {gpu: {name: l4}}"),
    ("kv: {offload: none}", "kv: {offload: ~}"),
    ("kv: {offload: none}", "kv: {}"),
    ("env: {A: x}", "env: {A: {value: x}}"),
    ("env: {A: 5}", "env: {A: {value: '5'}}"),
    ("env: {A: -5}", "env: {A: '-5'}"),
]


@pytest.mark.parametrize(("short", "long"), SHORT)
def test_the_short_form_means_the_long_one(short, long):
    assert recipe(short) == recipe(long)


WIDTHS = [f"workers: {{decode: {{parallel: {{{key}: %s}}}}}}" for key in model.Parallel.model_fields]
GOOD: list[tuple[str, list[str]]] = [
    ("name: %s", ["a", "a-1", "a" * 40, "a" + "-" * 38 + "b"]),
    ("description: %s", ["x", "''", "|\n two\n lines", "~"]),
    ("parameters: {%s: 1}", ["a", "_A1"]),
    ("parameters: {A: %s}", ["x", "5", "1.5", "true", "{}", "{type: int, default: 5, choices: [5, 6]}"]),
    ("parameters: {A: {type: %s}}", ["string", "int", "float", "bool", "~"]),
    ("variants: {%s: {}}", ["h200", "a-1", "1", "a" * 40]),
    ("variants: {a: {%s}}", ["", "axis: gpu", "no_key_is_looked_at: 1"]),
    ("about: {source: %s}", ["x", "~"]),
    ("about: {maintainers: %s}", ["[]", "[a, b]"]),
    (TESTED.replace("2026-10-01", "%s") % ("%s", "x-a: 1"), ["2026-10-01", "0000-00-00"]),
    (TESTED.replace("works", "%s") % ("%s", "x-a: 1"), ["works", "slow", "fails"]),
    (TESTED, ["figures: {ttft_ms: 210, any: [1, {b: ~}]}", "gpu: any", "note: ''"]),
    (
        "model: %s",
        ["a", "a/b", "A1_.-/B1_.-", "0/0", "a" * 200, "{path: /}", "{path: ~/x}"],
    ),
    ("model: {path: %s}", ["x", "x" * 4096, "./a b", "é"]),
    ("model: {id: a, served_name: %s}", ["a", "a b", "Qwen/x:1", "é", "a" * 200]),
    ("model: {id: a, revision: %s}", ["main", "v1.0", "refs/pr/1", "'0123abc'", "a" * 200, "~"]),
    ("model: {id: a, precision: %s}", ["bf16", "fp16", "fp8", "nvfp4", "mxfp4", "int8", "int4", "~"]),
    ("model: {id: a, modalities: %s}", ["[text]", "[text, image, video, audio]", "[image]"]),
    ("model: {id: a, adapters: %s}", ["[]", "[{name: law, source: org/law}, {name: Law 2, source: ./law}]"]),
    ("model: {id: a, task: %s}", ["chat", "completion"]),
    ("model: {id: a, max_length: %s}", ["1", "100000000", "~"]),
    ("model: {packaged: %s}", ["tiny"]),
    ("engine: %s", ["x", "x" * 60, "{name: x}"]),
    ("engine: {name: x, version: %s}", ["0.26.0", "1.3.0rc22", "0.5.6.post2", "0.26.0+cu130", "'1'", "~"]),
    ("engine: {name: x, image: %s}", ["a", "a/b:1.4.2", "h:5000/a/B_c:x-1", f"a:1@sha256:{'0f' * 32}", "~"]),
    ("dynamo: %s", ["x", "'x'", "x" * 200, "{}", "{version: ~}"]),
    ("hardware: {gpu: %s}", ["x", "x" * 60, "~", "{name: x, memory: 80Gi, compute_capability: '9.0'}"]),
    ("hardware: {gpu: {name: x, memory: %s}}", ["1Mi", "9999999Gi", "~"]),
    ("hardware: {gpu: {name: x, compute_capability: %s}}", ["'7.5'", "'12.1'", "~"]),
    ("hardware: {gpus_per_node: %s}", ["1", "1024", "~"]),
    ("hardware: {nodes: %s}", ["1", "10000"]),
    ("frontend: {host: %s}", ["127.0.0.1", "'::1'", "localhost", "a.b-c.d", "0.0.0.0", "a" * 253]),
    ("frontend: {port: %s}", ["0", "1", "65535", "0x50", "0o120", "0080"]),
    ("frontend: {router: {mode: %s}}", ["x", "x" * 60]),
    ("frontend: {router: {events: %s}}", ["exact", "predicted", "none", "~"]),
    ("frontend: {args: {%s: 1}}", ["x", "-x", "--x", "X_y.z-1", "x" * 200]),
    ("frontend: {args: {x: %s}}", ["1", "1.5", "true", "~", "x", "''", "[1]", "{a: [{b: ~}]}"]),
    ("workers: {%s: {role: decode}}", ["a", "A-1", "a" * 40, "x-a", "Decode"]),
    ("workers: {a: {role: %s}}", ["aggregated", "prefill", "decode", "encode", "pd"]),
    ("workers: {%s: {}}", ["aggregated", "prefill", "decode", "encode", "pd"]),
    ("workers: {decode: {role: prefill, replicas: %s}}", ["1", "10000"]),
    ("workers: {decode: {max_requests: %s}}", ["1", "10000000", "~"]),
    ("workers: {decode: {image: %s}}", ["a/b:1.4.2", "~"]),
    *((each, ["1", "4096"]) for each in WIDTHS),
    ("workers: {decode: {args: {%s: 1}}}", ["x", "--x"]),
    ("workers: {decode: {env: {%s: x}}}", ["A", "a_1"]),
    ("env: {%s: x}", ["A", "_a1", "a" * 200]),
    ("env: {A: %s}", ["x", "''", "5", "-5", "0", "'1.5'", "{value: ''}", "{secret: a-1}", f"{{secret: {'a' * 40}}}"]),
    (
        "kv: {offload: %s}",
        ["none", "~", *(f"{{engine: {each}}}" for each in ("native", "kvbm", "lmcache", "mooncake"))],
    ),
    ("kv: {offload: {engine: native, cpu: %s}}", ["1Mi", "128Gi", "999999999Ti", "~"]),
    ("kv: {offload: {engine: native, disk: %s}}", ["500Gi"]),
    ("kv: {block_size: %s}", ["1", "65536", "~"]),
    ("kv: {dtype: %s}", ["auto", "bf16", "fp8"]),
    ("infrastructure: {discovery: %s}", ["auto", "file"]),
    ("infrastructure: {request_plane: %s}", ["auto", "tcp"]),
    ("infrastructure: {response_plane: %s}", ["auto", "tcp"]),
    ("infrastructure: {event_plane: %s}", ["auto", "zmq"]),
    ("files: {a: %s}", ["x", "'~'", "/x", "../x", "a b/é", "x" * 4096]),
    ("files: {%s: x}", ["a", "a-1", "a" * 40]),
    ("files: {%s}", ["", ", ".join(f"a{at}: x" for at in range(64))]),
    ("ready: {timeout: %s}", ["0s", "1ms", "2m", "999999h"]),
    ("ready: {idle_timeout: %s}", ["0s", "1ms", "2m", "999999h"]),
    ("stop: {grace: %s}", ["0s", "100s"]),
]
BAD: list[tuple[str, str, list[str]]] = [
    ("DR108", "extends: %s", ["5", "[5]", "{a: b}"]),
    ("DR109", "parameters: {A: {type: %s}}", ["text", "integer", "''"]),
    ("DR108", "parameters: {A: %s}", ["[]", "[1]"]),
    ("DR110", "parameters: {A: {choices: %s}}", ["[]"]),
    ("DR126", "parameters: {A: {type: int, default: %s}}", ["x", "1.5", "true", "'5'"]),
    ("DR126", "parameters: {A: {default: 1, choices: %s}}", ["[2, 3]", "['1']"]),
    ("DR110", "variants: {%s: {}}", ["A", "a_b", "-a", "a" * 41]),
    ("DR108", "variants: {a: %s}", ["x", "[]", "5"]),
    ("DR110", "name: %s", ["A", "1a", "-a", "a-", "a_b", "a.b", "é", "''", "a" * 41, '"a\\n"', "'a '"]),
    ("DR110", TESTED.replace("2026-10-01", "%s") % ("%s", "x-a: 1"), ["2026-1-1", "x", "2026-10-011", "20261001x"]),
    ("DR109", TESTED.replace("works", "%s") % ("%s", "x-a: 1"), ["ok", "Works", "''"]),
    ("DR110", "model: %s", ["a/b/c", "/a", "a/", "-a", ".a", "a b", "''", "a" * 201, "é"]),
    ("DR110", "model: {path: %s}", ["''", "x" * 4097]),
    (
        "DR110",
        "model: {id: a, served_name: %s}",
        ["''", "' a'", "-a", '"a\\tb"', '"a\\n"', "a" * 201],
    ),
    ("DR110", "model: {id: a, revision: %s}", ["''", "-a", "/a", "a b", "a" * 201]),
    ("DR109", "model: {id: a, precision: %s}", ["fp4", "FP8", "''"]),
    ("DR110", "model: {id: a, modalities: %s}", ["[]", "[text, text, text, text, text]"]),
    ("DR109", "model: {id: a, modalities: %s}", ["[images]", "[Text]"]),
    ("DR107", "model: {id: a, adapters: %s}", ["[{name: a}]", "[{source: a}]"]),
    ("DR110", "model: {id: a, adapters: [{name: %s, source: a}]}", ["''", "-a"]),
    ("DR110", "model: {id: a, adapters: [{name: a, source: %s}]}", ["''", "x" * 4097]),
    ("DR109", "model: {id: a, task: %s}", ["embedding", "Chat", "''"]),
    ("DR110", "model: {id: a, max_length: %s}", ["0", "-1", "100000001"]),
    ("DR109", "model: {packaged: %s}", ["large"]),
    ("DR110", "engine: %s", ["''", "x" * 61]),
    ("DR111", "schema: %s", ["0", "2", "-1", "'1'", "1.0", "true", "~", "[1]", "v1"]),
    ("DR110", "dynamo: %s", ["''", "x" * 201]),
    ("DR110", "hardware: {gpu: %s}", ["''", "x" * 61]),
    ("DR110", "hardware: {gpu: {name: x, memory: %s}}", ["0Gi", "80GB", "80G", "1.5Gi", "80 Gi", "''", "99999999Gi"]),
    ("DR110", "hardware: {gpu: {name: x, compute_capability: %s}}", ["'9'", "sm90", "'9.00'", "'100.0'", "''"]),
    ("DR106", "hardware: {gpu: {name: x, %s}}", ["memory_gib: 80", "count: 8"]),
    ("DR110", "engine: {name: x, version: %s}", ["v0.26.0", "'>=0.26'", "''", "0.26 .0", "latest"]),
    ("DR110", "engine: {name: x, image: %s}", ["-a", "A/b", "a b", "''", "https://a b", "'a@sha256:00'", "a" * 401]),
    ("DR110", "workers: {decode: {image: %s}}", ["-a", "''"]),
    ("DR109", "kv: {offload: {engine: %s}}", ["Native", "kvm", "''", "none"]),
    ("DR107", "kv: {offload: %s}", ["{}", "{cpu: 1Gi}"]),
    ("DR110", "kv: {offload: {engine: native, cpu: %s}}", ["128GB", "'128'", "0Gi", "1.5Ti", "''"]),
    ("DR110", "kv: {offload: {engine: native, disk: %s}}", ["1Ki"]),
    ("DR110", "hardware: {gpus_per_node: %s}", ["0", "1025"]),
    ("DR110", "hardware: {nodes: %s}", ["0", "10001"]),
    ("DR110", "frontend: {host: %s}", ["''", "-a", ".a", "a b", "a_b", "http://a", "'[::1]'", "a" * 254, "'*'"]),
    ("DR110", "frontend: {port: %s}", ["-1", "65536", "9" * 40]),
    ("DR110", "frontend: {router: {mode: %s}}", ["''", "x" * 61]),
    ("DR109", "frontend: {router: {events: %s}}", ["all", "Exact"]),
    ("DR110", "frontend: {args: {%s: 1}}", ["1x", "---x", "'-'", "'--'", "'x y'", "é", "x" * 201, "''", "x=y", "'x '"]),
    ("DR110", "workers: %s", ["{}"]),
    ("DR110", "workers: {%s: {role: decode}}", ["1a", "a_b", "-a", "a-", "a.b", "é", "''", "a" * 41, "'a b'"]),
    ("DR109", "workers: {a: {role: %s}}", ["Decode", "decoder", "''"]),
    ("DR110", "workers: {decode: {replicas: %s}}", ["0", "-1", "10001"]),
    ("DR110", "workers: {decode: {max_requests: %s}}", ["0", "10000001"]),
    *(
        ("DR110", f"workers: {{decode: {{parallel: {{{key}: %s}}}}}}", ["0", "4097"])
        for key in model.Parallel.model_fields
    ),
    ("DR110", "workers: {decode: {args: {%s: 1}}}", ["1x"]),
    ("DR110", "workers: {decode: {env: {%s: x}}}", ["1A", "x-a"]),
    ("DR110", "env: {%s: x}", ["1A", "A-B", "A.B", "''", "'A '", "A=B", "a" * 201]),
    ("DR110", "env: {A: {secret: %s}}", ["A", "a_b", "''", "a" * 41, "'a b'"]),
    ("DR110", "kv: {block_size: %s}", ["0", "65537"]),
    ("DR109", "kv: {dtype: %s}", ["fp16", "FP8", "''"]),
    ("DR109", "infrastructure: {discovery: %s}", ["etcd", "kubernetes", "''"]),
    ("DR109", "infrastructure: {request_plane: %s}", ["nats"]),
    ("DR109", "infrastructure: {response_plane: %s}", ["nats"]),
    ("DR109", "infrastructure: {event_plane: %s}", ["nats"]),
    ("DR110", "files: {a: %s}", ["''", "x" * 4097]),
    ("DR110", "files: {%s: x}", ["A", "1a", "-a", "a-", "a_b", "a.b", "''", "a" * 41]),
    ("DR110", "files: {%s}", [", ".join(f"a{at}: x" for at in range(65))]),
    (
        "DR110",
        "ready: {timeout: %s}",
        ["1d", "1:30", "1S", "s", "-1s", "1.5s", "1 s", "1000000s", "''", '"1s\\n"'],
    ),
    ("DR110", "stop: {grace: %s}", ["x"]),
]
# A value of another type is never taken for the one that is wanted.
TYPES: list[tuple[str, list[str]]] = [
    ("name: %s", ["5", "true", "[a]", "{a: b}"]),
    ("description: %s", ["5", "1.5", "true", "[a]"]),
    ("about: %s", ["x", "[]", "~"]),
    ("about: {maintainers: %s}", ["team", "{a: b}", "~", "[5]", "[~]"]),
    ("about: {tested: %s}", ["{}", "x", "[x]", "~"]),
    (TESTED, ["gpu: 5", "note: 5", "figures: 5", "figures: ~"]),
    (TESTED.replace("1.4.2", "%s") % ("%s", "x-a: 1"), ["1.4", "14", "~"]),
    ("model: %s", ["5", "[a]", "~", "{id: 5}", "{path: 5}", "{id: a, max_length: '1'}"]),
    ("model: {id: a, max_length: %s}", ["1.0", "1e3", "true", "x"]),
    ("model: {id: a, served_name: %s}", ["5", "1.5"]),
    ("model: {id: a, revision: %s}", ["5", "1.0", "[main]"]),
    ("model: {id: a, precision: %s}", ["8", "true", "[fp8]"]),
    ("model: {id: a, modalities: %s}", ["text", "~", "[5]", "{text: true}"]),
    ("model: {id: a, adapters: %s}", ["law", "[law]", "~", "{law: a/b}", "[{name: 5, source: a}]"]),
    ("model: {id: a, task: %s}", ["~", "5", "[chat]"]),
    (
        "engine: %s",
        ["5", "[x]", "~", "{name: 5}", "{name: ~}", "{name: x, args: ~}", "{name: x, args: []}"],
    ),
    ("dynamo: %s", ["1.4", "1", "true", "~", "[1.4.2]", "{version: 1.4}", "{version: 14}"]),
    ("hardware: %s", ["h100_sxm", "8", "~"]),
    ("hardware: {gpu: %s}", ["100", "[l4]", "{name: 4}", "{name: ~}"]),
    ("hardware: {gpu: {name: x, %s}}", ["memory: 80", "compute_capability: 9.0"]),
    ("engine: {name: x, %s}", ["version: 0.26", "version: 1", "image: 5", "image: [a]"]),
    ("kv: {offload: %s}", ["native", "true", "[native]", "5", "{engine: ~}", "{engine: native, cpu: 128}"]),
    ("hardware: {gpus_per_node: %s}", ["'8'", "8.0", "true"]),
    ("hardware: {nodes: %s}", ["'1'", "1.0", "~", "true"]),
    ("frontend: %s", ["kv", "~", "[]", "8000"]),
    ("frontend: {host: %s}", ["1", "~", "127.0"]),
    ("frontend: {port: %s}", ["'8000'", "8000.0", "1e3", "true", "~", "8_000", "1:30", "'0x50'"]),
    ("frontend: {router: %s}", ["5", "~", "[kv]", "{mode: 5}", "{mode: ~}"]),
    ("frontend: {router: {events: %s}}", ["5", "true", "[exact]"]),
    ("frontend: {args: %s}", ["x", "[x]", "~"]),
    ("workers: %s", ["decode", "[decode]", "~", "{decode: ~}", "{decode: 2}", "{decode: []}"]),
    ("workers: {decode: {role: %s}}", ["5", "[decode]"]),
    ("workers: {decode: {replicas: %s}}", ["'2'", "2.0", "~", "true", "two"]),
    ("workers: {decode: {parallel: %s}}", ["2", "~", "[2]"]),
    ("workers: {decode: {parallel: {tensor: %s}}}", ["'2'", "2.0", "~", "true"]),
    ("workers: {decode: {env: %s}}", ["~", "[A=1]", "A=1"]),
    ("env: %s", ["~", "[A=1]", "A=1"]),
    ("env: {A: %s}", ["1.5", "true", "~", "[x]", "{value: 5}", "{secret: 5}"]),
    ("kv: %s", ["64", "~"]),
    ("kv: {block_size: %s}", ["'64'", "64.0", "true"]),
    ("kv: {dtype: %s}", ["8", "~", "true"]),
    ("infrastructure: {discovery: %s}", ["~", "true", "{url: x}"]),
    ("files: %s", ["x", "[x]", "~", "{a: ~}", "{a: 5}", "{a: {path: x}}", "{a: [x]}"]),
    ("ready: %s", ["30m", "30", "~"]),
    ("ready: {timeout: %s}", ["30", "~", "1.5", "true"]),
    ("stop: {grace: %s}", ["15"]),
]


def pairs(table: list[Any]) -> list[Any]:
    return [(*row[:-1], value) for row in table for value in row[-1]]


def test_every_key_with_a_value_of_its_own_has_a_row_that_passes():
    rows = " ".join(text + " ".join(values) for text, values in GOOD)
    assert not [
        key for key in keys(Recipe) if key.rsplit(".", 1)[-1] not in f"{rows} date dynamo status schema: extends"
    ]


@pytest.mark.parametrize(("text", "value"), pairs(GOOD))
def test_a_value_passes(text, value):
    assert codes(text % value) == []


@pytest.mark.parametrize(("code", "text", "value"), pairs(BAD))
def test_a_value_is_refused(code, text, value):
    assert codes(text % value) == [code]


@pytest.mark.parametrize(("text", "value"), pairs(TYPES))
def test_a_value_of_another_type_is_refused(text, value):
    assert codes(text % value) == ["DR108"]


@pytest.mark.parametrize("section", ["env", "frontend: {args", "workers: {decode: {env", "workers: {decode: {args"])
def test_how_many_entries_a_section_has(section):
    def text(count: int) -> str:
        return section + ": {" + ", ".join(f"a{at}: x" for at in range(count)) + "}" + "}" * section.count("{")

    assert codes(text(MOST_ENTRIES)) == []
    assert codes(text(MOST_ENTRIES + 1)) == ["DR110"]


def test_how_many_workers_a_recipe_has():
    def text(count: int) -> str:
        return "workers: {" + ", ".join(f"w{at}: {{role: decode}}" for at in range(count)) + "}"

    assert codes(text(64)) == []
    assert codes(text(65)) == ["DR110"]


OWN = ["x-a: 1\n%s", "about: {%s}", "about: {tested: [{date: 2026-10-01, dynamo: 1.4.2, status: works, %s}]}"]
OWN += ["model: {id: a, %s}", "engine: {name: x, %s}", "dynamo: {%s}"]
OWN += ["hardware: {gpu: {name: x, %s}}", "kv: {offload: {engine: native, %s}}"]
OWN += ["model: {id: a, adapters: [{name: a, source: b, %s}]}"]
OWN += ["hardware: {%s}", "frontend: {%s}", "frontend: {router: {%s}}", "workers: {decode: {%s}}", "kv: {%s}"]
OWN += [
    "workers: {decode: {parallel: {%s}}}",
    "infrastructure: {%s}",
    "env: {A: {value: x, %s}}",
    "ready: {%s}",
    "stop: {%s}",
]


@pytest.mark.parametrize("text", OWN)
@pytest.mark.parametrize("key", ["x-mine: {any: [1, ~]}", "x-: 1", "x-Ünï cöde: 1"])
def test_keys_that_start_with_x_are_the_authors_own_in_every_section(text, key):
    assert codes(text % key) == []


@pytest.mark.parametrize("text", OWN)
@pytest.mark.parametrize("key", ["x_mine: 1", "X-mine: 1", "x: 1", "mine: 1", "xx-mine: 1", "' x-mine': 1"])
def test_other_keys_are_refused_in_every_section(text, key):
    assert codes(text % key) == ["DR106"]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("DR114", "workers: {x-mine: {}}"),
        ("DR108", "workers: {x-mine: 1}"),
        ("DR110", "env: {x-mine: 1}"),
        ("DR110", "workers: {decode: {env: {x-mine: 1}}}"),
    ],
)
def test_the_authors_own_keys_have_no_place_among_names(code, text):
    assert codes(text) == [code]


# All that the design has and the model has not yet: a key without a meaning is refused, never ignored.
NOT_YET = [
    ("model.spec", "model: {id: a, spec: {}}"),
    ("hardware.device", "hardware: {device: cpu}"),
    ("hardware.cores_per_worker", "hardware: {cores_per_worker: 2}"),
    ("hardware.share", "hardware: {share: true}"),
    ("frontend.replicas", "frontend: {replicas: 1}"),
    ("workers.decode.parallel.expert", "workers: {decode: {parallel: {expert: 2}}}"),
    ("workers.decode.hardware", "workers: {decode: {hardware: {gpu: l4}}}"),
    ("workers.decode.memory_fraction", "workers: {decode: {memory_fraction: 0.9}}"),
    ("workers.decode.speculative", "workers: {decode: {speculative: {}}}"),
    ("workers.decode.ready", "workers: {decode: {ready: {timeout: 1m}}}"),
    ("workers.decode.stop", "workers: {decode: {stop: {grace: 1s}}}"),
    ("workers.decode.restart", "workers: {decode: {restart: {policy: never}}}"),
    ("workers.decode.resources", "workers: {decode: {resources: {shm: 16Gi}}}"),
    ("workers.decode.engine_config", "workers: {decode: {engine_config: {}}}"),
    ("planner", "planner: {config: {}, min_replicas: 1, max_replicas: 4}"),
    ("kv.transfer", "kv: {transfer: nixl}"),
    ("infrastructure.etcd", "infrastructure: {etcd: managed}"),
    ("infrastructure.nats", "infrastructure: {nats: managed}"),
    ("restart", "restart: {policy: on-failure, limit: 3, backoff: 5s}"),
    ("kubernetes", "kubernetes: {patch: []}"),
]


@pytest.mark.parametrize(("key", "text"), NOT_YET, ids=[key for key, _ in NOT_YET])
def test_a_key_without_a_meaning_yet_is_refused(key, text):
    found = reading(text).findings
    assert [(each.code, dotted(each.where.path)) for each in found] == [("DR106", key)]


def test_no_key_is_both_known_and_not_yet():
    assert not {key.replace("decode", "aggregated") for key, _ in NOT_YET} & set(keys(Recipe))


SERVED = [
    ("model: Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B"),
    ("model: {id: Qwen/Qwen3-0.6B, served_name: qwen}", "qwen"),
    ("model: {packaged: tiny}", "tiny"),
    ("model: {path: ./models/my-model}", "my-model"),
    ("model: {path: ./models/my-model///}", "my-model"),
    ("model: {path: my-model}", "my-model"),
    ("model: {path: /}", "model"),
]


@pytest.mark.parametrize(("line", "name"), SERVED)
def test_the_name_that_clients_ask_for(line, name):
    assert recipe(line).model.served == name


def test_a_recipe_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        recipe("").name = "other"
    with pytest.raises(ValueError, match="frozen"):
        recipe("").frontend.port = 1


def test_every_section_is_closed_strict_and_frozen():
    for module in (model, about):
        for each in vars(module).values():
            if isinstance(each, type) and issubclass(each, BaseModel):
                config = each.model_config
                assert (config["extra"], config["frozen"], config["strict"]) == ("forbid", True, True), each
