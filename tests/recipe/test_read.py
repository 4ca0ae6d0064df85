"""All that is wrong with a recipe, at once and in reading order."""

import pytest

from dynamo_recipes.app.planning import planned
from dynamo_recipes.findings import errors_of
from dynamo_recipes.recipe.read import MOST_FINDINGS, in_order, read

MANY = """\
schema: 2
model: {idd: a/b}
engine: mocker
frontend:
  prot: 8001
  port: "8000"
frontend:
  port: 99999
  host: "*"
workers:
  decode: {replicas: 0}
  1st: {}
kv: {dtype: f8}
env:
  HF_TOKEN: swordfish
  LEVEL: true
description: "a\\0b"
x-mine: !tagged 1
"""


def places(text: str) -> list[str]:
    return [f"{each.where.line}:{each.where.column} {each.code}" for each in read(text.encode(), "r.yaml").findings]


def test_everything_is_reported_at_once_in_reading_order():
    assert places(MANY) == [
        "1:9 DR111",
        "2:9 DR106",
        "7:1 DR103",
        "8:9 DR110",
        "9:9 DR110",
        "11:22 DR110",
        "12:3 DR110",
        "13:13 DR109",
        "15:13 DR112",
        "16:10 DR108",
        "17:14 DR113",
        "18:9 DR104",
    ]


def test_the_order_of_sections_changes_the_order_of_findings_only():
    lines = ["schema: 1", "model: a/b", "engine: mocker", "nmae: x", "kv: {dtype: f8}"]
    there = [each.code for each in read("\n".join(lines).encode(), "r.yaml").findings]
    back = [each.code for each in read("\n".join(reversed(lines)).encode(), "r.yaml").findings]
    assert (there, back) == (["DR106", "DR109"], ["DR109", "DR106"])


def test_a_text_that_cannot_be_parsed_shows_what_was_found_before():
    assert places("schema: 1\nschema: 1\nmodel: @x\n") == ["2:1 DR103", "3:8 DR102"]


LATER = """\
schema: 1
model: a/b
dynamo: 1.4.2
frontend: {args: {http-port: 1}, router: {mode: kv, events: none}}
engine: {name: mocker, args: {endpoint: [1], speedup: 1, --speedup: 2}}
workers:
  prefill: {args: {model-path: x}}
"""


def test_later_stages_report_in_reading_order_too():
    found = planned(LATER.encode(), "r.yaml").findings
    assert [f"{each.where.line}:{each.where.column} {each.code}" for each in found] == [
        "4:30 DR301",
        "4:61 DR405",
        "5:31 DR303",
        "5:69 DR115",
        "7:3 DR401",
        "7:32 DR301",
    ]


def test_a_stage_is_only_reached_when_the_one_before_is_content():
    assert {each.code for each in planned(LATER.replace("a/b", "a b").encode(), "r.yaml").findings} == {"DR110"}


@pytest.mark.parametrize("text", ["schema: 1\nmodel: a/b\nengine: mocker\n", "{schema: 1, model: a/b, engine: x}"])
def test_a_reading_without_findings_has_a_recipe(text):
    reading = read(text.encode(), "folder/r.yaml")
    assert reading.recipe is not None
    assert reading.document is not None
    assert (reading.file, reading.findings) == ("folder/r.yaml", ())


@pytest.mark.parametrize(
    ("text", "has_document"),
    [(MANY, True), ("a: [", False), ("", True), ("schema: 1\nmodel: {}\nengine: x\n", True), ("a: 1\na: 2", True)],
)
def test_a_reading_with_errors_has_none(text, has_document):
    reading = read(text.encode(), "r.yaml")
    assert reading.recipe is None
    assert errors_of(reading.findings)
    assert (reading.document is not None) == has_document
    assert {each.where.file for each in reading.findings} == {"r.yaml"}


def test_a_wrong_thing_is_said_once():
    found = read(MANY.encode(), "r.yaml").findings
    assert len(found) == len(set(found))


def test_order_is_by_place_then_by_code():
    found = read(MANY.encode(), "r.yaml").findings
    assert in_order(reversed(found)) == found


@pytest.mark.parametrize("count", [MOST_FINDINGS - 1, MOST_FINDINGS, MOST_FINDINGS + 1, 5000])
def test_of_very_many_findings_the_first_are_shown_and_the_rest_is_counted(count):
    text = "schema: 1\nmodel: a/b\nengine: mocker\n" + "".join(f"k{at}: 1\n" for at in range(count))
    found = planned(text.encode(), "r.yaml").findings
    assert [each.where.line for each in found[:MOST_FINDINGS]] == list(range(4, min(count, MOST_FINDINGS) + 4))
    more = [(each.code, each.message, each.where.line) for each in found[MOST_FINDINGS:]]
    left = count - MOST_FINDINGS
    last = MOST_FINDINGS + 3
    assert more == ([("DR105", f"{left} more findings are not shown.", last)] if left > 0 else [])
