"""`{file: NAME}` in args: what is one, where it may stand, and names that `files` does not have."""

import pytest
from smallest import smallest

from dynamo_recipes.findings import dotted
from dynamo_recipes.recipe import references
from dynamo_recipes.recipe.read import read

FILES = "files: {chat: x, limits: y}\n"


@pytest.mark.parametrize(("value", "name"), [({"file": "a"}, "a"), ({"file": ""}, ""), ({"file": "A b"}, "A b")])
def test_a_reference(value, name):
    assert references.name_of(value) == name


@pytest.mark.parametrize(
    "value", [None, "file", {}, ["file"], {"file": 1}, {"file": None}, {"file": "a", "b": 1}, {"File": "a"}]
)
def test_no_reference(value):
    assert references.name_of(value) is None
    assert not references.inside(value)


def found(line: str) -> list[str]:
    return [f"{each.code} {dotted(each.where.path)}" for each in read(smallest(line), "r.yaml").findings]


@pytest.mark.parametrize(
    "args",
    [
        "{t: {file: chat}}",
        "{t: {a: {file: chat}}}",
        "{t: {a: [1, {file: limits}, {b: {file: chat}}]}}",
        "{raw: [--t, {file: chat}]}",
        "{file: chta}",  # a flag of that name
        "{t: {file: 1}}",
        "{t: {file: chta, more: 1}}",
        """{t: '{"file": "chta"}'}""",
    ],
)
def test_what_may_stand_in_args(args):
    for section in ("frontend: {args: %s}", "engine: {name: mocker, args: %s}", "workers: {decode: {args: %s}}"):
        assert (
            found(FILES + section % args if not section.startswith("engine") else section % args + "\n" + FILES) == []
        )


@pytest.mark.parametrize(
    ("line", "places"),
    [
        ("frontend: {args: {t: {file: chta}}}", ["frontend.args.t.file"]),
        ("engine: {name: mocker, args: {t: {a: [{file: b}]}}}", ["engine.args.t.a[0].file"]),
        ("workers: {decode: {args: {raw: [{file: ''}, {file: Chat}]}}}", ["raw[0].file", "raw[1].file"]),
    ],
)
def test_an_unknown_name_is_told_where_it_stands(line, places):
    for files in ("", "\n" + FILES):
        assert [each.partition(" ")[0] for each in found(line + files)] == ["DR117"] * len(places)
        assert all(each.endswith(place) for each, place in zip(found(line + files), places, strict=True))


def test_near_names_are_told_and_what_to_do_where_there_is_none():
    line = "frontend: {args: {t: {file: chta}}}"
    assert [each.hint for each in read(smallest(line + "\n" + FILES), "r").findings] == ["Did you mean chat?"]
    assert [each.hint for each in read(smallest(line), "r").findings] == ["Add it to `files`, with its path."]


def test_a_wrong_files_key_says_nothing_more():
    line = "frontend: {args: {t: {file: chat}}}\nfiles: [chat]"
    assert found(line) == ["DR108 files"]
    assert found(line.replace("[chat]", "{Chat: x}").replace("file: chat", "file: Chat")) == ["DR110 files.Chat"]
