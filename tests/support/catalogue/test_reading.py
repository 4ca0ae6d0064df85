"""What the reader makes of words: each habit of argparse and of vLLM's parser, with words that pass and that fail.

The same verdicts are held against the real parsers in tests/test_flag_catalogues.py.
"""

import argparse
import random

import pytest

from dynamo_recipes.support.catalogue.chain import Chain, dotted, read
from dynamo_recipes.support.catalogue.flexible import unfolded
from dynamo_recipes.support.catalogue.model import Parser
from dynamo_recipes.support.catalogue.reading import words_of
from dynamo_recipes.support.catalogue.rewriting import rewritten

FLAGS = [
    {"names": ["--count", "-c"], "type": "int"},
    {"names": ["--cold"], "off": ["--no-cold"], "values": 0},
    {"names": ["--name"]},
    {"names": ["--maybe"], "values": "?"},
    {"names": ["--some"], "values": "+", "type": "int"},
    {"names": ["--any"], "values": "*"},
    {"names": ["--pair"], "values": 2},
    {"names": ["--mode"], "choices": ["fast", "slow"]},
    {"names": ["--help", "-h"], "values": 0, "ends": True},
    {"names": ["-q", "--quiet"], "values": 0},
]


def problems(*words: str, abbreviations: bool = True, flexible: bool = False, flags=FLAGS) -> list[str]:
    parser = Parser({"name": "p", "abbreviations": abbreviations, "flexible": flexible, "flags": flags})
    return [each.kind for each in read(Chain((), (parser,)), words_of(words)).problems]


HABITS = [
    # How a value is given.
    (["--count", "1"], []),
    (["--count=1"], []),
    (["-c", "1"], []),
    (["-c1"], []),
    (["-c=1"], []),
    (["--count"], ["no value"]),
    (["--count", "--cold"], ["no value"]),
    (["--count", "-1"], []),
    (["--name", "-x"], ["no value", "unknown"]),
    (["--name=-x"], []),
    (["--name", "-x y"], []),
    (["--name", ""], []),
    (["--name", "-"], []),
    (["--name", "a", "b"], ["stray"]),
    # Switches.
    (["--cold"], []),
    (["--no-cold"], []),
    (["--cold=1"], ["switch"]),
    (["--cold", "1"], ["stray"]),
    (["-qc1"], []),
    (["-qx"], ["switch"]),
    # Several values.
    (["--maybe"], []),
    (["--maybe", "1"], []),
    (["--maybe", "1", "2"], ["stray"]),
    (["--some"], ["no value"]),
    (["--some", "1", "2", "3"], []),
    (["--some", "1", "x"], ["type"]),
    (["--some", "1", "-2"], []),
    (["--any"], []),
    (["--pair", "a"], ["no value", "stray"]),
    (["--pair", "a", "b"], []),
    (["--pair=a"], ["no value"]),
    # Types and choices.
    (["--count", "x"], ["type"]),
    (["--count", " 7 "], []),
    (["--count", "1_000"], []),
    (["--count", "1.0"], ["type"]),
    (["--mode", "fast"], []),
    (["--mode", "FAST"], ["choice"]),
    # Beginnings of flags.
    (["--cou", "1"], []),
    (["--co"], ["ambiguous"]),
    (["--no-c"], []),
    (["--mod=slow"], []),
    # What is none of its flags.
    (["--other"], ["unknown"]),
    (["--other=1"], ["unknown"]),
    (["stray"], ["stray"]),
    (["--count_", "1"], ["unknown", "stray"]),
    (["--", "--cold"], ["unknown", "unknown"]),
    (["--help"], ["ends"]),
    # All at once.
    (["--count", "x", "--mode", "y", "--what"], ["type", "choice", "unknown"]),
]


@pytest.mark.parametrize(("words", "expected"), HABITS)
def test_a_habit_of_argparse(words, expected):
    assert problems(*words) == expected


@pytest.mark.parametrize(("words", "expected"), HABITS)
def test_python_itself_has_the_same_verdict(words, expected):
    assert bool(argparse_says(words)) == bool(expected)


def real_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--count", "-c", type=int)
    parser.add_argument("--cold", action=argparse.BooleanOptionalAction)
    parser.add_argument("--name")
    parser.add_argument("--maybe", nargs="?")
    parser.add_argument("--some", nargs="+", type=int)
    parser.add_argument("--any", nargs="*")
    parser.add_argument("--pair", nargs=2)
    parser.add_argument("--mode", choices=["fast", "slow"])
    parser.add_argument("-q", "--quiet", action="store_true")
    return parser


def argparse_says(words: list[str]) -> str:
    parser = real_parser()
    parser.error = lambda message: (_ for _ in ()).throw(ValueError(message))
    parser.print_help = lambda *_: None
    try:
        parser.parse_args(words)
    except (ValueError, argparse.ArgumentError, SystemExit) as wrong:
        return str(wrong) or "ends"
    return ""


def test_python_itself_has_the_same_verdict_on_a_thousand_lines_of_odd_words():
    pool = [word for words, _ in HABITS for word in words if word != "--"]
    rng = random.Random(7)
    for _ in range(1000):
        words = rng.choices(pool, k=rng.randint(1, 5))
        assert bool(argparse_says(words)) == bool(problems(*words)), words


def test_without_abbreviations_a_flag_is_written_in_full():
    assert problems("--cou", "1", abbreviations=False) == ["unknown", "stray"]
    assert problems("--count", "1", abbreviations=False) == []


def test_what_one_parser_does_not_take_the_next_one_gets():
    first = Parser({"name": "a", "abbreviations": True, "flags": [{"names": ["--gateway"], "values": 0}]})
    second = Parser({"name": "b", "abbreviations": False, "flags": [{"names": ["--gate"]}, {"names": ["--x"]}]})
    chain = Chain((), (first, second))
    assert read(chain, words_of(["--x", "1"])).problems == ()
    # The first parser takes the beginning of its own flag, and the value is left over.
    assert [each.kind for each in read(chain, words_of(["--gate", "1"])).problems] == ["stray"]
    assert [each.spelling for each in read(chain, words_of(["--x=1", "--gateway"])).uses] == ["--gateway", "--x"]


def test_a_flag_that_is_required_is_missed_in_a_whole_line_only():
    parser = Parser({"name": "p", "flags": [{"names": ["--model"], "required": True}]})
    assert [each.kind for each in read(Chain((), (parser,)), ()).problems] == ["required"]
    assert read(Chain((), (parser,)), (), whole=False).problems == ()


JSON = [{"names": ["--conf", "-cf"], "type": "object", "keys": ["a", "b", "b.x"]}, {"names": ["--optimization-level"]}]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--conf", '{"a": 1}'], []),
        (["--conf", "{"], ["type"]),
        (["--conf", "[1]"], ["type"]),
        (["--conf", '{"a": 80m}'], []),
        (["--conf", '{"c": 1}'], ["key"]),
        (["--conf", '{"b": {"x": 1, "y": 2}}'], ["key"]),
        (["--conf", '{"b.x": 1}'], ["key"]),
        (["--conf.a", "1"], []),
        (["--conf.a=1", "--conf.b.x=2"], []),
        (["--conf.c", "1"], ["key"]),
        (["--conf.a+", "1,2"], []),
        (["--conf.a"], ["no value"]),
        (["-cf.a", "1"], []),
        (["--con.a", "1"], []),
        (["-O3"], []),
        (["-O", "3"], []),
        (["-O", "fast"], ["unknown", "stray"]),
        (["--optimization_level", "3"], []),
    ],
)
def test_habits_of_vllms_parser(words, expected):
    assert problems(*words, flexible=True, flags=JSON) == expected


def test_dotted_words_of_one_flag_are_one_mapping():
    words, broken = unfolded(words_of(["--a_b.x", "1", "--other", "--a_b.y.z=two", "--a_b.l+", "1,2", "--a_b.l+=3"]))
    assert broken == ()
    assert [each.text for each in words] == ["--other", "--a-b", '{"x": 1, "y": {"z": "two"}, "l": ["1", "2", "3"]}']
    assert [each.at for each in words] == [2, 0, 0]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--trtllm.a", "1"], []),
        (["--trtllm.a.b", "1", "--trtllm.a.c", "-2"], []),
        (["--trtllm.a", "1", "--trtllm.a.b", "2"], ["twice"]),
        (["--trtllm.a"], ["no value"]),
        (["--trtllm.a", "--trtllm.b"], ["no value", "no value"]),
        (["--trtllm.", "1"], ["unknown", "stray"]),
        (["--other", "1"], ["unknown", "stray"]),
    ],
)
def test_dotted_words_of_tensorrt_llm(words, expected):
    assert [each.kind for each in dotted(words_of(words))] == expected


REWRITES = {"--mode": {"agg": "null", "encode": None}}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--mode", "agg", "x"], ["x", "--mode", "null"]),
        (["--mode=agg"], ["--mode", "null"]),
        (["--mode", "encode", "x"], ["x"]),
        (["--mode", "other"], ["--mode", "other"]),
        (["--mode", "agg", "--mode", "other"], ["--mode", "agg", "--mode", "other"]),
        (["--mod", "agg"], ["--mod", "agg"]),
        (["--mode"], ["--mode"]),
    ],
)
def test_values_that_are_replaced_on_the_way_to_the_engine(words, expected):
    assert [each.text for each in rewritten(words_of(words), REWRITES)] == expected
