"""A machine as its owner or a probe wrote it down: in a site and in a facts file. Decides nothing.

What is left out is not known, and no reason to refuse.
"""

from typing import Annotated

from pydantic import Field

from dynamo_recipes.recipe.fields import GpuName, Section, Size

Word = Annotated[str, Field(pattern=r"^[a-z0-9_]+$", max_length=40)]
Distribution = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9._]*[a-z0-9])?$", max_length=40)]
Version = Annotated[str, Field(pattern=r"^[0-9]{1,4}(\.[0-9]{1,6}){0,3}$")]
# As `kubectl version` prints it: v1.31.2.
ClusterVersion = Annotated[str, Field(pattern=r"^v?[0-9]{1,4}(\.[0-9]{1,6}){0,3}$")]
TwoNumbers = Annotated[str, Field(pattern=r"^[0-9]{1,2}\.[0-9]{1,3}$")]
PythonVersion = Annotated[str, Field(pattern=r"^[0-9]{1,2}\.[0-9]{1,3}(\.[0-9]{1,3})?$")]
# Of other people's programs: `v0.1.0-alpha.10`, `24.0.7-ce`.
Tag = Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+~_-]*$", max_length=60)]
Product = Annotated[str, Field(pattern=r"^[^\x00-\x1f\u007f-\u009f]+$", max_length=200)]


class HostGpu(Section):
    """The GPUs of one kind in a machine."""

    name: GpuName = Field(
        description="Name in the GPU table, or what the driver calls the product.", examples=["h100_sxm"]
    )
    memory: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}(Mi|Gi)$")] | None = Field(
        default=None,
        description="Memory of one GPU: a whole number and Mi or Gi; left out, as in the table.",
        examples=["81559Mi"],
    )
    compute_capability: Annotated[str, Field(pattern=r"^[0-9]{1,2}\.[0-9]$")] | None = Field(
        default=None, description="NVIDIA's compute capability; left out, as in the table.", examples=["9.0"]
    )
    count: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        default=None, description="How many of them the machine has.", examples=[8]
    )
    mig: bool | None = Field(default=None, description="Whether they are split up (MIG).", examples=[False])


class HostDocker(Section):
    """The Docker engine of a machine."""

    version: Tag | None = Field(default=None, description="Version of the engine.", examples=["28.2.2"])
    nvidia: bool | None = Field(
        default=None, description="Whether NVIDIA's container runtime is there.", examples=[True]
    )


class Host(Section):
    """Facts of a machine that graphs run on; what is left out is not known and no reason to refuse."""

    os: Word | None = Field(default=None, description="Operating system: linux, darwin, windows.", examples=["linux"])
    distribution: Distribution | None = Field(
        default=None, description="Distribution: ubuntu, debian, amazon-linux, centos-stream.", examples=["ubuntu"]
    )
    os_version: Version | None = Field(default=None, description="Version of the distribution.", examples=["24.04"])
    arch: Word | None = Field(default=None, description="Architecture: x86_64, aarch64.", examples=["x86_64"])
    glibc: Version | None = Field(default=None, description="Version of glibc.", examples=["2.36"])
    python: Annotated[list[PythonVersion], Field(min_length=1, max_length=64)] | None = Field(
        default=None, description="Versions of Python that are installed.", examples=[["3.11.7"]]
    )
    driver: Version | None = Field(default=None, description="Version of NVIDIA's driver.", examples=["580.65.06"])
    cuda: TwoNumbers | None = Field(
        default=None, description="Newest CUDA that the machine can run.", examples=["12.9"]
    )
    gpus: Annotated[list[HostGpu], Field(max_length=64)] | None = Field(
        default=None,
        description="GPUs, an entry for each kind; an empty list where there is none.",
        examples=[[{"name": "h100_sxm", "count": 8}]],
    )
    fabric: Word | None = Field(
        default=None, description="Network between nodes: efa, infiniband, ethernet.", examples=["infiniband"]
    )
    nvidia_index: bool = Field(
        default=False, description="Whether NVIDIA's own Python index is among those that uv asks.", examples=[True]
    )
    cpu: Product | None = Field(
        default=None, description="Model of the CPU.", examples=["AMD EPYC 9654 96-Core Processor"]
    )
    cores: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        default=None, description="Cores that may be used.", examples=[96]
    )
    memory: Size | None = Field(
        default=None, description="Memory: a whole number and Mi, Gi or Ti.", examples=["1024Gi"]
    )
    docker: HostDocker | None = Field(
        default=None, description="The Docker engine.", examples=[{"version": "28.2.2", "nvidia": True}]
    )
    kubernetes: ClusterVersion | None = Field(
        default=None, description="Version of Kubernetes in the cluster that it belongs to.", examples=["1.31"]
    )
    operator: Version | None = Field(
        default=None, description="Version of the Dynamo operator in that cluster.", examples=["1.4.2"]
    )
    grove: Tag | None = Field(
        default=None, description="Version of Grove there; `none` where it is not installed.", examples=["none"]
    )
    kai_scheduler: Tag | None = Field(
        default=None,
        description="Version of the KAI scheduler there; `none` where it is not installed.",
        examples=["v0.13.4"],
    )
    lws: Tag | None = Field(
        default=None,
        description="Version of LeaderWorkerSet there; `none` where it is not installed.",
        examples=["v0.7.0"],
    )
