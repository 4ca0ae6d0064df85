"""What is known of a machine or cluster, as values. None is unknown: it is then no reason to refuse. Probes nothing."""

from typing import NamedTuple


class Gpu(NamedTuple):
    """A kind of GPU. `name` is a key of the table or, for one that is not in it, the product's own name."""

    name: str
    compute_capability: str | None = None  # "9.0"
    memory_mib: int | None = None  # of one GPU, as the driver reports it
    architecture: str | None = None  # "hopper"
    verified: bool = True  # in the table
    number: int | None = None  # of them in the machine
    mig: bool | None = None  # split up


class HostFacts(NamedTuple):
    """Facts of one machine; of the cluster that it belongs to, where they are known."""

    os: str | None = None  # "linux", "darwin", "windows"
    distribution: str | None = None  # "ubuntu", "amazon-linux", "centos-stream"
    os_version: str | None = None  # of the distribution: "24.04"
    arch: str | None = None  # "x86_64", "aarch64"
    glibc: str | None = None  # "2.36"
    python: tuple[str, ...] | None = None  # versions that may be used: ("3.11.7",)
    driver: str | None = None  # NVIDIA's: "580.65.06"
    cuda: str | None = None  # newest CUDA that the machine can run: "12.9"
    gpus: tuple[Gpu, ...] | None = None  # one for each kind; () where there is none
    fabric: str | None = None  # "efa", "infiniband", …
    nvidia_index: bool = False  # NVIDIA's own Python index is among those that uv asks
    environment: bool = False  # a Python environment is given: nothing is installed
    kubernetes: str | None = None  # "1.31"
    operator: str | None = None  # the Dynamo platform in the cluster: "1.4.2"
    grove: str | None = None  # "v0.1.0-alpha.10"; "none" where it is not installed
    kai_scheduler: str | None = None  # "v0.13.4"
    lws: str | None = None  # LeaderWorkerSet: "v0.7.0"; "none" where it is not installed
    cpu: str | None = None  # model
    cores: int | None = None  # that may be used
    memory_mib: int | None = None
    docker: str | None = None  # version of the engine
    docker_nvidia: bool | None = None  # NVIDIA's container runtime is there


UNKNOWN = HostFacts()
