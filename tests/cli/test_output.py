"""How findings look: text, JSON, GitHub annotations, SARIF; and what `validate` says of many recipes at once."""

import io
import json
import re
import sys
from collections.abc import Iterator
from urllib.parse import unquote

import pytest

from dynamo_recipes.app.validate import Validated
from dynamo_recipes.cli import output
from dynamo_recipes.cli import validate as verb
from dynamo_recipes.cli.main import run
from dynamo_recipes.findings import CODES, Finding, Where, finding

GOOD = "schema: 1\nmodel: {packaged: tiny}\nengine: mocker\n"
TWO_WRONG = GOOD + "frontend: {prot: 1}\nkv: {dtype: fp16}\n"  # DR106, DR109: status 2
LONELY = GOOD + "workers: {prefill: {}}\n"  # DR401: status 3

AWKWARD = ["a b.yaml", "a,b:c=d.yaml", "50%.yaml", "%2C.yaml", "ä/é.yaml", "a\nb.yaml", "::error::.yaml", "<stdin>"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of recipes, and the one that the commands run in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "set" / "below").mkdir(parents=True)
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(TWO_WRONG)
    (tmp_path / "set" / "good.yml").write_text(GOOD)
    (tmp_path / "set" / "below" / "lonely.yaml").write_text(LONELY)
    (tmp_path / "set" / "notes.txt").write_text("no recipe")
    (tmp_path / "set" / ".draft.yaml").write_text("no recipe")
    return tmp_path


def given_on_stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


# One finding


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (Finding("DR106", "No."), "error DR106 No."),
        (Finding("DR106", "No.", "Try."), "error DR106 No.\n    Try."),
        (Finding("DR106", "No.", where=Where("a.yaml")), "a.yaml error DR106 No."),
        (Finding("DR106", "No.", where=Where("a.yaml", 3, 7)), "a.yaml:3:7 error DR106 No."),
        (Finding("DR106", "No.", severity="warning"), "warning DR106 No."),
        (Finding("DR651", "One.\n  two", "Try."), "error DR651 One.\n  two\n    Try."),
        (
            Finding("DR106", "a\x1b[2Jb\x07\r", where=Where("\n\x1b.yaml")),
            "\\n\\x1b.yaml error DR106 a\\x1b[2Jb\\x07\\r",
        ),
        (Finding("DR106", "Ünï — 東京"), "error DR106 Ünï — 東京"),
    ],
)
def test_a_finding_as_people_read_it(found, text):
    assert output.line(found) == text


def test_a_finding_as_data_has_null_for_what_is_not_known():
    keys = ("code", "severity", "message", "hint", "file", "line", "column", "path")
    bare = output.as_data(Finding("DR106", "No."))
    assert tuple(bare) == keys
    assert list(bare.values()) == ["DR106", "error", "No.", None, None, None, None, None]
    whole = Finding("DR106", "No.", "Try.", Where("a.yaml", 3, 7, ("files", 2)), "note")
    assert list(output.as_data(whole).values()) == ["DR106", "note", "No.", "Try.", "a.yaml", 3, 7, "files[2]"]


def annotation(text: str) -> tuple[str, dict[str, str], str]:
    """Read a workflow command back as GitHub's runner does: kind, properties, message."""
    match = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", text)
    assert match, text
    properties = dict(each.split("=", 1) for each in match[2].split(","))
    return match[1], {key: unquote(value) for key, value in properties.items()}, unquote(match[3])


@pytest.mark.parametrize("file", AWKWARD)
def test_an_annotation_survives_any_file_name_and_message(file):
    found = Finding("DR106", "100% of\r\nit, :: too", "Try:\nthis, that", Where(file, 3, 7))
    text = output.github(found)
    assert "\n" not in text
    assert "\r" not in text
    kind, properties, message = annotation(text)
    assert kind == "error"
    assert properties == {"file": file, "line": "3", "col": "7"}
    assert message == "DR106 100% of\r\nit, :: too Try:\nthis, that"


@pytest.mark.parametrize(("severity", "kind"), [("error", "error"), ("warning", "warning"), ("note", "notice")])
def test_an_annotation_has_githubs_word_for_the_severity(severity, kind):
    found = Finding("DR106", "No.", where=Where("a.yaml"), severity=severity)
    assert output.github(found) == f"::{kind} file=a.yaml::DR106 No."


def sarif_results(text: str) -> Iterator[tuple[str, str, str, str, int | None, int | None]]:
    """Yield rule, level, message, file, line and column of each result; what SARIF 2.1.0 demands is asserted."""
    document = json.loads(text)
    assert document["version"] == "2.1.0"
    assert document["$schema"].endswith("sarif-2.1.0.json")
    (one,) = document["runs"]
    assert one["tool"]["driver"]["name"] == "dynamo-recipes"
    assert re.fullmatch(r"\d+(\.\d+)+\S*", one["tool"]["driver"]["version"])
    assert one["columnKind"] == "unicodeCodePoints"
    rules = {each["id"]: each["shortDescription"]["text"] for each in one["tool"]["driver"]["rules"]}
    assert len(rules) == len(one["tool"]["driver"]["rules"])
    assert rules.items() <= CODES.items()
    assert set(rules) == {each["ruleId"] for each in one["results"]}
    for each in one["results"]:
        assert each["level"] in ("none", "note", "warning", "error")
        (location,) = each["locations"]
        place = location["physicalLocation"]
        uri = place["artifactLocation"]["uri"]
        assert re.fullmatch(r"([A-Za-z0-9._~/!$&'()*+,;=@-]|%[0-9A-F]{2})+", uri)  # RFC 3986, no colon: no scheme
        region = place.get("region", {})
        assert all(number >= 1 for number in region.values())
        line, column = region.get("startLine"), region.get("startColumn")
        yield each["ruleId"], each["level"], each["message"]["text"], unquote(uri), line, column


@pytest.mark.parametrize("file", AWKWARD)
def test_sarif_survives_any_file_name_and_message(file):
    found = Finding("DR106", 'a\n"b", c: d\\', "Try.", Where(file, 3, 7))
    assert list(sarif_results(output.sarif([found]))) == [("DR106", "error", 'a\n"b", c: d\\ Try.', file, 3, 7)]


def test_sarif_of_several_findings_names_each_rule_once():
    found = [
        Finding("DR401", "One.", where=Where("a.yaml", 1, 1)),
        finding("DR106", (), "Two.", severity="warning").at(Where("b.yaml")),
        Finding("DR401", "Three.", severity="note"),
    ]
    assert list(sarif_results(output.sarif(found))) == [
        ("DR401", "error", "One.", "a.yaml", 1, 1),
        ("DR106", "warning", "Two.", "b.yaml", None, None),
        ("DR401", "note", "Three.", "recipe", None, None),
    ]
    assert list(sarif_results(output.sarif([]))) == []


# `validate` of many

NAMES = ["good.yaml", "bad.yaml", "set", "-", "missing.yaml"]
FOUND = [
    ("bad.yaml", 4, 12, "DR106"),
    ("bad.yaml", 5, 13, "DR109"),
    ("set/below/lonely.yaml", 4, 11, "DR401"),
    ("<stdin>", 1, 9, "DR111"),
    ("missing.yaml", None, None, "DR116"),
]
VALID = ["good.yaml", "set/good.yml"]


def test_text_shows_every_finding_of_every_recipe_and_those_that_are_valid(folder, capsys, monkeypatch):
    given_on_stdin(monkeypatch, GOOD.replace("schema: 1", "schema: 2"))
    assert run(["validate", *NAMES]) == 2
    out, err = capsys.readouterr()
    assert out == "".join(f"{file}: valid (local, docker, kubernetes: Dynamo 1.6.0)\n" for file in VALID)
    places = [f"{file}:{line}:{column}" if line else file for file, line, column, _ in FOUND]
    heads = [each for each in err.splitlines() if not each.startswith("    ")]
    assert [each.split(" error ")[0] for each in heads] == places
    assert [each.split()[2] for each in heads] == [code for *_, code in FOUND]
    assert len(err.splitlines()) == 2 * len(FOUND)


def test_json_has_every_recipe_with_its_findings(folder, capsys, monkeypatch):
    given_on_stdin(monkeypatch, GOOD.replace("schema: 1", "schema: 2"))
    assert run(["validate", "-o", "json", *NAMES]) == 2
    out, err = capsys.readouterr()
    recipes = json.loads(out)["recipes"]
    assert err == ""
    assert {each["file"]: each["valid"] for each in recipes} == {
        "good.yaml": True,
        "bad.yaml": False,
        "set/below/lonely.yaml": False,
        "set/good.yml": True,
        "<stdin>": False,
        "missing.yaml": False,
    }
    found = [each for recipe in recipes for each in recipe["findings"]]
    assert [(each["file"], each["line"], each["column"], each["code"]) for each in found] == FOUND
    assert found[0] == {
        "code": "DR106",
        "severity": "error",
        "message": "`prot` is not a key in `frontend`.",
        "hint": "Did you mean port or router?",
        "file": "bad.yaml",
        "line": 4,
        "column": 12,
        "path": "frontend.prot",
    }


def test_github_annotates_every_finding_and_says_nothing_else(folder, capsys, monkeypatch):
    given_on_stdin(monkeypatch, GOOD.replace("schema: 1", "schema: 2"))
    assert run(["validate", "--format", "github", *NAMES]) == 2
    out, err = capsys.readouterr()
    assert err == ""
    read = [annotation(each) for each in out.splitlines()]
    assert [
        (where["file"], int(where.get("line", 0)) or None, int(where.get("col", 0)) or None, message.split()[0])
        for _, where, message in read
    ] == FOUND


def test_sarif_has_every_finding(folder, capsys, monkeypatch):
    given_on_stdin(monkeypatch, GOOD.replace("schema: 1", "schema: 2"))
    assert run(["validate", "--format", "sarif", *NAMES]) == 2
    out, err = capsys.readouterr()
    assert err == ""
    assert [(file, line, column, code) for code, _, _, file, line, column in sarif_results(out)] == FOUND


@pytest.mark.parametrize(
    ("names", "status"),
    [
        (["good.yaml"], 0),
        (["good.yaml", "set/good.yml"], 0),
        (["set"], 3),
        (["set", "bad.yaml"], 2),
        (["good.yaml", "missing.yaml"], 2),
        (["set/notes.txt", "good.yaml"], 2),
        ([], 2),
    ],
)
@pytest.mark.parametrize("form", [[], ["-o", "json"], ["--format", "github"], ["--format", "sarif"], ["--strict"]])
def test_one_bad_recipe_fails_all_in_every_form(names, status, form, folder, capsys):
    assert run(["validate", *form, *names]) == status


def test_standard_input_may_be_valid_too(capsys, monkeypatch):
    given_on_stdin(monkeypatch, GOOD)
    assert run(["validate", "-"]) == 0
    assert capsys.readouterr() == ("<stdin>: valid (local, docker, kubernetes: Dynamo 1.6.0)\n", "")


def test_a_name_that_the_terminal_cannot_hold_is_no_bug(tmp_path, monkeypatch):
    (tmp_path / "a\udcff\x1b[31m.yaml").write_text(GOOD)
    for form in ([], ["-o", "json"], ["--format", "github"], ["--format", "sarif"]):
        screen = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict")
        monkeypatch.setattr(sys, "stdout", screen)
        assert run(["validate", *form, str(tmp_path)]) == 0
        screen.flush()
        assert b"\x1b" not in screen.buffer.getvalue()


# Warnings. No rule gives one yet, so these findings are made here.


def judged(monkeypatch: pytest.MonkeyPatch, *found: Finding) -> None:
    monkeypatch.setattr(verb, "validate", lambda names, *_: [Validated(name, found) for name in names])


WARNING = Finding("DR205", "Not verified.", "Try it.", Where("a.yaml", 1, 1), "warning")
NOTE = Finding("DR205", "By the way.", "", Where("a.yaml", 2, 1), "note")
ERROR = Finding("DR401", "No.", "", Where("a.yaml", 3, 1))


@pytest.mark.parametrize(
    ("found", "status", "strict"),
    [
        ((), 0, 0),
        ((NOTE,), 0, 0),
        ((WARNING,), 0, 1),
        ((NOTE, WARNING), 0, 1),
        ((WARNING, ERROR), 3, 3),
    ],
)
def test_strict_lets_warnings_fail(found, status, strict, monkeypatch, capsys):
    judged(monkeypatch, *found)
    assert run(["validate", "a.yaml"]) == status
    assert run(["validate", "--strict", "a.yaml"]) == strict


def test_a_warning_is_shown_and_the_recipe_is_valid(monkeypatch, capsys):
    judged(monkeypatch, WARNING, NOTE)
    assert run(["validate", "a.yaml"]) == 0
    out, err = capsys.readouterr()
    assert out == "a.yaml: valid\n"
    assert err == "a.yaml:1:1 warning DR205 Not verified.\n    Try it.\na.yaml:2:1 note DR205 By the way.\n"
    run(["validate", "-o", "json", "a.yaml"])
    (recipe,) = json.loads(capsys.readouterr().out)["recipes"]
    assert recipe["valid"]
    assert [each["severity"] for each in recipe["findings"]] == ["warning", "note"]


def test_two_forms_at_once_are_wrong_words(tmp_path, capsys):
    path = tmp_path / "r.yaml"
    path.write_text("schema: 1\nmodel: {packaged: tiny}\nengine: mocker\n")
    assert run(["validate", str(path), "-o", "json", "--format", "sarif"]) == 2
    assert "exclude each other" in capsys.readouterr().err
