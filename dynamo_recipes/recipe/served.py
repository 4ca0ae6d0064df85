"""The model that a recipe serves: where it is, what it is called, what requests to it may hold."""

from typing import Annotated, Literal

from pydantic import Field

from dynamo_recipes.recipe.fields import MOST_ENTRIES, ModelId, Section, ServedName

Precision = Literal["bf16", "fp16", "fp8", "nvfp4", "mxfp4", "int8", "int4"]
Modality = Literal["text", "image", "video", "audio"]


class Adapter(Section):
    """A LoRA adapter."""

    name: ServedName = Field(description="Name that clients ask for.", examples=["law"])
    source: Annotated[str, Field(min_length=1, max_length=4096)] = Field(
        description="Its id on the hub, or its folder.", examples=["org/law-lora"]
    )


class Model(Section):
    """What is served. Exactly one of `id`, `path` and `packaged` says where the model is."""

    id: ModelId | None = Field(default=None, description="Model id on the hub.", examples=["Qwen/Qwen3-0.6B"])
    path: Annotated[str, Field(min_length=1, max_length=4096)] | None = Field(
        default=None,
        description="Model folder, absolute or relative to the recipe.",
        examples=["./models/tiny"],
    )
    packaged: Literal["tiny"] | None = Field(
        default=None, description="A model that ships with dynamo-recipes, for the mocker.", examples=["tiny"]
    )
    served_name: ServedName | None = Field(
        default=None,
        description="Name that clients ask for; left out, the id or the folder's name.",
        examples=["qwen3"],
    )
    revision: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._/-]*$", max_length=200)] | None = Field(
        default=None, description="Commit, tag or branch on the hub; left out, `main`.", examples=["main"]
    )
    precision: Precision | None = Field(
        default=None,
        description="States the precision of the checkpoint's weights; never switches quantization on.",
        examples=["fp8"],
    )
    modalities: Annotated[list[Modality], Field(min_length=1, max_length=4)] = Field(
        default=["text"], description="What requests may hold.", examples=[["text", "image"]]
    )
    adapters: Annotated[list[Adapter], Field(max_length=MOST_ENTRIES)] = Field(
        default=[],
        description="LoRA adapters that are served beside the model.",
        examples=[[{"name": "law", "source": "org/law-lora"}]],
    )
    task: Literal["chat", "completion"] = Field(
        default="chat",
        description="What clients ask of the model: decides what `smoke` asks.",
        examples=["chat"],
    )
    max_length: Annotated[int, Field(ge=1, le=100_000_000)] | None = Field(
        default=None,
        description="Most tokens of one request, prompt and answer together; left out, the model's own limit.",
        examples=[32768],
    )

    @property
    def served(self) -> str:
        """The name that clients ask for: as written, else the hub id or the folder's name."""
        folder = (self.path or "").rstrip("/").rsplit("/", 1)[-1]
        return self.served_name or self.id or self.packaged or folder or "model"
