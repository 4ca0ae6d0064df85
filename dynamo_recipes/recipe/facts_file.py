"""A facts file: what is known of machines, so that a laptop plans for a cluster. Holds no secret, decides nothing."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from dynamo_recipes.recipe.fields import Name, Section, whole
from dynamo_recipes.recipe.host import Host


class FactsFile(Section):
    """Machines that graphs run on."""

    facts_version: Annotated[Literal[1], BeforeValidator(whole)] = Field(
        alias="facts", description="Version of the format of facts files.", examples=[1]
    )
    hosts: Annotated[dict[Name, Host], Field(min_length=1, max_length=64)] = Field(
        description="Machines, by name: a recipe is judged against the first that fits.",
        examples=[{"node-a": {"os": "linux", "arch": "x86_64", "glibc": "2.39", "driver": "580.65.06"}}],
    )
