"""A site as its owner wrote it: what is true of a place. It never changes what is served. Decides nothing.

A key that is not here is refused; keys that start with `x-` are the owner's own.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from dynamo_recipes.recipe.fields import MOST_ENTRIES, Name, Section, VariableName, whole
from dynamo_recipes.recipe.host import Host, Version

SiteRole = Literal["all", "frontend", "planner", "aggregated", "prefill", "decode", "encode", "pd"]

Label = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
Subdomain = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]
LabelKey = Annotated[
    str,
    Field(pattern=r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$", max_length=317),
]
LabelValue = Annotated[str, Field(pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")]
Image = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$", max_length=255)]


class Storage(Section):
    """Where model caches are kept."""

    storage_class: Subdomain | None = Field(
        default=None,
        alias="class",
        description="Storage class; left out, the cluster's default.",
        examples=["standard"],
    )
    size: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}(Mi|Gi|Ti)$")] | None = Field(
        default=None,
        description="Size of a cache: a whole number and Mi, Gi or Ti.",
        examples=["500Gi"],
    )
    access: Literal["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany"] | None = Field(
        default=None, description="Access mode of the volume.", examples=["ReadWriteMany"]
    )


class KubernetesSecret(Section):
    """A Secret of the cluster, and the key in it."""

    name: Subdomain = Field(description="Name of the Secret.", examples=["hf-token-secret"])
    key: Annotated[str, Field(pattern=r"^[-._a-zA-Z0-9]+$", max_length=253)] = Field(
        description="Key in the Secret.", examples=["HF_TOKEN"]
    )


class SecretSource(Section):
    """Where a secret is, never its value. On one machine `env` is looked at first, then `file`."""

    env: VariableName | None = Field(
        default=None,
        description="Variable in the environment of the command.",
        examples=["TEAM_HF_TOKEN"],
    )
    file: Annotated[str, Field(min_length=1, max_length=4096)] | None = Field(
        default=None,
        description="File with the value, absolute, below `~/`, or relative to the site file; one newline at its end "
        "does not count.",
        examples=["~/.config/team/hf-token"],
    )
    kubernetes: KubernetesSecret | None = Field(
        default=None,
        description="Secret of the cluster; no target of this version reads it.",
        examples=[{"name": "hf-token-secret", "key": "HF_TOKEN"}],
    )


class Toleration(Section):
    """A taint of nodes that the processes of a role may stand on."""

    key: LabelKey | None = Field(default=None, description="Key of the taint; left out, any.", examples=["gpu"])
    operator: Literal["Equal", "Exists"] = Field(
        default="Equal",
        description="Whether the value must be equal, or the key be there.",
        examples=["Exists"],
    )
    value: LabelValue | None = Field(default=None, description="Value of the taint.", examples=["h100"])
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        default=None, description="Effect of the taint; left out, each.", examples=["NoSchedule"]
    )
    seconds: Annotated[int, Field(ge=0, le=31_536_000)] | None = Field(
        default=None,
        description="With NoExecute: how long it is tolerated; left out, for ever.",
        examples=[300],
    )


class RolePlacement(Section):
    """On which nodes the processes of a role may stand."""

    node_selector: Annotated[dict[LabelKey, LabelValue], Field(max_length=MOST_ENTRIES)] = Field(
        default={},
        description="Labels that a node must have.",
        examples=[{"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"}],
    )
    tolerations: Annotated[list[Toleration], Field(max_length=MOST_ENTRIES)] = Field(
        default=[],
        description="Taints that are tolerated.",
        examples=[[{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}]],
    )


class Site(Section):
    """What is true of a place: secrets, hosts, and what a cluster there needs."""

    site_version: Annotated[Literal[1], BeforeValidator(whole)] = Field(
        alias="site", description="Version of the site format.", examples=[1]
    )
    namespace: Label | None = Field(
        default=None,
        description="Namespace of the cluster; no target of this version uses it.",
        examples=["inference"],
    )
    operator: Version | None = Field(
        default=None,
        description="Version of the Dynamo operator in the cluster, where a host does not say it.",
        examples=["1.4.2"],
    )
    storage: Storage = Field(
        default=Storage.model_construct(),
        description="Where model caches are kept; no target of this version uses it.",
        examples=[{"class": "standard", "size": "500Gi", "access": "ReadWriteMany"}],
    )
    mirrors: Annotated[dict[Image, Image], Field(max_length=MOST_ENTRIES)] = Field(
        default={},
        description="What image names begin with, and what stands there instead; no target of this version uses it.",
        examples=[{"nvcr.io": "registry.example.org/nvcr"}],
    )
    secrets: Annotated[dict[Name, SecretSource], Field(max_length=MOST_ENTRIES)] = Field(
        default={},
        description="Where each secret is, by the logical name that recipes use.",
        examples=[{"huggingface": {"env": "TEAM_HF_TOKEN"}}],
    )
    roles: dict[SiteRole, RolePlacement] = Field(
        default={},
        description="On which nodes processes may stand, by role, or for `all`; no target of this version uses it.",
        examples=[{"decode": {"node_selector": {"pool": "gpu"}}}],
    )
    hosts: Annotated[dict[Name, Host], Field(max_length=64)] = Field(
        default={},
        description="Machines that graphs run on, by name: a recipe is judged against the first that fits.",
        examples=[{"trainer": {"os": "linux", "arch": "x86_64", "glibc": "2.36"}}],
    )
