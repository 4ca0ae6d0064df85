"""vLLM's flags by syntax trees, on a small package of its shape."""

from pathlib import Path
from typing import Any

import pytest

from tools.flags.trees_vllm import names

_CONFIG = """
from typing import Annotated, Any, Literal
from pydantic import Field, SkipValidation

Dtype = Literal["half", "auto"]
Method = Literal["mtp", Dtype]
Overrides = dict[str, Any] | Callable[[Any], Any]

@config
class Inner:
    x: int = 0

@config(extra=1)
class Base:
    seed: int = 0

@config
class ModelConfig(Base):
    model: str = "m"
    dtype: Dtype | str = "auto"
    method: Method | None = None
    level: Literal[1, 2] = 1
    eager: bool = False
    token: bool | str | None = None
    max_model_len: int | None = None
    batch: int | None = None
    share: Annotated[float, Field(gt=0)] = 0.5
    sizes: list[int] | None = None
    pair: tuple[str, str] = ("a", "b")
    traces: list[Dtype] | None = None
    inner: SkipValidation["Inner"] | None = None
    overrides: Overrides = None
    extra: dict[str, int] | None = None
    backend: Dtype = "auto"
    speculative: dict[str, Any] | None = None
    kind: SomeEnum = 0
"""
_ENGINE = """
import argparse, json

def get_kwargs(cls):
    human_readable_int_args = {"batch"}
    kwargs[name]["choices"].append(NONE)

class EngineArgs:
    @staticmethod
    def add_cli_args(parser):
        model_kwargs = get_kwargs(ModelConfig)
        group = parser.add_argument_group(title="ModelConfig")
        if not ("serve" in sys.argv[1:]):
            group.add_argument("--model", **model_kwargs["model"])
        LINES
        backend_kwargs = model_kwargs["backend"]
        backend_kwargs["type"] = lambda s: s.lower().replace("-", "_")
        group.add_argument("--backend", **backend_kwargs)
        model_kwargs["speculative"]["type"] = optional_type(json.loads)
        group.add_argument("--speculative", "-sc", **model_kwargs["speculative"])
        group.add_argument("--seed", **{**model_kwargs["seed"], "default": None})
        parser.add_argument("--quiet", action="store_true", help="x")
        parser.add_argument("--loud", action=argparse.BooleanOptionalAction, default=False)
        parser.add_argument("--rank", "-r", type=int, help="x")
        parser.add_argument("--device", choices=["cpu"] + [current_platform.device_type])
        parser.add_argument("--way", choices=["a", "b"])
        return parser

class AsyncEngineArgs(EngineArgs):
    @staticmethod
    def add_cli_args(parser, async_args_only=False):
        parser.add_argument("--log", action=argparse.BooleanOptionalAction)
"""
_FIELDS = ("dtype", "method", "level", "eager", "token", "max_model_len", "batch", "share", "sizes", "pair", "traces")
_MORE_FIELDS = ("inner", "overrides", "extra", "kind")


def package(folder: Path, none: str = "None", more: str = "") -> Path:
    """Write a small vLLM."""
    lines = [
        f'group.add_argument("--{each.replace("_", "-")}", **model_kwargs["{each}"])'
        for each in (*_FIELDS, *_MORE_FIELDS)
    ]
    for path, text in (("config/model.py", _CONFIG), ("engine/arg_utils.py", _ENGINE)):
        file = folder / "vllm" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("LINES", "\n        ".join([*lines, more])).replace("NONE", none))
    return folder


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("--model", {}),
        ("--dtype", {}),
        ("--method", {"choices": ["auto", "half", "mtp"], "type": "text?"}),
        ("--level", {"choices": [1, 2], "type": "int"}),
        ("--eager", {"values": 0, "off": ["--no-eager"]}),
        ("--token", {"values": "?"}),
        ("--max-model-len", {"type": "length?"}),
        ("--batch", {"type": "size?"}),
        ("--share", {"type": "float"}),
        ("--sizes", {"values": "+", "type": "int?"}),
        ("--pair", {"values": 2}),
        ("--traces", {"values": "+", "choices": ["auto", "half"], "type": "text?"}),
        ("--inner", {"type": "plain_object?"}),
        ("--overrides", {"type": "text_or_json"}),
        ("--extra", {"type": "json?"}),
        ("--kind", {}),
        ("--backend", {"type": "folded", "choices": ["auto", "half"]}),
        ("--seed", {"type": "int"}),
        ("--quiet", {"values": 0}),
        ("--loud", {"values": 0, "off": ["--no-loud"]}),
        ("--device", {"computed": True, "open": True}),
        ("--way", {"choices": ["a", "b"]}),
        ("--log", {"values": 0, "off": ["--no-log"]}),
    ],
)
def test_what_a_flag_takes(tmp_path: Path, name: str, entry: dict[str, Any]) -> None:
    assert names(package(tmp_path))[name] == {"names": [name], **entry}


def test_short_forms_come_after_long_ones(tmp_path: Path) -> None:
    found = names(package(tmp_path))
    assert found["--speculative"] == {"names": ["--speculative", "-sc"], "type": "json?"}
    assert found["--rank"] == {"names": ["--rank", "-r"], "type": "int"}


def test_before_0_31_choices_refuse_none(tmp_path: Path) -> None:
    assert "type" not in names(package(tmp_path, none='"None"'))["--method"]


def test_a_planted_flag_is_found_and_a_removed_one_is_not(tmp_path: Path) -> None:
    plain = names(package(tmp_path / "plain"))
    planted = names(package(tmp_path / "planted", more='group.add_argument("--new", **model_kwargs["seed"])'))
    assert set(planted) - set(plain) == {"--new"}
    assert set(plain) <= set(planted)


@pytest.mark.parametrize(
    "line", ['group.add_argument(f"--{x}", type=int)', 'group.add_argument("--x", **unknown["x"])']
)
def test_what_a_tree_cannot_read_is_an_error(tmp_path: Path, line: str) -> None:
    with pytest.raises(SystemExit, match="line"):
        names(package(tmp_path, more=line))
