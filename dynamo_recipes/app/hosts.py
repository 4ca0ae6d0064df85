"""A machine as it is written in files, and as the facts that rules read: there and back."""

from collections.abc import Mapping
from typing import Any

from dynamo_recipes.recipe.host import Host, HostGpu
from dynamo_recipes.support import gpus
from dynamo_recipes.support.facts import Gpu, HostFacts

# Other names for the same.
ALIASES = {"amd64": "x86_64", "arm64": "aarch64", "macos": "darwin"}
_MIB = {"Mi": 1, "Gi": 1 << 10, "Ti": 1 << 20}
# Written and read under the same name, as they are.
_SAME = (
    *("os", "distribution", "os_version", "arch", "glibc", "driver", "cuda", "fabric", "nvidia_index", "cpu", "cores"),
    *("kubernetes", "operator", "grove", "kai_scheduler", "lws"),
)


def facts_of(host: Host) -> HostFacts:
    """Return the facts of a machine that is written in a file."""
    same = {name: getattr(host, name) for name in _SAME}
    same |= {name: ALIASES.get(same[name], same[name]) for name in ("os", "arch")}
    return HostFacts(
        **same,
        python=tuple(host.python) if host.python else None,
        gpus=None if host.gpus is None else tuple(_gpu(each) for each in host.gpus),
        memory_mib=mib(host.memory) if host.memory else None,
        docker=host.docker.version if host.docker else None,
        docker_nvidia=host.docker.nvidia if host.docker else None,
    )


def written(facts: HostFacts) -> dict[str, Any]:
    """Return facts as an entry of `hosts`, without what is not known. A facts file that has it gives the same facts."""
    given = {name: getattr(facts, name) for name in _SAME}
    given["nvidia_index"] = facts.nvidia_index or None
    given["python"] = list(facts.python) if facts.python else None
    given["gpus"] = None if facts.gpus is None else [_written_gpu(each) for each in facts.gpus]
    given["memory"] = _size(facts.memory_mib)
    given["docker"] = _known({"version": facts.docker, "nvidia": facts.docker_nvidia}) or None
    return {name: given[name] for name in Host.model_fields if given[name] is not None}


def document(hosts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a whole facts file as data: `--facts` reads it, as JSON or YAML."""
    return {"facts": 1, "hosts": {name: dict(host) for name, host in hosts.items()}}


def mib(size: str) -> int:
    """Return the MiB of a size such as `80Gi`."""
    return int(size[:-2]) * _MIB[size[-2:]]


def _gpu(given: HostGpu) -> Gpu:
    memory = mib(given.memory) if given.memory else None
    found = gpus.on_machine(gpus.named(given.name), memory, given.compute_capability)
    return found._replace(number=given.count, mig=given.mig)


def _written_gpu(gpu: Gpu) -> dict[str, Any]:
    """Return an entry of `gpus`; what the table says need not be written, and is not verified by being written."""
    own: dict[str, Any] = {}
    if gpu._replace(number=None, mig=None) != gpus.known(gpu.name):
        own = {"memory": _size(gpu.memory_mib), "compute_capability": gpu.compute_capability}
    return _known({"name": gpu.name, **own, "count": gpu.number, "mig": gpu.mig})


def _size(memory_mib: int | None) -> str | None:
    return f"{memory_mib}Mi" if memory_mib else None


def _known(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}
