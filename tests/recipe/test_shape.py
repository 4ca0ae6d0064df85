"""The words of findings about a recipe's shape: what is wanted, what stands there, and a name that is near."""

import pytest
from smallest import smallest

from dynamo_recipes.recipe.read import read

TOP = (
    "Known: about, description, dynamo, engine, env, extends, files, frontend, hardware, infrastructure, kv, model, "
    "name, parameters, ready, schema, stop, variants, workers."
)
WORKER = "Known: args, env, image, max_requests, parallel, replicas, role."
LABEL = "a DNS label of at most 40 characters: small letters, digits and -, a letter first"
TEXT_ENTRY = "text, a whole number or {secret: NAME}"
MANY = ", ".join(f"w{at}: {{role: pd}}" for at in range(65))
EMPTY = "Give it a value, or remove the key."
QUOTES = "Put it in quotes."
REVISION = "Write a commit, tag or branch such as main."
IMAGE = "an image such as registry.example.org/vllm-runtime:1.4.2"
CAPABILITY = 'a compute capability such as "9.0"'

# A line of the recipe, and message and hint of each finding.
ROWS: list[tuple[str, list[tuple[str, str]]]] = [
    # Wrong keys, with the keys of that very section.
    ("nmae: x", [("`nmae` is not a key at the top of a recipe.", "Did you mean name?")]),
    ("Engine: x", [("`Engine` is not a key at the top of a recipe.", "Did you mean engine?")]),
    ("zzz: x", [("`zzz` is not a key at the top of a recipe.", TOP)]),
    ("kv: {blok_size: 1}", [("`blok_size` is not a key in `kv`.", "Did you mean block_size?")]),
    ("model: {idd: x}", [("`idd` is not a key in `model`.", "Did you mean id?")]),
    ("engine: {name: x, arg: {}}", [("`arg` is not a key in `engine`.", "Did you mean args?")]),
    ("dynamo: {verison: x}", [("`verison` is not a key in `dynamo`.", "Did you mean version?")]),
    ("hardware: {gpus: 8}", [("`gpus` is not a key in `hardware`.", "Did you mean gpu?")]),
    ("frontend: {prot: 1}", [("`prot` is not a key in `frontend`.", "Did you mean port or router?")]),
    ("frontend: {router: {mod: kv}}", [("`mod` is not a key in `frontend.router`.", "Did you mean mode?")]),
    ("workers: {decode: {replica: 2}}", [("`replica` is not a key in `workers.decode`.", "Did you mean replicas?")]),
    ("workers: {decode: {zzz: 2}}", [("`zzz` is not a key in `workers.decode`.", WORKER)]),
    (
        "workers: {one: {role: pd, parallel: {tensr: 1}}}",
        [("`tensr` is not a key in `workers.one.parallel`.", "Did you mean tensor?")],
    ),
    (
        "workers: {pd: {env: {A: {secrt: x}}}}",
        [("`secrt` is not a key in `workers.pd.env.A`.", "Did you mean secret?")],
    ),
    ("env: {A: {secrt: x}}", [("`secrt` is not a key in `env.A`.", "Did you mean secret?")]),
    (
        "infrastructure: {etcd: x}",
        [("`etcd` is not a key in `infrastructure`.", "Known: discovery, event_plane, request_plane, response_plane.")],
    ),
    ("ready: {time: x}", [("`time` is not a key in `ready`.", "Did you mean timeout?")]),
    ("stop: {timeout: x}", [("`timeout` is not a key in `stop`.", "Known: grace.")]),
    (
        "about: {tested: [{date: 2026-10-01, dynamo: a, status: works, gpus: x}]}",
        [("`gpus` is not a key in `about.tested[0]`.", "Did you mean gpu?")],
    ),
    ("about: {author: x}", [("`author` is not a key in `about`.", "Known: maintainers, source, tested.")]),
    ("'[key]': 1", [("`[key]` is not a key at the top of a recipe.", TOP)]),
    ('"a\\nb": 1', [("`a\\x0ab` is not a key at the top of a recipe.", TOP)]),
    ("z" * 90 + ": 1", [(f"`{'z' * 60}…` is not a key at the top of a recipe.", TOP)]),
    # Missing keys.
    ("engine: {args: {}}", [("`engine.name` is missing.", "Add `name:`.")]),
    # Wrong values, with the allowed ones.
    ("kv: {dtype: f8}", [("`kv.dtype` cannot be f8.", "Did you mean fp8?")]),
    ("kv: {dtype: BF16}", [("`kv.dtype` cannot be BF16.", "Did you mean bf16?")]),
    ("kv: {dtype: int4}", [("`kv.dtype` cannot be int4.", "Known: auto, bf16, fp8.")]),
    ("kv: {dtype: ''}", [("`kv.dtype` cannot be empty.", "Known: auto, bf16, fp8.")]),
    ('kv: {dtype: "a\\tb"}', [("`kv.dtype` cannot be a\\x09b.", "Known: auto, bf16, fp8.")]),
    ("kv: {dtype: 8}", [("`kv.dtype` must be text, not a whole number.", "Known: auto, bf16, fp8.")]),
    ("workers: {one: {role: decod}}", [("`workers.one.role` cannot be decod.", "Did you mean decode or encode?")]),
    ("model: {id: a, task: embedding}", [("`model.task` cannot be embedding.", "Known: chat, completion.")]),
    ("frontend: {router: {events: exakt}}", [("`frontend.router.events` cannot be exakt.", "Did you mean exact?")]),
    ("infrastructure: {discovery: etcd}", [("`infrastructure.discovery` cannot be etcd.", "Known: auto, file.")]),
    ("schema: 2", [("`schema` must be 1.", "This version of dynamo-recipes reads `schema: 1`.")]),
    # Wrong types.
    ("frontend: {port: '8000'}", [("`frontend.port` must be a whole number, not text.", "Write it without quotes.")]),
    ("frontend: {port: eight}", [("`frontend.port` must be a whole number, not text.", "")]),
    ("frontend: {port: 1.5}", [("`frontend.port` must be a whole number, not a decimal number.", "")]),
    ("frontend: {port: true}", [("`frontend.port` must be a whole number, not true or false.", "")]),
    ("frontend: {port: ~}", [("`frontend.port` must be a whole number, not empty.", EMPTY)]),
    ("frontend: {port: [1]}", [("`frontend.port` must be a whole number, not a list.", "")]),
    ("frontend: {port: {a: 1}}", [("`frontend.port` must be a whole number, not a mapping.", "")]),
    ("description: 5", [("`description` must be text, not a whole number.", QUOTES)]),
    ("description: 1.5", [("`description` must be text, not a decimal number.", QUOTES)]),
    ("description: true", [("`description` must be text, not true or false.", QUOTES)]),
    ("description: [a]", [("`description` must be text, not a list.", "")]),
    ("name: 5", [("`name` must be text, not a whole number.", f"Write {LABEL}.")]),
    (
        "ready: {timeout: 30}",
        [("`ready.timeout` must be text, not a whole number.", "Write a duration such as 30m or 100s.")],
    ),
    ("dynamo: 1.4", [("`dynamo` must be text or a mapping, not a decimal number.", QUOTES)]),
    ("dynamo: {version: 1.4}", [("`dynamo.version` must be text, not a decimal number.", QUOTES)]),
    ("dynamo: ~", [("`dynamo` must be a mapping, not empty.", EMPTY)]),
    ("model: 5", [("`model` must be text or a mapping, not a whole number.", QUOTES)]),
    ("engine: [a]", [("`engine` must be text or a mapping, not a list.", "")]),
    ("frontend: {router: 5}", [("`frontend.router` must be text or a mapping, not a whole number.", QUOTES)]),
    ("frontend: kv", [("`frontend` must be a mapping, not text.", "")]),
    ("frontend:", [("`frontend` must be a mapping, not empty.", EMPTY)]),
    ("workers: [decode]", [("`workers` must be a mapping, not a list.", "")]),
    ("workers: {engine: 5}", [("`workers.engine` must be a mapping, not a whole number.", "")]),
    ("about: {maintainers: x}", [("`about.maintainers` must be a list, not text.", "")]),
    ("about: {maintainers: [5]}", [("`about.maintainers[0]` must be text, not a whole number.", QUOTES)]),
    ("env: {A: 1.5}", [(f"`env.A` must be {TEXT_ENTRY}, not a decimal number.", "Put the value in quotes.")]),
    ("env: {A: }", [(f"`env.A` must be {TEXT_ENTRY}, not empty.", "Put the value in quotes.")]),
    ("env: [A=1]", [("`env` must be a mapping, not a list.", "")]),
    # Out of bounds, of the wrong form.
    ("frontend: {port: 65536}", [("`frontend.port` must be at most 65535, and is 65536.", "")]),
    ("frontend: {port: -1}", [("`frontend.port` must be at least 0, and is -1.", "")]),
    ("workers: {}", [("`workers` must have at least 1 entries.", "")]),
    ("hardware: {gpu: ''}", [("`hardware.gpu.name` must have at least 1 characters.", "")]),
    ("dynamo: " + "x" * 201, [("`dynamo.version` must have at most 200 characters.", "")]),
    ("name: A", [(f"`name` must be {LABEL}.", "")]),
    ("env: {A: {secret: A}}", [(f"`env.A.secret` must be {LABEL}.", "")]),
    ("stop: {grace: soon}", [("`stop.grace` must be a duration such as 30m or 100s.", "")]),
    ("model: a b", [("`model.id` must be a hub id such as Qwen/Qwen3-0.6B.", "")]),
    ("model: {id: a, revision: a b}", [("`model.revision` must be a commit, tag or branch such as main.", "")]),
    ("model: {id: a, revision: 1.0}", [("`model.revision` must be text, not a decimal number.", REVISION)]),
    ("engine: {name: x, version: latest}", [("`engine.version` must be a version such as 0.26.0.", "")]),
    ("engine: {name: x, image: a b}", [(f"`engine.image` must be {IMAGE}.", "")]),
    ("workers: {decode: {image: -a}}", [(f"`workers.decode.image` must be {IMAGE}.", "")]),
    ("hardware: {gpu: {name: x, memory: 80GB}}", [("`hardware.gpu.memory` must be a size such as 80Gi.", "")]),
    (
        "hardware: {gpu: {name: x, memory: 80}}",
        [("`hardware.gpu.memory` must be text, not a whole number.", "Write a size such as 80Gi.")],
    ),
    (
        "hardware: {gpu: {name: x, compute_capability: 9.0}}",
        [("`hardware.gpu.compute_capability` must be text, not a decimal number.", f"Write {CAPABILITY}.")],
    ),
    (
        "hardware: {gpu: {name: x, compute_capability: sm90}}",
        [(f"`hardware.gpu.compute_capability` must be {CAPABILITY}.", "")],
    ),
    ("kv: {offload: {engine: kvbm, cpu: 8GB}}", [("`kv.offload.cpu` must be a size such as 128Gi.", "")]),
    ("kv: {offload: {engine: kvbm, disk: 8GB}}", [("`kv.offload.disk` must be a size such as 500Gi.", "")]),
    ("kv: {offload: {engine: kvm}}", [("`kv.offload.engine` cannot be kvm.", "Did you mean kvbm?")]),
    ("kv: {offload: native}", [("`kv.offload` must be none or a mapping, not text.", "")]),
    ("kv: {offload: {cpu: 1Gi}}", [("`kv.offload.engine` is missing.", "Add `engine:`.")]),
    ("model: {id: a, precision: fp4}", [("`model.precision` cannot be fp4.", "Did you mean nvfp4 or mxfp4 or fp8?")]),
    ("model: {id: a, modalities: [images]}", [("`model.modalities[0]` cannot be images.", "Did you mean image?")]),
    ("model: {id: a, adapters: [{name: a}]}", [("`model.adapters[0].source` is missing.", "Add `source:`.")]),
    ("frontend: {host: '*'}", [("`frontend.host` must be a host name or an address.", "")]),
    (
        "about: {tested: [{date: x, dynamo: a, status: works}]}",
        [("`about.tested[0].date` must be a day such as 2026-10-01.", "")],
    ),
    (f"workers: {{{MANY}}}", [("`workers` must have at most 64 entries.", "")]),
    # Wrong names.
    (
        "env: {1A: x}",
        [("The key `env.1A` is not a variable name: letters, digits and _, no digit first.", "Rename the key.")],
    ),
    (
        "frontend: {args: {1x: 1}}",
        [("The key `frontend.args.1x` is not a flag such as speedup-ratio.", "Rename the key.")],
    ),
    (
        "workers: {a_b: {}}",
        [
            (
                "The key `workers.a_b` is not a name of letters, digits and -, a letter first, at most 40 characters.",
                "Rename the key.",
            )
        ],
    ),
]


@pytest.mark.parametrize(("line", "expected"), ROWS, ids=[line[:40] for line, _ in ROWS])
def test_what_is_said_of(line, expected):
    found = read(smallest(line), "r.yaml").findings
    assert [(each.message, each.hint) for each in found] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a", "The recipe must be a mapping, not a list."),
        ("text", "The recipe must be a mapping, not text."),
        ("5", "The recipe must be a mapping, not a whole number."),
        ("true", "The recipe must be a mapping, not true or false."),
    ],
)
def test_a_text_that_is_no_mapping(text, message):
    (found,) = read(text.encode(), "r.yaml").findings
    assert (found.code, found.message) == ("DR108", message)
