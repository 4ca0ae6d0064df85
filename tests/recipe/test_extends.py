"""What a recipe extends: order, circles, and sizes that grow."""

import json
import time

import pytest

from dynamo_recipes.recipe.compose import Inputs, composed
from dynamo_recipes.recipe.extends import bases
from dynamo_recipes.recipe.load import MOST_NODES, load


def document(text, file):
    read, found = load(text.encode(), file)
    assert read, found
    return read


def laid(files, main="r.yaml"):
    texts = {name: None if text is None else document("schema: 1\n" + text, name) for name, text in files.items()}
    return composed(texts[main], Inputs(documents=texts))


def codes(whole):
    return [f"{each.code} {each.where}" for each in whole.findings]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("extends: b.yaml", ["d/b.yaml"]),
        ("extends: ./b.yaml", ["d/b.yaml"]),
        ("extends: [../b.yaml, e/b.yaml]", ["b.yaml", "d/e/b.yaml"]),
        ("extends: /b.yaml", ["/b.yaml"]),
        ("extends: ../../b.yaml", ["../b.yaml"]),
        ("extends: [1, ~, '', [b.yaml], {a: b}, b.yaml]", ["d/b.yaml"]),
        *((f"extends: {wrong}", []) for wrong in ("1", "~", "{a: b}", "[]", "''", "true")),
        ("x: 1", []),
        ("[1]", []),
    ],
)
def test_names_start_where_the_recipe_does(text, names):
    assert [each.name for each in bases(document(text, "d/r.yaml"))] == names


def test_the_last_one_wins_and_the_recipe_over_all():
    files = {
        "r.yaml": "extends: [a.yaml, b.yaml]\nr: 1",
        "a.yaml": "extends: c.yaml\na: 1\nb: 1\nr: 2",
        "b.yaml": "b: 2\nc: 2",
        "c.yaml": "a: 3\nc: 3\nd: 3",
    }
    whole = laid(files)
    assert codes(whole) == []
    assert {key: whole.document.data[key] for key in "abcdr"} == {"a": 1, "b": 2, "c": 2, "d": 3, "r": 1}
    assert [str(whole.document.where((key,))) for key in "abcdr"] == [
        "a.yaml:3:4",
        "b.yaml:2:4",
        "b.yaml:3:4",
        "c.yaml:4:4",
        "r.yaml:3:4",
    ]


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"r.yaml": "extends: r.yaml"}, ["DR119 r.yaml:2:10"]),
        ({"r.yaml": "extends: [a/../r.yaml]"}, ["DR119 r.yaml:2:11"]),
        ({"r.yaml": "extends: a.yaml", "a.yaml": "extends: r.yaml"}, ["DR119 a.yaml:2:10"]),
        (
            {"r.yaml": "extends: a.yaml", "a.yaml": "b: 1\nextends: b.yaml", "b.yaml": "extends: ./a.yaml"},
            ["DR119 b.yaml:2:10"],
        ),
        ({"r.yaml": "extends: a.yaml", "a.yaml": None}, []),
        ({"r.yaml": "extends: [a.yaml, a.yaml]", "a.yaml": "x-a: 1"}, []),
    ],
)
def test_circles_are_told_where_they_close(files, found):
    assert codes(laid(files)) == found


def test_an_extended_text_says_schema_too():
    one = document("schema: 1\nextends: b.yaml", "r.yaml")
    assert codes(composed(one, Inputs(documents={"b.yaml": document("a: 1", "b")}))) == ["DR111 b:1:1"]


def large():
    return "".join(f"x-{number}: [1, 2, 3, 4, 5, 6, 7]\n" for number in range(MOST_NODES // 10))


def diamonds(count, below):
    files = {
        f"{number}.yaml": f"extends: [{number + 1}.yaml, ./{number + 1}.yaml]\nx-{number}: 1" for number in range(count)
    }
    return {"r.yaml": "extends: 0.yaml", **files, f"{count}.yaml": below}


@pytest.mark.parametrize(
    "files",
    [
        diamonds(30, "a: 1"),
        diamonds(8, large()),
        {"r.yaml": f"extends: {json.dumps(['a.yaml'] * 15_000)}", "a.yaml": "extends: r.yaml"},
        {
            "r.yaml": f"extends: {json.dumps(['a.yaml'] * 15_000)}",
            "a.yaml": f"extends: {json.dumps(['r.yaml'] * 15_000)}",
        },
    ],
)
def test_what_doubles_and_doubles_is_refused_in_time(files):
    start = time.process_time()
    whole = laid(files)
    assert time.process_time() - start < 5
    assert {each.code for each in whole.findings} & {"DR105", "DR119"}
    assert len(whole.findings) <= 2_000


def test_a_recipe_may_not_come_to_more_than_one_text_may_have():
    text = large()
    files = {"r.yaml": "extends: [a.yaml, b.yaml]", "a.yaml": text, "b.yaml": text.replace("x-", "x-b")}
    assert codes(laid(files)) == ["DR105 r.yaml:2:1"]
