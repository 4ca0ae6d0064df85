"""The types of a plan. Values only.

An argument is text made of parts, or a JSON tree with such texts as leaves. Parts stay symbolic until `bind` makes
text of them, so that one plan serves processes, containers and manifests.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamo_recipes.findings import Finding
    from dynamo_recipes.recipe.fields import Role
    from dynamo_recipes.recipe.model import Recipe, Worker
    from dynamo_recipes.support.choices import Choice
    from dynamo_recipes.support.resolve import Resolution

By = Literal["author", "engine", "rendezvous", "infrastructure"]


@dataclass(frozen=True)
class Program:
    """A program of the run's environment, such as `python`."""

    name: str


@dataclass(frozen=True)
class Address:
    """The address of another component's first process; with `port`, the number of that port of it instead."""

    component: str
    port: str | None = None


@dataclass(frozen=True)
class OwnPort:
    """The number of a port of this process."""

    name: str


@dataclass(frozen=True)
class Rank:
    """The number of this process in its group, from 0, over all members in their order."""


@dataclass(frozen=True)
class LeaderOf:
    """The address of the first process of this group; with `port`, the number of that port of it instead."""

    port: str | None = None


@dataclass(frozen=True)
class RunDir:
    """A path below the folder of the run."""

    below: str


@dataclass(frozen=True)
class ModelDir:
    """The model as the process sees it: a folder, or a hub id."""


@dataclass(frozen=True)
class SecretRef:
    """A secret by its logical name; `variable` is where it is looked up when nothing maps it."""

    name: str
    variable: str


@dataclass(frozen=True)
class FileRef:
    """The path of a file: one that the recipe names in `files`, else one of the component.

    The former are labels without a dot; a component calls its own `engine.yaml` or the like.
    """

    name: str


Part: TypeAlias = "str | Program | Address | OwnPort | Rank | LeaderOf | RunDir | ModelDir | SecretRef | FileRef"


@dataclass(frozen=True)
class Text:
    """Text made of parts, joined without anything between them."""

    parts: tuple[Part, ...]


Leaf: TypeAlias = "Text | str | int | float | bool | None"
Branch: TypeAlias = "Leaf | tuple[Branch, ...] | Mapping[str, Branch]"


@dataclass(frozen=True)
class Tree:
    """A JSON value with texts as leaves: one word of a command line, such as `--kv-events-config`'s."""

    root: Branch


Value: TypeAlias = "Text | Tree"


class Arg(NamedTuple):
    """Words of a command line that belong together: a flag, and its value if it has one."""

    words: tuple[Value, ...]
    by: By
    because: str = ""


class Env(NamedTuple):
    """One environment variable."""

    name: str
    value: Value
    by: By
    because: str = ""


class Port(NamedTuple):
    """A port that each process of a member listens on.

    `fixed` is the number that the author asks for (0: any free one); None leaves the choice to the allocation.
    `span` consecutive numbers are taken, all at most `highest`.
    """

    name: str
    fixed: int | None = None
    span: int = 1
    highest: int = 65535


class Probe(NamedTuple):
    """An HTTP path of one of the process's ports that answers 200 when the process can work."""

    port: str
    path: str


class Member(NamedTuple):
    """Processes of one kind in a group: a leader, its headless followers, the ranks of a data-parallel engine.

    A group has `per_group` of them, spread evenly and in order over `nodes` nodes, each with `gpus` GPUs.
    Members of one group stand on different nodes. `argv` starts with the program. `endpoint` is the Dynamo endpoint
    at which each process registers an instance, `component.endpoint`; None for those that serve nothing themselves.
    """

    name: str
    argv: tuple[Arg, ...]
    env: tuple[Env, ...] = ()
    ports: tuple[Port, ...] = ()
    ready: Probe | None = None
    gpus: int = 0
    nodes: int = 1
    per_group: int = 1
    endpoint: str | None = None


class File(NamedTuple):
    """A file that the component's processes read; made by the target."""

    name: str
    content: Value


class Component(NamedTuple):
    """A part of the graph: `replicas` groups, each made of the same members. Starts after those in `after`."""

    name: str
    role: str
    members: tuple[Member, ...]
    replicas: int = 1
    after: tuple[str, ...] = ()
    image: str | None = None
    files: tuple[File, ...] = ()
    mounts: tuple[str, ...] = ()


class Service(NamedTuple):
    """What clients see: where it answers, under which model name, and what they ask. `host` is what it listens on."""

    component: str
    port: str
    model: str
    task: Literal["chat", "completion"]
    host: str = "127.0.0.1"

    @property
    def reached(self) -> str:
        """Where a client on the same machine asks: what listens on all addresses is asked on loopback."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - named, not bound


class Source(NamedTuple):
    """Where the model is: a hub id, a folder as the recipe writes it, or one that ships with us."""

    kind: Literal["id", "path", "packaged"]
    value: str


class Install(NamedTuple):
    """What `uv pip install` puts into the graph's environment, and what that needs of a machine.

    No requirements: nothing is installed, the graph runs from images.

    `python` is a range. Memory is that of one process; None is not known. `headers` are Python's own, for engines
    that compile; `libraries` are names that the loader has to find, each with Debian's package.
    """

    requirements: tuple[str, ...]
    options: tuple[str, ...]
    python: str
    disk_mib: int | None
    frontend_mib: int | None = None
    worker_mib: int | None = None
    headers: bool = False
    libraries: tuple[tuple[str, str | None], ...] = ()


class Plan(NamedTuple):
    """The graph. Components are in starting order; they are stopped in the opposite one."""

    name: str
    components: tuple[Component, ...]
    choices: "tuple[Choice, ...]"
    service: Service
    model: Source
    install: Install
    ready_timeout: float  # seconds
    idle_timeout: float  # seconds in which nothing happens, at most, until the graph is ready
    stop_grace: float  # seconds
    virtual_gpus: bool = False  # device ids say where processes would stand; no real GPU is needed


class Engine(Protocol):
    """An engine makes the processes of a worker. It knows no host, port number, node or target."""

    NAME: str
    ROLES: "frozenset[Role]"
    VIRTUAL_GPUS: bool  # True when the processes need no real GPU, whatever the layout says

    def members(self, worker: "Worker", role: "Role", recipe: "Recipe", resolution: "Resolution") -> tuple[Member, ...]:
        """Return the members of one group of the worker; the author's own flags are added by `plan`."""
        ...

    def check(self, worker: "Worker", role: "Role", recipe: "Recipe") -> "tuple[Finding, ...]":
        """Return what this engine cannot do of what the worker asks, with paths below the worker."""
        ...

    def check_recipe(self, recipe: "Recipe") -> "tuple[Finding, ...]":
        """Return what this engine cannot do of what the recipe asks for all workers."""
        ...


class Instance(NamedTuple):
    """One process of the run: where it stands and which numbers it has."""

    component: str
    member: str
    replica: int  # the group
    rank: int  # the process in its group
    node: int
    devices: tuple[int, ...]
    ports: tuple[tuple[str, int], ...]

    @property
    def name(self) -> str:
        """A name that is unique in the run: `decode-1`, with the rank where a group has several processes."""
        return f"{self.component}-{self.replica}" + (f"-r{self.rank}" if self.rank else "")


def text(*parts: Part) -> Text:
    """Return a text of parts."""
    return Text(parts)


def arg(flag: str, *values: "Part | Value", by: By = "engine", because: str = "") -> Arg:
    """Return a flag and its values."""
    return Arg(
        tuple(each if isinstance(each, (Text, Tree)) else Text((each,)) for each in (flag, *values)),
        by,
        because,
    )


def env(name: str, value: "Part | Value", by: By = "engine", because: str = "") -> Env:
    """Return an environment variable."""
    return Env(name, value if isinstance(value, (Text, Tree)) else Text((value,)), by, because)
