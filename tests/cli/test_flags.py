"""`dynamo-recipe flags` on the command line."""

import json

import pytest

from dynamo_recipes.cli.main import run
from dynamo_recipes.support import data
from dynamo_recipes.support.catalogue.model import versions


def said(capsys, *words):
    status = run(["flags", *words])
    out, err = capsys.readouterr()
    return status, out, err


def test_without_a_program_those_that_there_are(capsys):
    status, out, _ = said(capsys)
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()[1:10]] == list(data.programs())
    assert "vllm's own: 0.16.0, " in out
    told = json.loads(said(capsys, "-o", "json")[1])
    assert {each["program"]: tuple(each["releases"]) for each in told} == {
        each: versions(f"dynamo.{each}") for each in data.programs()
    }


@pytest.mark.parametrize("program", data.programs())
def test_every_program_has_flags_in_text_and_as_data(program, capsys):
    status, out, err = said(capsys, program)
    assert (status, err) == (0, "")
    told = json.loads(said(capsys, program, "-o", "json")[1])
    assert told["dynamo"] == versions(f"dynamo.{program}")[-1]
    assert out.startswith(f"{len(told['flags'])} flags of {told['title']}\n")


def test_a_few_flags_are_shown_with_all_that_is_known(capsys):
    _, out, _ = said(capsys, "frontend", "router-temperature", "--dynamo", "1.6.0")
    assert out.splitlines()[3:] == [
        "  --router-temperature                           a number  [0.0]  (deprecated)",
        "      variable: DYN_ROUTER_TEMPERATURE",
        "      deprecated: until v1.7, use router_temperature in --router-policy-config",
    ]


def test_a_flag_that_a_key_of_the_recipe_says_is_shown_with_that_key(capsys):
    _, out, _ = said(capsys, "vllm", "tensor-parallel-size", "--dynamo", "1.6.0")
    assert "--tensor-parallel-size, -tp" in out
    assert "(set by the tool)" in out
    assert "in a recipe: workers.<name>.parallel.tensor" in out


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("Speedup", 0), ("speedup", 2), ("speedup_ratio", 2), ("speedup*", 1), ("[", 0)],
)
def test_a_pattern_is_a_part_of_a_name_or_has_stars(pattern, expected, capsys):
    status, out, _ = said(capsys, "mocker", pattern, "--dynamo", "1.6.0", "-o", "json")
    assert status == 0
    assert len(json.loads(out)["flags"]) == expected


def test_what_changed(capsys):
    status, out, _ = said(capsys, "sglang", "cuda-graph-bs", "--changes", "1.5.1..1.6.0")
    assert status == 0
    assert out.splitlines() == [
        "dynamo.sglang 1.5.1 -> 1.6.0",
        "  nothing changed",
        "",
        "sglang 0.5.18 -> 0.5.21",
        "  renamed    --cuda-graph-bs -> --cuda-graph-bs-decode",
        "  renamed    --piecewise-cuda-graph-tokens -> --cuda-graph-bs-prefill",
    ]
    told = json.loads(said(capsys, "vllm", "--changes", "1.3.1..1.4.0", "-o", "json")[1])
    assert [each["component"] for each in told] == ["dynamo.vllm", "vllm"]
    assert "--is-prefill-worker" in [each["flag"] for each in told[0]["renamed"]]


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["vlm"], 3, "Did you mean vllm?"),
        (["vllm", "--dynamo", "1.6.9"], 3, "There is no Dynamo release `1.6.9`."),
        (["vllm", "--dynamo", "0.9.0"], 3, "There is no catalogue of the flags of vllm in Dynamo 0.9.0."),
        (["vllm", "--dynamo", "../../x"], 3, "There is no Dynamo release `../../x`."),
        (["../vllm"], 3, "There is no program `../vllm`."),
        (["vllm", "--changes", "1.4.2"], 2, "two releases with two dots"),
        (["vllm", "--changes", "1.4.2..9"], 3, "There is no Dynamo release `9`."),
        (["vllm", "--changes", "1.4.2..1.6.0", "--dynamo", "1.6.0"], 2, "exclude each other"),
        (["--dynamo", "1.6.0"], 2, "Name the program"),
    ],
)
def test_what_cannot_be_told_is_refused(words, status, says, capsys):
    got, out, err = said(capsys, *words)
    assert (got, out) == (status, "")
    assert says in err


def test_a_pattern_that_fits_nothing_names_near_flags(capsys):
    _, out, _ = said(capsys, "vllm", "max-model-length")
    assert out.splitlines()[0].startswith("0 flags of vLLM")
    assert "max-model-len" in out
