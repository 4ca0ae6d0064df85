"""How the processes of a graph find each other and talk: environment that every target but Kubernetes needs.

Rests on facts read off ai-dynamo's wheels: `dynamo/common/configuration/groups/runtime_args.py` for planes and
discovery, and on runs of 1.4.2 and 1.6.0 for what listens where.
"""

from dynamo_recipes.plan.model import Env, Member, OwnPort, RunDir, Source, env
from dynamo_recipes.support.choices import Choice
from dynamo_recipes.support.releases import Release

SYSTEM_PORT = "system"
HIGHEST_SYSTEM_PORT = 32_767  # the runtime reads it as a signed 16-bit number and dies above
_LOOPBACK = "127.0.0.1"


def choices(release: Release) -> tuple[Choice, ...]:
    """Return what was decided and why."""
    planes = (
        Choice("discovery", "file", "all processes run on one host: no server is needed"),
        Choice("request plane", "tcp", "needs no server"),
        Choice("event plane", "zmq", "needs no server"),
    )
    return (
        (*planes, Choice("response plane", "tcp", "the release's default")) if release.can("response_plane") else planes
    )


def for_all(release: Release, model: Source) -> tuple[Env, ...]:
    """Return the environment of every process of the graph."""
    planes = [
        _env("DYN_DISCOVERY_BACKEND", "file", "processes find each other through files of this run"),
        Env(
            "DYN_FILE_KV",
            env("", RunDir("discovery")).value,
            "infrastructure",
            "two runs never see each other's workers",
        ),
        _env("DYN_EVENT_PLANE", "zmq", "KV events need no server"),
        _env("DYN_REQUEST_PLANE", "tcp", "requests need no server"),
        _env("DYN_TCP_RPC_HOST", _LOOPBACK, "the request plane stays on this host"),
    ]
    if release.can("response_plane"):
        planes.append(_env("DYN_RESPONSE_PLANE", "tcp", "frontend and workers must agree"))
    if model.kind != "id":
        planes.append(_env("HF_HUB_OFFLINE", "1", "the model is a folder: nothing is fetched"))
    return tuple(planes)


def for_member(member: Member, release: Release) -> tuple[Env, ...]:
    """Return the further environment of a worker's process."""
    if all(port.name != SYSTEM_PORT for port in member.ports):
        return ()
    own = Env(
        "DYN_SYSTEM_PORT",
        env("", OwnPort(SYSTEM_PORT)).value,
        "infrastructure",
        "health, metrics and the model's files; each process needs its own",
    )
    host = _env("DYN_SYSTEM_HOST", _LOOPBACK, "health and metrics stay on this host")
    if not release.can("hands_model_files_when_asked"):
        return (own, host)
    return (own, host, _env("DYN_SELF_HOST_METADATA", "1", "the frontend gets the model's files from the worker"))


def _env(name: str, value: str, because: str) -> Env:
    return env(name, value, "infrastructure", because)
