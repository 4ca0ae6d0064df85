"""`show`, `plan --origins` and the options that lay something over a recipe, as commands; and a run with odd values."""

import json
import signal

import pytest
from launching import Command, run_folder
from toy_dynamo import dumped, make_environment

from dynamo_recipes.cli import main

RECIPE = """\
schema: 1
extends: base.yaml
engine: mocker
parameters: {n: 2}
workers: {aggregated: {replicas: '${n}'}}
variants:
  a: {axis: x, kv: {block_size: 16}}
  b: {axis: x, kv: {block_size: x}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.yaml").write_text("schema: 1\nmodel: {packaged: tiny}\n")
    (tmp_path / "r.yaml").write_text(RECIPE)
    return tmp_path


def said(capsys, *words):
    status = main.run(list(words))
    got = capsys.readouterr()
    return status, got.out, got.err


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (["show", "r.yaml"], 0, "replicas: 2"),
        (["show", "r.yaml", "--variant", "a"], 0, "name: r-a"),
        (["show", "r.yaml", "--raw"], 0, "extends: base.yaml"),
        (["show", "r.yaml", "-o", "json"], 0, '"replicas": 2'),
        (["show", "r.yaml", "--origins"], 0, "base.yaml:2:19"),
        (["show", "r.yaml", "--raw", "--origins"], 2, "--raw"),
        (["show", "r.yaml", "--variant", "b"], 2, "r.yaml:8:33"),
        (["show", "r.yaml", "--variant", "c"], 2, "DR121"),
        (["show", "nowhere.yaml"], 2, "DR116"),
        (["show", "r.yaml", "--env-file", "nowhere"], 2, "DR116"),
        (["plan", "r.yaml", "--set", "hardware.gpu=none"], 3, "--set hardware.gpu"),
        (["plan", "r.yaml", "--set", "x"], 2, "DR123"),
        (["plan", "r.yaml", "--origins"], 0, "r.yaml:5:34 (parameter n)"),
        (["plan", "r.yaml", "--origins", "-o", "mermaid"], 2, "--origins"),
        (["run", "r.yaml", "--dry-run", "--set", "workers.aggregated.replicas=3"], 0, "aggregated-2"),
        (["validate", "r.yaml"], 0, "r.yaml: valid"),
        (["validate", "r.yaml", "--all-variants"], 2, "r.yaml + b:"),
        (["validate", "r.yaml", "--all-variants", "--variant", "a"], 2, "exclude"),
        (["validate", "r.yaml", "--set", "kv.x=1"], 2, "--set kv.x"),
    ],
)
def test_words_and_statuses(capsys, words, status, text):
    got, out, err = said(capsys, *words)
    assert got == status, err
    assert text in out + err
    assert "Traceback" not in err


def test_origins_as_data(capsys):
    _, out, _ = said(capsys, "plan", "r.yaml", "--origins", "-o", "json", "--variant", "a", "--set", "kv.dtype=fp8")
    rows = {each["path"]: (each["file"], each["line"], each["by"]) for each in json.loads(out)["origins"]}
    assert rows["model.packaged"] == ("base.yaml", 2, None)
    assert rows["workers.aggregated.replicas"] == ("r.yaml", 5, "parameter n")
    assert rows["kv.block_size"] == ("r.yaml", 7, "variant a")
    assert rows["kv.dtype"] == ("--set kv.dtype", None, "--set kv.dtype")
    assert json.loads(said(capsys, "show", "r.yaml", "--origins", "-o", "json")[1])["origins"]


def test_the_order_of_settings_is_that_of_the_words(capsys):
    one = ["--set", "description=a", "--set-string", "description=b"]
    for words, expected in ((one, "b"), ([*one[2:], *one[:2]], "a"), (["--set-string=description=1", *one], "b")):
        assert json.loads(said(capsys, "show", "r.yaml", "-o", "json", *words)[1])["description"] == expected


def test_each_combination_is_named(capsys):
    status, out, _ = said(capsys, "validate", "r.yaml", "--all-variants", "-o", "json")
    assert status == 2
    rows = {tuple(each["variants"]): each["valid"] for each in json.loads(out)["recipes"]}
    assert rows == {(): True, ("a",): True, ("b",): False}


ODD = "a  b 'c' \"d\" $( id ) `id` $HOME = # \\ \\n grün 東京 🦀 }\nnext\tline "


def test_values_reach_a_worker_byte_for_byte_by_every_way(tmp_path):
    lines = {name: f"${{{name}}}" for name in ("FROM_ENVIRONMENT", "FROM_FILE", "parameter")}
    lines |= {"IN_TEXT": "<${FROM_FILE}>", "WRITTEN": ODD}
    text = (
        "schema: 1\nmodel: {packaged: tiny, served_name: toy}\nengine: mocker\ndynamo: '1.4.2'\nfrontend: {port: 0}\n"
        f"ready: {{timeout: 60s}}\nparameters: {{parameter: {quoted(ODD)}}}\n"
        f"workers: {{aggregated: {{args: {{reasoning: '${{FROM_FILE}}'}}}}}}\nenv: {quoted(lines)}\n"
    )
    (tmp_path / "toy.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "e").write_text("FROM_FILE='" + ODD.replace("\\", "\\\\").replace("'", "\\'") + "'\n", encoding="utf-8")
    words = ["--set-string", f"env.BY_TEXT={ODD}", "--set", f"env.BY_SET={quoted(ODD)}", "--env-file", "e", "-q"]
    toy = make_environment(tmp_path / "toy")
    command = Command("run", "toy.yaml", "--environment", toy, *words, FROM_ENVIRONMENT=ODD)
    try:
        command.wait_for("stop      Ctrl-C")
        (worker,) = (each for name, each in dumped(run_folder()).items() if name != "frontend")
    finally:
        command.send(signal.SIGINT)
        assert command.status() == 130
    names = ("FROM_ENVIRONMENT", "FROM_FILE", "parameter", "WRITTEN", "BY_TEXT", "BY_SET")
    assert {name: worker["env"][name] for name in names} == dict.fromkeys(names, ODD)
    assert worker["env"]["IN_TEXT"] == f"<{ODD}>"
    assert worker["argv"][worker["argv"].index("--reasoning") + 1] == ODD


def quoted(data):
    text = json.dumps(data, ensure_ascii=False)
    return "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in text)
