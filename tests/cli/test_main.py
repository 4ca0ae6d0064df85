"""The command itself: verbs, help, and what becomes of every kind of failure."""

import json
import subprocess
import sys

import click
import pytest
from launching import Command

from dynamo_recipes import __version__
from dynamo_recipes.cli import main

GOOD = "schema: 1\nmodel: {packaged: tiny}\nengine: mocker\n"


def test_every_verb_of_the_table_is_a_command_and_help_names_it(capsys):
    assert main.run(["--help"]) == 0
    shown = capsys.readouterr().out
    for name in main.VERBS:
        assert name in shown
        assert isinstance(main.Verbs().get_command(click.Context(main.cli), name), click.Command)
        assert main.run([name, "--help"]) == 0


def test_help_imports_no_verb():
    code = "import sys; sys.argv=['x', '--help']\nfrom dynamo_recipes.__main__ import main\n"
    code += "try: main()\nexcept SystemExit: print(sorted(m for m in sys.modules if m.startswith('dynamo_recipes')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]
    expected = ["dynamo_recipes", "dynamo_recipes.__main__", "dynamo_recipes.cli", "dynamo_recipes.cli.main",
                "dynamo_recipes.errors", "dynamo_recipes.findings"]  # fmt: skip
    assert loaded == str(expected)


def test_version(capsys):
    assert main.run(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["valdate"], "Did you mean validate?"),
        (["nonsense"], "No such command"),
        (["validate"], "Missing argument"),
        (["validate", "--nonsense", "x"], "No such option"),
        (["plan", "x", "-o", "xml"], "is not one of"),
        (["render", "x", "-t", "slurm"], "slurm"),
        (["run"], "Missing argument"),
    ],
)
def test_wrong_words_end_with_2(words, said, capsys):
    assert main.run(words) == 2
    assert said in capsys.readouterr().err


def test_a_bug_is_one_line_and_a_log_file_and_status_70(monkeypatch, tmp_path, capsys):
    def broken(*_, **__):
        raise RuntimeError("secret-of-the-recipe")

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr(main.cli, "main", broken)
    assert main.run(["validate", "x"]) == 70
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert "secret-of-the-recipe" not in shown
    (log,) = tmp_path.glob("dynamo-recipe-*.log")
    assert str(log) in shown
    assert "RuntimeError" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0, "others must not read it"


def test_an_interrupt_ends_with_130(monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(main.cli, "main", interrupted)
    assert main.run(["validate", "x"]) == 130


def test_a_reader_that_has_gone_is_no_traceback(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text(GOOD + "workers: {aggregated: {replicas: 5000}}\n")
    command = [sys.executable, "-m", "dynamo_recipes", "plan", str(path), "-o", "json"]
    plan = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    plan.stdout.readline()
    plan.stdout.close()
    assert "Traceback" not in plan.stderr.read()
    plan.stderr.close()
    plan.wait(60)


@pytest.mark.parametrize("form", ["text", "json", "mermaid"])
def test_plan_prints_every_form_to_standard_output_alone(tmp_path, form, capsys):
    path = tmp_path / "r.yaml"
    path.write_text(GOOD)
    assert main.run(["plan", str(path), "-o", form]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    if form == "json":
        assert json.loads(shown.out)["name"] == "r"


def test_plan_of_a_wrong_recipe_tells_everything_and_prints_no_plan(tmp_path, capsys):
    path = tmp_path / "r.yaml"
    path.write_text(GOOD + "workers: {prefill: {}}\nfrontend: {router: {mode: random, events: exact}}\n")
    assert main.run(["plan", str(path)]) == 3
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "DR401" in shown.err
    assert "DR405" in shown.err


def test_schema_is_json(capsys):
    assert main.run(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "dynamo-recipes recipe"


def test_standard_input(tmp_path):
    command = [sys.executable, "-m", "dynamo_recipes", "validate", "-"]
    done = subprocess.run(command, input=GOOD, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "<stdin>: valid (local, docker, kubernetes: Dynamo 1.6.0)\n")
    done = subprocess.run(command, input=GOOD + "x: 1\n", capture_output=True, text=True)
    assert done.returncode == 2
    assert "<stdin>:4:1 error DR106" in done.stderr


def test_an_unexpected_place_for_output_is_a_finding(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text(GOOD)
    (tmp_path / "file").write_text("")
    command = Command("render", str(path), "-t", "local", "-O", str(tmp_path / "file" / "below"))
    assert command.status() == 4
    assert "DR608" in command.text()
