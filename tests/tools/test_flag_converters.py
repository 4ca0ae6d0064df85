"""Types and choices of recorded actions."""

import argparse
import json
from collections.abc import Callable
from typing import Any

import pytest

from dynamo_recipes.support.catalogue.types import takes
from tools.flags.converters import type_of
from tools.flags.recorded import flag


def _optional_type(inner: Callable[[str], Any]) -> Callable[[str], Any]:
    def _optional_type(text: str) -> Any:  # named as vLLM's
        return None if text in ("", "None") else inner(text)

    return _optional_type


def _entry(*names: str, **words: Any) -> dict[str, Any]:
    parser = argparse.ArgumentParser(add_help=False)
    return flag(parser.add_argument(*names, **words), parser, None)


def test_converters_without_a_name_are_tried() -> None:
    assert type_of(lambda text: text.lower().replace("-", "_")) == {"type": "folded"}
    assert (
        type_of(lambda text: [int(each) if each.strip().isdigit() else each.strip() for each in text.split(",")]) == {}
    )
    assert type_of(lambda text: text.upper())["type"] == "any"


def test_an_optional_converter_takes_no_none_where_its_choices_have_none() -> None:
    before = _entry("--x", type=_optional_type(str), choices=["a", "None"])
    assert before == {"names": ["--x"], "choices": ["a"]}
    now = _entry("--x", type=_optional_type(str), choices=["a", None])
    assert now == {"names": ["--x"], "type": "text?", "choices": ["a"]}
    assert _entry("--x", type=_optional_type(int), choices=[1])["type"] == "int"


@pytest.mark.parametrize(
    ("text", "deprecated"),
    [
        ("Deprecated: it will be removed in v0.19.", {"until": "v0.19"}),
        ("[DEPRECATED] Of no use.", True),
        ("Whether to allow deprecated methods.", None),
        ("Enable deprecated numbers. Such as --x.", None),
        ("It will be deprecated when it can be.", None),
    ],
)
def test_words_of_a_help_tell_that_a_flag_goes(text: str, deprecated: Any) -> None:
    assert _entry("--x", help=text).get("deprecated") == deprecated


def test_choices_of_a_machine_are_open() -> None:
    assert _entry("--mm-processor-device", choices=["auto", "cpu"])["open"] is True
    assert "open" not in _entry("--x", choices=["auto", "cpu"])


def test_choices_are_sorted() -> None:
    assert _entry("--x", choices=["b", "a"])["choices"] == ["a", "b"]
    assert _entry("--x", type=int, choices=range(9, 11))["choices"] == [9, 10]


@pytest.mark.parametrize(
    ("kind", "text", "taken"),
    [
        ("folded", "Any-thing", True),
        ("object", '{"a": 80m}', True),
        ("plain_object", '{"a": 80m}', False),
        ("plain_object", json.dumps({"a": 1}), True),
        ("plain_object", "[1]", False),
    ],
)
def test_types_of_vllm(kind: str, text: str, taken: bool) -> None:
    assert takes(kind, text) is taken
