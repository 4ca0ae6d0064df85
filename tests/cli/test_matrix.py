"""`dynamo-recipe matrix` on the command line."""

import json

import pytest

from dynamo_recipes.cli.main import run
from dynamo_recipes.support import data


def said(capsys, *words):
    status = run(["matrix", *words])
    out, err = capsys.readouterr()
    return status, out, err


def test_every_release_in_a_table_that_fits_a_terminal(capsys):
    status, out, err = said(capsys)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert [line.split()[0] for line in lines[1:-2]] == list(data.release_names())
    assert max(map(len, lines)) <= 100
    assert "? is unknown." in lines[-1]


@pytest.mark.parametrize("engine", data.load("engines.json"))
def test_the_table_of_an_engine_fits_a_terminal(engine, capsys):
    status, out, _ = said(capsys, "--engine", engine)
    assert status == 0
    assert max(map(len, out.splitlines())) <= 100
    assert out.startswith("DYNAMO ")


def test_filters_leave_releases_out(capsys):
    _, out, _ = said(capsys, "--engine", "vllm", "--driver", "575.57.08", "-o", "json")
    told = json.loads(out)
    known = [each["dynamo"] for each in told["releases"]]
    assert "1.2.1" in known
    assert "1.4.2" not in known
    assert len(known) + told["left_out"] == len(data.release_names())
    assert {tuple(each["engines"]) for each in told["releases"]} == {("vllm",)}


def test_one_release_and_its_limits(capsys):
    status, out, _ = said(capsys, "--release", "1.3.0")
    assert status == 0
    assert "LIMITED BY " in out
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["--engine", "vlm"], 3, "--engine error DR203 There is no engine `vlm`.\n    Did you mean vllm?\n"),
        (["--gpu", "h100"], 3, "--gpu error DR204 The GPU `h100` is not in the table.\n    Did you mean h100_sxm"),
        (["--release", "1.4.9"], 3, "--release error DR201 Dynamo 1.4.9 is not known.\n    Did you mean 1.4.2"),
        (["--driver", "new"], 2, "--driver error DR110 `new` is no version of a driver.\n"),
        (["--output", "yaml"], 2, "yaml"),
        (["1.4.2"], 2, "1.4.2"),
    ],
)
def test_what_is_wrong_is_told_on_the_error_stream(words, status, says, capsys):
    given, out, err = said(capsys, *words)
    assert (given, out) == (status, "")
    assert says in err
