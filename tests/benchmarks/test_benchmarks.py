"""The benchmarks measure what they say, and refuse where their figures would say nothing."""

import compileall
import os

import pytest

from benchmarks import bytecode, recipes
from benchmarks.__main__ import _report, main
from benchmarks.processes import Failed
from benchmarks.results import BROKEN, HOLDS, UNCLEAR, Result
from dynamo_recipes.app.planning import planned


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "one.py").write_text("x = 1\n", encoding="utf-8")
    compileall.compile_dir(folder, quiet=1)
    return folder


def test_fitting_byte_code_is_enough(package):
    assert bytecode.reason_not_to_run(package, {}) == ""


def test_a_setting_that_keeps_byte_code_away_is_refused(package):
    assert "PYTHONDONTWRITEBYTECODE" in bytecode.reason_not_to_run(package, {"PYTHONDONTWRITEBYTECODE": "1"})


@pytest.mark.parametrize("change", ["new", "longer", "touched", "gone"])
def test_missing_and_stale_byte_code_is_refused(package, change):
    one = package / "one.py"
    if change == "new":
        (package / "two.py").touch()
    elif change == "longer":
        before = one.stat()
        one.write_text("x = 12\n", encoding="utf-8")
        os.utime(one, ns=(before.st_atime_ns, before.st_mtime_ns))
    elif change == "touched":
        os.utime(one, (0, 0))
    else:
        next((package / "__pycache__").iterdir()).unlink()
    assert "1 modules lack fitting byte-code" in bytecode.reason_not_to_run(package, {})


@pytest.mark.parametrize("shape", recipes.SHAPES)
def test_what_is_measured_is_valid(shape):
    assert planned(recipes.SHAPES[shape].encode(), "x.yaml").findings == ()
    assert planned(recipes.replicated(7), "x.yaml").findings == ()


def test_no_two_of_the_distinct_recipes_are_the_same_and_all_are_valid():
    texts = list(recipes.distinct(200))
    assert len(set(texts)) == 200
    assert all(planned(each, "x.yaml").ok for each in texts)
    assert {b"1.4.2" in each for each in texts} == {True, False}


@pytest.mark.parametrize(("verdicts", "status"), [([HOLDS], 0), ([HOLDS, UNCLEAR], 0), ([BROKEN, HOLDS], 1)])
def test_only_a_bound_that_does_not_hold_fails(verdicts, status, capsys):
    lines = ["a line without a bound", *(Result("x", "1", "at most 2", each) for each in verdicts)]
    assert _report(iter(lines)) == status
    assert capsys.readouterr().out.splitlines() == [str(each) for each in lines]


def test_what_cannot_be_measured_is_told_without_a_traceback(capsys):
    def results():
        yield Result("x", "1", "at most 2", HOLDS)
        raise Failed("no environment")

    assert _report(results()) == 2
    assert capsys.readouterr().err == "not measured: no environment\n"


def test_a_group_that_is_none_is_refused_with_those_there_are(capsys):
    assert main(["footprint", "speed"]) == 2
    assert "no group is named speed: commands, " in capsys.readouterr().err
