"""The keys with which recipes compose: what they extend, parameters, variants."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from dynamo_recipes.recipe.fields import MOST_ENTRIES, Section, VariableName

MOST_BASES = 64
_MOST_VARIANTS = 64
_File = Annotated[str, Field(min_length=1, max_length=4096)]
_Value = str | int | float | bool
_VariantName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$")]


def _as_list(value: Any) -> Any:
    """Read one file as a list of one."""
    return [value] if isinstance(value, str) else value


Extends = Annotated[
    list[_File], Field(max_length=MOST_BASES), BeforeValidator(_as_list, json_schema_input_type=_File | list[_File])
]


class Parameter(Section):
    """A value that whoever runs the recipe may choose; `${NAME}` stands for it."""

    type: Literal["string", "int", "float", "bool"] | None = Field(
        default=None, description="Type of the value; left out, that of the default, else string.", examples=["int"]
    )
    default: _Value | None = Field(
        default=None,
        description="The value unless `--set parameters.NAME=VALUE`, the environment or an env file gives one.",
        examples=[32768],
    )
    description: str | None = Field(default=None, description="What it is for.", examples=["Tokens of one request"])
    choices: Annotated[list[_Value], Field(min_length=1, max_length=MOST_ENTRIES)] | None = Field(
        default=None, description="The values that may be chosen.", examples=[[8192, 32768]]
    )


def _as_parameter(value: Any) -> Any:
    """Read a value alone as `{default: value}`."""
    return {"default": value} if isinstance(value, (str, int, float)) else value


Parameters = Annotated[
    dict[VariableName, Annotated[Parameter, BeforeValidator(_as_parameter, json_schema_input_type=_Value | Parameter)]],
    Field(max_length=MOST_ENTRIES),
]
# The keys of a variant are those of a recipe; they are checked when it is chosen, with the rest.
Variants = Annotated[dict[_VariantName, dict[str, Any]], Field(max_length=_MOST_VARIANTS)]
