"""The hardware that a recipe is made for: GPUs of the table, or with facts of their own, and nodes."""

from typing import Annotated

from pydantic import Field

from dynamo_recipes.recipe.fields import GpuName, Section, short_for


class Gpu(Section):
    """A GPU that is not in the table: its facts are taken as they stand here, and are not verified."""

    name: GpuName = Field(description="Name of the GPU.", examples=["h800"])
    memory: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,6}(Mi|Gi)$")] | None = Field(
        default=None, description="Memory of one GPU: a whole number and Mi or Gi.", examples=["80Gi"]
    )
    compute_capability: Annotated[str, Field(pattern=r"^[0-9]{1,2}\.[0-9]$")] | None = Field(
        default=None, description="NVIDIA's compute capability.", examples=["9.0"]
    )


class Hardware(Section):
    """The hardware that the layout is made for: a requirement, checked on the target."""

    gpu: Annotated[Gpu, short_for("name", Gpu)] | None = Field(
        default=None,
        description="GPU model, by its name in the GPU table; or, where it is not there, name and facts.",
        examples=["h100_sxm"],
    )
    gpus_per_node: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        default=None, description="GPUs in one node; left out, as many as the layout needs.", examples=[8]
    )
    nodes: Annotated[int, Field(ge=1, le=10_000)] = Field(default=1, description="Number of nodes.", examples=[1])
