"""The types that keys of a recipe have: names, durations, flags, short forms, and the closed section."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Role = Literal["aggregated", "prefill", "decode", "encode", "pd"]
ROLES: tuple[Role, ...] = ("aggregated", "prefill", "decode", "encode", "pd")

MOST_REPLICAS = 10_000

Name = Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$")]
WorkerName = Annotated[str, Field(pattern=r"^[A-Za-z]([-A-Za-z0-9]{0,38}[A-Za-z0-9])?$")]
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=200)]
FlagName = Annotated[str, Field(pattern=r"^(--?)?[A-Za-z][A-Za-z0-9_.-]*$", max_length=200)]
Duration = Annotated[str, Field(pattern=r"^[0-9]{1,6}(ms|s|m|h)$")]
ModelId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)?$", max_length=200)]
ServedName = Annotated[
    str,
    Field(
        pattern=r"^[^\s\x00-\x1f\u007f-\u009f\u200e-\u200f\u202a-\u202e\u2066-\u2069-][^\x00-\x1f\u007f-\u009f\u200e-\u200f\u202a-\u202e\u2066-\u2069]*$",
        max_length=200,
    ),
]
GpuName = Annotated[str, Field(pattern=r"^[ -~]*$", min_length=1, max_length=60)]
ImageName = Annotated[str, Field(pattern=r"^[a-z0-9][A-Za-z0-9._:/-]*(@sha256:[0-9a-f]{64})?$", max_length=400)]
Size = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}(Mi|Gi|Ti)$")]
# No process takes more; all of them may stand on each of 64 workers.
MOST_ENTRIES = 1000
# Any value of a loaded text: JSON by construction. pydantic's JsonValue would say so too, and take 15 ms to import.
Args = Annotated[dict[FlagName, Any], Field(max_length=MOST_ENTRIES)]

# Each is opened and read before anything starts.
Files = Annotated[dict[Name, Annotated[str, Field(min_length=1, max_length=4096)]], Field(max_length=64)]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(duration: str) -> float:
    """Return the seconds of a duration such as `100s` or `30m`."""
    number = duration.rstrip("msh")
    return int(number) * _UNITS[duration[len(number) :]]


def short_for(key: str, section: Any) -> Any:
    """Return a validator that reads a plain text as the section `{key: text}`."""

    def expand(value: Any) -> Any:
        return {key: value} if isinstance(value, str) else value

    return BeforeValidator(expand, json_schema_input_type=str | section)


def none_for(section: Any) -> Any:
    """Return a validator that reads the text `none` as no section."""

    def expand(value: Any) -> Any:
        return None if value == "none" else value

    return BeforeValidator(expand, json_schema_input_type=Literal["none"] | section | None)


def as_variable(value: Any) -> Any:
    """Read text or a whole number as `{value: text}`. True, 1.10 and the like change their spelling: quote them."""
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return {"value": str(value)}
    return value


def whole(value: Any) -> Any:
    """Keep `true` and `1.0` from counting as 1: in Python they are equal to it."""
    return value if type(value) is int else None


class Section(BaseModel):
    """A mapping of the recipe: closed, frozen, strict about types."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        defer_build=True,  # one validator is built, for the whole recipe, when it is first used
        json_schema_extra={"patternProperties": {"^x-": {}}},
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_own_keys(cls, data: Any) -> Any:
        if isinstance(data, dict) and any(isinstance(key, str) and key.startswith("x-") for key in data):
            return {key: value for key, value in data.items() if not key.startswith("x-")}
        return data
