"""The recipe as its author wrote it: every key, its type, its default, its meaning. Decides nothing.

A key that is not here is refused; keys that start with `x-` are the author's own.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from dynamo_recipes.recipe.about import About
from dynamo_recipes.recipe.composition import Extends, Parameters, Variants
from dynamo_recipes.recipe.fields import (
    MOST_ENTRIES,
    MOST_REPLICAS,
    Args,
    Files,
    ImageName,
    Name,
    Role,
    Section,
    Size,
    VariableName,
    WorkerName,
    as_variable,
    none_for,
    short_for,
    whole,
)
from dynamo_recipes.recipe.hardware import Hardware
from dynamo_recipes.recipe.infrastructure import Infrastructure
from dynamo_recipes.recipe.lifetime import Ready, Stop
from dynamo_recipes.recipe.served import Model


class Release(Section):
    """Which Dynamo release runs the graph."""

    version: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None,
        description="A release or a range; left out, the newest that fits and is fully known.",
        examples=["1.4.2", ">=1.4,<1.7"],
    )


class Engine(Section):
    """Which engine runs the workers, and flags for all of them."""

    name: Annotated[str, Field(min_length=1, max_length=60)] = Field(description="The engine.", examples=["mocker"])
    version: Annotated[str, Field(pattern=r"^[0-9][0-9A-Za-z.+]*$", max_length=60)] | None = Field(
        default=None,
        description="Version of the engine; left out, the one that the Dynamo release was tested with.",
        examples=["0.26.0"],
    )
    image: ImageName | None = Field(
        default=None,
        description="Container image for every worker, on targets that run containers; left out, the release's own.",
        examples=["registry.example.org/vllm-runtime:1.4.2"],
    )
    args: Args = Field(
        default={},
        description="Engine flags for every worker: true sets the flag, false negates it, a mapping becomes JSON, "
        "`raw` is a list of words passed on as they are.",
        examples=[{"speedup-ratio": 10}],
    )


class Router(Section):
    """How the frontend chooses a worker for a request."""

    mode: Annotated[str, Field(min_length=1, max_length=60)] = Field(
        default="round_robin",
        description="Routing mode of the Dynamo release.",
        examples=["kv", "round_robin"],
    )
    events: Literal["exact", "predicted", "none"] | None = Field(
        default=None,
        description="What a KV router knows of the workers' caches: exact events, or its own prediction. "
        "Left out: exact for kv, none otherwise.",
        examples=["exact"],
    )


class Frontend(Section):
    """The HTTP server that clients talk to."""

    host: Annotated[str, Field(pattern=r"^[0-9A-Za-z:][0-9A-Za-z:.-]*$", max_length=253)] = Field(
        default="127.0.0.1",
        description="Address that the frontend listens on.",
        examples=["127.0.0.1", "::1"],
    )
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=8000, description="Port that the frontend listens on; 0 takes a free one.", examples=[8000]
    )
    router: Annotated[Router, short_for("mode", Router)] = Field(
        default=Router.model_construct(), description="Routing mode, or mode and events.", examples=["kv"]
    )
    args: Args = Field(default={}, description="Frontend flags.", examples=[{"migration-limit": 1}])


Width = Annotated[int, Field(ge=1, le=4096)]


class Parallel(Section):
    """How one replica is spread over GPUs. GPUs per replica = tensor x pipeline x data x context."""

    tensor: Width = Field(default=1, description="Attention tensor-parallel width.", examples=[4])
    pipeline: Width = Field(default=1, description="Pipeline stages.", examples=[1])
    data: Width = Field(default=1, description="Attention replicas inside one worker.", examples=[1])
    context: Width = Field(default=1, description="Context-parallel width.", examples=[1])

    @property
    def gpus(self) -> int:
        """GPUs of one replica."""
        return self.tensor * self.pipeline * self.data * self.context


class Variable(Section):
    """One environment variable: a value, or a secret that is looked up at launch and never written down."""

    value: str | None = Field(default=None, description="The value itself.", examples=["info"])
    secret: Name | None = Field(default=None, description="Logical name of a secret.", examples=["huggingface"])


Env = Annotated[
    dict[
        VariableName,
        Annotated[Variable, BeforeValidator(as_variable, json_schema_input_type=str | int | Variable)],
    ],
    Field(max_length=MOST_ENTRIES),
]


class Worker(Section):
    """One kind of worker: its role, how often, how wide, and its own settings."""

    role: Role | None = Field(
        default=None,
        description="What the worker does; left out when the worker's key is a role name.",
        examples=["decode"],
    )
    replicas: Annotated[int, Field(ge=1, le=MOST_REPLICAS)] = Field(
        default=1, description="Number of engine groups.", examples=[2]
    )
    parallel: Parallel = Field(
        default=Parallel.model_construct(),
        description="How one replica is spread over GPUs.",
        examples=[{"tensor": 4}],
    )
    image: ImageName | None = Field(
        default=None,
        description="Container image of this worker, on targets that run containers; left out, the engine's.",
        examples=["registry.example.org/vllm-runtime:1.4.2"],
    )
    max_requests: Annotated[int, Field(ge=1, le=10_000_000)] | None = Field(
        default=None,
        description="Most requests that one replica runs at once; left out, the engine's own limit.",
        examples=[64],
    )
    args: Args = Field(
        default={},
        description="Engine flags of this worker; null removes one of the engine's.",
        examples=[{"speedup-ratio": 10}],
    )
    env: Env = Field(default={}, description="Environment of this worker.", examples=[{"RUST_LOG": "info"}])


class Offload(Section):
    """Where KV cache blocks go that GPUs have no room for."""

    engine: Literal["native", "kvbm", "lmcache", "mooncake"] = Field(
        description="What moves the blocks: the engine itself, Dynamo's KV Block Manager, LMCache, Mooncake.",
        examples=["native"],
    )
    cpu: Size | None = Field(
        default=None, description="Memory of the machine for it, for each replica.", examples=["128Gi"]
    )
    disk: Size | None = Field(default=None, description="Disk for it, for each replica.", examples=["500Gi"])


class Kv(Section):
    """The KV cache."""

    offload: Annotated[Offload | None, none_for(Offload)] = Field(
        default=None, description="Where blocks go that GPUs have no room for.", examples=["none"]
    )

    block_size: Annotated[int, Field(ge=1, le=65536)] | None = Field(
        default=None, description="Tokens in one KV cache block; left out, the engine's own.", examples=[64]
    )
    dtype: Literal["auto", "bf16", "fp8"] = Field(
        default="auto",
        description="Type of the KV cache's values; auto follows the model.",
        examples=["auto"],
    )


class Recipe(Section):
    """What to serve, with which engine, on which layout."""

    schema_version: Annotated[Literal[1], BeforeValidator(whole)] = Field(
        alias="schema", description="Version of the recipe format.", examples=[1]
    )
    extends: Extends | None = Field(
        default=None,
        description="Recipes that this one is laid over, in order; paths relative to this file, inside its repository.",
        examples=["./base.yaml", ["./base.yaml", "./h200.yaml"]],
    )
    name: Name | None = Field(
        default=None,
        description="Name of the run, a DNS label; left out, the file's name.",
        examples=["llama-70b"],
    )
    description: str | None = Field(default=None, description="What this recipe is for.", examples=["One worker"])
    about: About = Field(
        default=About.model_construct(),
        description="Where the recipe comes from and what was tried.",
        examples=[{}],
    )
    model: Annotated[Model, short_for("id", Model)] = Field(
        description="The model: its hub id, or where it is and how it is served.",
        examples=["Qwen/Qwen3-0.6B"],
    )
    dynamo: Annotated[Release, short_for("version", Release)] = Field(
        default=Release.model_construct(), description="Dynamo release or range.", examples=[">=1.4,<1.7"]
    )
    engine: Annotated[Engine, short_for("name", Engine)] = Field(
        description="The engine, or the engine and its flags.", examples=["mocker"]
    )
    hardware: Hardware = Field(
        default=Hardware.model_construct(), description="The hardware it is made for.", examples=[{}]
    )
    frontend: Frontend = Field(
        default=Frontend.model_construct(), description="The HTTP server.", examples=[{"port": 8000}]
    )
    workers: Annotated[dict[WorkerName, Worker], Field(min_length=1, max_length=64)] = Field(
        default={"aggregated": Worker.model_construct()},
        description="The workers by name; a name that is a role needs no `role`.",
        examples=[{"prefill": {"replicas": 2}, "decode": {}}],
    )
    kv: Kv = Field(
        default=Kv.model_construct(),
        description="KV cache: block size and type of the values.",
        examples=[{"block_size": 64}],
    )
    infrastructure: Infrastructure = Field(
        default=Infrastructure.model_construct(),
        description="Discovery and planes.",
        examples=[{"discovery": "auto"}],
    )
    env: Env = Field(
        default={}, description="Environment of every process of the graph.", examples=[{"RUST_LOG": "info"}]
    )
    files: Files = Field(
        default={},
        description="Text files by name, for `{file: NAME}` in `args`: relative to the recipe, inside its repository.",
        examples=[{"chat": "./chat.jinja"}],
    )
    ready: Ready = Field(
        default=Ready.model_construct(),
        description="Readiness: how long to wait.",
        examples=[{"timeout": "2m"}],
    )
    stop: Stop = Field(
        default=Stop.model_construct(),
        description="Stopping: how long running requests may take to end.",
        examples=[{"grace": "15s"}],
    )
    parameters: Parameters = Field(
        default={},
        description="Values to choose, by name; `${NAME}` stands for one.",
        examples=[{"context": {"type": "int", "default": 32768, "choices": [8192, 32768]}}],
    )
    variants: Variants = Field(
        default={},
        description="Changes to choose with `--variant`, by name: keys of a recipe laid over it as a merge patch. "
        "Of those with the same `axis`, one is chosen at most.",
        examples=[{"h200": {"axis": "gpu", "hardware": {"gpu": "h200_sxm"}}}],
    )
