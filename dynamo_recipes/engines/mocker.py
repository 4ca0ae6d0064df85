"""Dynamo's mocker: a simulated engine that needs no GPU and no weights. The commands of its workers.

Rests on `dynamo/mocker/args.py` of the ai-dynamo 1.4.2 and 1.6.1 wheels, and on runs of 1.4.2 and 1.6.0.
"""

from dynamo_recipes.findings import Finding, finding
from dynamo_recipes.plan.infrastructure import HIGHEST_SYSTEM_PORT, SYSTEM_PORT
from dynamo_recipes.plan.model import (
    Arg,
    Env,
    Member,
    ModelDir,
    OwnPort,
    Port,
    Probe,
    Program,
    arg,
    env,
    text,
)
from dynamo_recipes.recipe.fields import Role
from dynamo_recipes.recipe.model import Recipe, Worker
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.support.resolve import Resolution

NAME = "mocker"
ROLES: frozenset[Role] = frozenset({"aggregated", "prefill", "decode"})
VIRTUAL_GPUS = True

_DTYPES = {"bf16": "bfloat16", "fp8": "fp8"}
_BOOTSTRAP = "bootstrap"


def members(worker: Worker, role: Role, recipe: Recipe, resolution: Resolution) -> tuple[Member, ...]:
    """Return the one process that stands for a whole engine group."""
    argv = (
        Arg((text(Program("python")), text("-m"), text(resolution.engine_module)), "engine"),
        arg("--model-path", ModelDir(), because="model"),
        arg("--model-name", recipe.model.served, because="model.served_name"),
        *_sizes(worker, recipe),
        *_role(role),
    )
    bootstrap = (Port(_BOOTSTRAP),) if role == "prefill" else ()
    return (
        Member(
            "worker",
            argv,
            env=(_HEALTHY,),
            ports=(Port(SYSTEM_PORT, highest=HIGHEST_SYSTEM_PORT), *bootstrap),
            ready=Probe(SYSTEM_PORT, "/health"),
            gpus=worker.parallel.gpus,
            endpoint="prefill.generate" if role == "prefill" else "backend.generate",
        ),
    )


def check(worker: Worker, role: Role, recipe: Recipe) -> tuple[Finding, ...]:
    """Return nothing: the mocker stands in for any width, and its roles are checked for every engine alike."""
    return ()


def check_recipe(recipe: Recipe) -> tuple[Finding, ...]:
    """Refuse what the mocker would ignore: it loads the hub's main revision, and has no cache to offload."""
    found: list[Finding] = []
    if recipe.model.revision not in (None, "main"):
        message = f"The mocker loads the revision `main`, not `{shown(recipe.model.revision or '')}`."
        found.append(finding("DR408", ("model", "revision"), message, "Remove `revision`, or write main."))
    if recipe.kv.offload is not None:
        message = "The mocker holds no KV cache that could be offloaded."
        found.append(finding("DR408", ("kv", "offload"), message, "Remove `offload`, or write none."))
    return tuple(found)


# On 1.4.2 and 1.6.0 the mocker's own health stays 503 for ever, though all its endpoints are ready.
_HEALTHY: Env = env("DYN_SYSTEM_STARTING_HEALTH_STATUS", "ready", because="the mocker never reports ready by itself")


def _sizes(worker: Worker, recipe: Recipe) -> tuple[Arg, ...]:
    data = worker.parallel.data
    requests = None if worker.max_requests is None else -(-worker.max_requests // data)
    given = (
        ("--block-size", recipe.kv.block_size, "kv.block_size"),
        ("--data-parallel-size", data if data > 1 else None, "parallel.data: one simulated rank for each"),
        ("--kv-cache-dtype", _DTYPES.get(recipe.kv.dtype), "kv.dtype"),
        ("--max-model-len", recipe.model.max_length, "model.max_length"),
        ("--max-num-seqs", requests, "max_requests, shared by the data-parallel ranks"),
    )
    return tuple(arg(flag, str(value), because=because) for flag, value, because in given if value is not None)


def _role(role: Role) -> tuple[Arg, ...]:
    if role == "aggregated":
        return ()
    mode = arg("--disaggregation-mode", role, because="the worker's role")
    if role == "decode":
        return (mode,)
    return (
        mode,
        arg("--bootstrap-ports", OwnPort(_BOOTSTRAP), because="where decode workers fetch the KV cache"),
    )
