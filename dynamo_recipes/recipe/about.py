"""Where a recipe comes from and what was tried with it: for readers, decides nothing."""

from typing import Annotated, Any, Literal

from pydantic import Field

from dynamo_recipes.recipe.fields import Section


class Tested(Section):
    """One time that somebody ran this recipe, and what came of it."""

    date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="Day of the test.", examples=["2026-10-01"])]
    dynamo: str = Field(description="Dynamo release it ran on.", examples=["1.4.2"])
    gpu: str | None = Field(default=None, description="GPU it ran on; left out for none.", examples=["h100_sxm"])
    status: Literal["works", "slow", "fails"] = Field(description="What came of it.", examples=["works"])
    note: str | None = Field(default=None, description="What a reader should know.", examples=["2 nodes"])
    figures: dict[str, Any] = Field(
        default={},
        description="Measured figures by name, with the unit in the name.",
        examples=[{"ttft_ms": 210}],
    )


class About(Section):
    """Where the recipe comes from and what was tried; never inferred."""

    source: str | None = Field(
        default=None, description="Where the settings come from.", examples=["https://example.org"]
    )
    maintainers: list[str] = Field(default=[], description="Who answers questions.", examples=[["team-inference"]])
    tested: list[Tested] = Field(default=[], description="What was tried, newest first.", examples=[[]])
