"""The benchmarks measure what they say, and refuse where their figures would say nothing."""

import compileall
import os

import pytest

from benchmarks import bytecode, recipes
from benchmarks.__main__ import Result
from benchmarks.measure import Ratio, process, ratio
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


def test_a_ratio_is_that_of_the_minima_and_the_pairs_are_interleaved(monkeypatch):
    steps: list[str] = []
    durations = {"one": iter([9, 4, 6, 8]), "other": iter([9, 2, 1, 4])}
    now = [0.0]

    def work(name):
        steps.append(name)
        now[0] += next(durations[name])

    monkeypatch.setattr("benchmarks.measure.time.perf_counter", lambda: now[0])
    found = ratio(lambda: work("one"), lambda: work("other"), pairs=3)
    assert steps == ["one", "other"] * 4
    assert found == Ratio(by_minimum=4.0, low=2.0, median=2.0, high=6.0)


@pytest.mark.parametrize(("value", "holds"), [(1.49, True), (1.5, True), (1.51, False)])
def test_a_bound_is_judged_by_the_minimum(value, holds):
    result = Result("x", Ratio(value, 9.0, 9.0, 9.0), 1.5)
    assert result.holds == holds
    assert str(result).endswith("holds" if holds else "does not hold")


def test_a_measured_process_that_fails_is_no_result():
    with pytest.raises(Exception, match="returned non-zero exit status 1"):
        process(["false"])()


@pytest.mark.parametrize("shape", recipes.SHAPES)
def test_what_is_measured_is_valid(shape):
    assert planned(recipes.SHAPES[shape].encode(), "x.yaml").findings == ()
    assert planned(recipes.replicated(7), "x.yaml").findings == ()


def test_no_two_of_the_distinct_recipes_are_the_same_and_all_are_valid():
    texts = list(recipes.distinct(200))
    assert len(set(texts)) == 200
    assert all(planned(each, "x.yaml").ok for each in texts)
    assert {b"1.4.2" in each for each in texts} == {True, False}
