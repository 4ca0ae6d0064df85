"""How long a graph may take to start and to stop, as its author wrote it."""

from pydantic import Field

from dynamo_recipes.recipe.fields import Duration, Section


class Ready(Section):
    """When the graph counts as started."""

    timeout: Duration = Field(default="30m", description="Longest wait until the graph answers.", examples=["2m"])
    idle_timeout: Duration = Field(
        default="10m",
        description="Longest time in which nothing happens before that: no log line, no growth of memory, nothing "
        "read or fetched.",
        examples=["2m"],
    )


class Stop(Section):
    """How the graph is stopped."""

    grace: Duration = Field(
        default="100s",
        description="Time for running requests to end before processes are killed.",
        examples=["15s"],
    )
