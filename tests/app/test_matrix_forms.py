"""The support matrix as people and programs read it."""

import json

import pytest

from dynamo_recipes.app.matrix import Cell, Filters, Matrix, Row
from dynamo_recipes.app.matrix_forms import as_json, as_text, cuda, pythons, spans, wheels
from dynamo_recipes.support import data

CUDA = (("12.9", "575"), ("13.0", "580"))
PYTHONS = ("3.10", "3.11", "3.12")
FULL = Cell("vllm", "0.20.1", CUDA, PYTHONS, "yes", "yes")
REFUSED = Cell("sglang", "0.5.11", CUDA, PYTHONS, "DR210", "DR228")
UNKNOWN = Cell("trtllm", None, None, (), "not verified", "not verified")
ROW = Row("1.2.1", "2026-06-13", (REFUSED, UNKNOWN, FULL), "1.24", ("disagg-arm64-efa-12",))
NEW = Row("main", None, (UNKNOWN, UNKNOWN, UNKNOWN), None, ())


def test_all_engines_side_by_side():
    assert as_text(Matrix((NEW, ROW), 0), Filters()).splitlines() == [
        "DYNAMO  DATE        SGLANG WHEELS IMAGE  TRTLLM WHEELS IMAGE  VLLM   WHEELS IMAGE",
        "main    ?           ?      ?      ?      ?      ?      ?      ?      ?      ?",
        "1.2.1   2026-06-13  0.5.11 DR210  DR228  ?      ?      ?      0.20.1 yes    yes",
        "",
        "? is unknown. A code says why a path is closed: `dynamo-recipe explain CODE`.",
    ]


def test_one_engine_with_all_that_is_known_of_it():
    rows = tuple(row._replace(cells=row.cells[-1:]) for row in (NEW, ROW))
    assert as_text(Matrix(rows, 3), Filters(engine="vllm")).splitlines() == [
        "DYNAMO  DATE        VERSION  CUDA (DRIVER)           WHEELS        IMAGE         K8S",
        "main    ?           ?        ?                       not verified  not verified  ?",
        "1.2.1   2026-06-13  0.20.1   12.9 (575), 13.0 (580)  3.10 to 3.12  yes           1.24",
        "",
        "LIMITED BY           RELEASES",
        "disagg-arm64-efa-12  1.2.1",
        "",
        "? is unknown. A code says why a path is closed: `dynamo-recipe explain CODE`.",
        "3 releases are left out: a rule refuses every path.",
    ]


def test_what_limits_releases_is_told_of_an_engine_and_of_those_that_are_asked_for():
    rows = (NEW, ROW, ROW._replace(release="1.2.0", notes=("dsv4-sglang-12", "disagg-arm64-efa-12")))
    *_, head, first, second, _space, _end = as_text(Matrix(rows, 0), Filters(release=">=1.2")).splitlines()
    assert (head, first, second) == (
        "LIMITED BY           RELEASES",
        "dsv4-sglang-12       1.2.0",
        "disagg-arm64-efa-12  1.2.0, 1.2.1",
    )
    assert "LIMITED" not in as_text(Matrix((NEW,), 0), Filters(release="main"))


def test_nothing_fits():
    text = as_text(Matrix((), 1), Filters(release="1.2.1"))
    assert text == "1 release is left out: a rule refuses every path.\n"


@pytest.mark.parametrize(
    ("drivers", "text"), [(None, "?"), ((), "none"), (CUDA[:1], "12.9 (575)"), (CUDA, "12.9 (575), 13.0 (580)")]
)
def test_cuda_in_words(drivers, text):
    assert cuda(drivers) == text


@pytest.mark.parametrize(
    ("versions", "text"),
    [
        ((), ""),
        (("3.10",), "3.10"),
        (("3.10", "3.11"), "3.10, 3.11"),
        (PYTHONS, "3.10 to 3.12"),
        (("3.10", "3.12", "3.13"), "3.10, 3.12, 3.13"),
    ],
)
def test_pythons_in_words(versions, text):
    assert pythons(versions) == text


@pytest.mark.parametrize(
    ("verdict", "versions", "text"),
    [
        ("yes", PYTHONS, "3.10 to 3.12"),
        ("yes", (), "yes"),
        ("DR210", PYTHONS, "DR210"),
        ("not verified", PYTHONS, "not verified"),
    ],
)
def test_wheels_in_words(verdict, versions, text):
    assert wheels(FULL._replace(wheels=verdict, pythons=versions)) == text


def test_json_has_everything_with_its_sources():
    text = as_json(Matrix((ROW._replace(cells=(FULL, UNKNOWN)),), 2))
    assert text.endswith("\n")
    told = json.loads(text)
    (row,) = told["releases"]
    assert (told["matrix"], told["left_out"]) == (1, 2)
    assert {key: row[key] for key in ("dynamo", "date", "kubernetes", "notes")} == {
        "dynamo": "1.2.1",
        "date": "2026-06-13",
        "kubernetes": "1.24",
        "notes": ["disagg-arm64-efa-12"],
    }
    assert row["engines"]["vllm"] == {
        "version": "0.20.1",
        "cuda": {"12.9": "575", "13.0": "580"},
        "pythons": list(PYTHONS),
        "wheels": "yes",
        "image": "yes",
        "because": {"wheels": None, "image": None},
    }
    assert row["engines"]["trtllm"]["version"] is None
    assert row["engines"]["trtllm"]["cuda"] is None
    assert row["facts"] == data.load("releases/1.2.1.json")
    assert {each for ids in row["facts"]["sources"].values() for each in ids} <= set(told["sources"])
    for name in ("gpus", "drivers", "caveats", "sources"):
        assert told[name] == data.load(f"{name}.json")


@pytest.mark.parametrize(
    ("marks", "text"),
    [
        ("", ""),
        ("0", ""),
        ("1", "a"),
        ("11", "a, b"),
        ("111", "a to c"),
        ("1101", "a, b, d"),
        ("01110111", "b to d, f to h"),
    ],
)
def test_spans(marks, text):
    assert spans(zip("abcdefgh", (mark == "1" for mark in marks), strict=False)) == text
