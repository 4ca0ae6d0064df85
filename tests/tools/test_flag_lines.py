"""Command lines made of a catalogue."""

from typing import Any

import pytest

from tools.flags.lines import HABITS, Maker, generate

_CATALOGUE: dict[str, Any] = {
    "parsers": [
        {
            "name": "x",
            "abbreviations": True,
            "flags": [
                {"names": ["--model"], "required": True},
                {"names": ["--tensor-parallel-size", "-tp"], "type": "int"},
                {"names": ["--max-len"], "type": "size?"},
                {"names": ["--eager"], "off": ["--no-eager"], "values": 0},
                {"names": ["--sizes"], "values": "+", "type": "int"},
                {"names": ["--dtype"], "choices": ["auto", "half"]},
                {"names": ["--kv-config"], "type": "object?", "keys": ["role", "rank"]},
                {"names": ["--extra"], "type": "plain_object"},
                {"names": ["--help", "-h"], "values": 0, "ends": True},
            ],
        }
    ]
}

_WORDS = {word for line in generate(_CATALOGUE, 4, 3000) for word in line}


def test_the_same_seed_gives_the_same_lines() -> None:
    assert generate(_CATALOGUE, 1, 50) == generate(_CATALOGUE, 1, 50)
    assert generate(_CATALOGUE, 1, 50) != generate(_CATALOGUE, 2, 50)


def test_lines_have_what_is_required_and_end_nothing() -> None:
    lines = generate(_CATALOGUE, 3, 300)
    assert all("--model" in line for line in lines)
    assert not any("--help" in line for line in lines)


@pytest.mark.parametrize(
    "wanted", ["--tensor_parallel_size", "-tp=7", "--no-eager", "--kv-config.role", "--kv-config.role+", "-O3", "None"]
)
def test_habits_of_all_kinds_turn_up(wanted: str) -> None:
    assert wanted in _WORDS


@pytest.mark.parametrize("habit", HABITS)
def test_a_habit_works_for_a_catalogue_without_what_it_needs(habit: Any) -> None:
    maker = Maker({"parsers": [{"name": "x", "flags": [{"names": ["--one"]}]}]}, 5)
    for _ in range(50):
        assert all(isinstance(word, str) for word in habit(maker))
