"""How the processes of a graph find each other and talk, as its author wrote it."""

from typing import Literal

from pydantic import Field

from dynamo_recipes.recipe.fields import Section


class Infrastructure(Section):
    """How the processes of the graph find each other and talk. auto is what release and target do best."""

    discovery: Literal["auto", "file"] = Field(default="auto", description="Service discovery.", examples=["auto"])
    request_plane: Literal["auto", "tcp"] = Field(
        default="auto", description="How requests reach workers.", examples=["auto"]
    )
    response_plane: Literal["auto", "tcp"] = Field(
        default="auto",
        description="How answers come back, where the release lets one choose.",
        examples=["auto"],
    )
    event_plane: Literal["auto", "zmq"] = Field(
        default="auto", description="How KV events reach the router.", examples=["auto"]
    )
