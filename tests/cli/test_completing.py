"""What fits at the cursor, as the shells ask it: through the variable, without a word when something is wrong."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import CompletionItem

from dynamo_recipes.cli import completing
from dynamo_recipes.cli.main import VERBS, Verbs, cli, run
from dynamo_recipes.cli.shells import SHELLS, VARIABLE
from dynamo_recipes.findings import CODES

ROOT = Path(__file__).resolve().parents[2]
# Arguments and options that take a text of the user's own.
FREE = {"shell", "--set", "--set-string", "--driver", "--cuda", "--glibc", "--changes", "pattern"}
VARIANTS = "variants: {h200: {axis: gpu}, h100: {axis: gpu}, small: {}, 'two words': {}, '$(touch ran)': {}}\n"


@pytest.fixture
def complete(monkeypatch, capsys, tmp_path):
    """Return the values that fit, as fish is told: words, and then what is typed of the last one."""
    monkeypatch.chdir(tmp_path)

    def ask(*words: str) -> list[str]:
        monkeypatch.setenv(VARIABLE, "fish_complete")
        assert run(list(words)) == 0
        out, err = capsys.readouterr()
        assert err == ""
        return [line.partition(",")[2].partition("\t")[0] or line for line in out.splitlines()]

    return ask


def through_the_door(instruction: str, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, VARIABLE: instruction, **more}
    command = [sys.executable, "-m", "dynamo_recipes", *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def test_verbs(complete):
    assert complete("") == list(VERBS)
    assert complete("va") == ["validate"]
    assert complete("x") == []
    assert complete("--") == ["--version", "--help"]


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_of_every_verb(complete, verb):
    command = Verbs().get_command(click.Context(cli), verb)
    spelt = {each for param in command.params if isinstance(param, click.Option) for each in param.opts}
    assert set(complete(verb, "-")) == spelt | {"-h", "--help"}


@pytest.mark.parametrize("verb", VERBS)
def test_every_value_of_every_verb_is_completed_or_free(complete, verb, tmp_path):
    recipe = tmp_path / "r.yaml"
    recipe.write_text("variants: {kv: {}}\n")
    command = Verbs().get_command(click.Context(cli), verb)
    for param in command.params:
        words = [max(param.opts, key=len)] if isinstance(param, click.Option) else []
        if isinstance(param.type, click.Choice):
            assert complete(verb, *words, "") == list(param.type.choices)
        elif not getattr(param, "is_flag", False) and not {*param.opts, param.name} & FREE:
            before = [str(recipe)] if words == ["--variant"] else []  # they are the recipe's
            assert complete(verb, *before, *words, ""), f"{verb}: say in completing.TAKES what {param.opts} takes"


def test_an_option_that_was_given_is_not_offered_again(complete):
    assert "--output" not in complete("plan", "-o", "json", "-")


def test_values_keep_the_option_that_they_are_joined_to(complete):
    assert complete("plan", "--output=j") == ["--output=json"]


def test_codes_in_any_case(complete):
    assert complete("explain", "") == list(CODES)
    assert complete("explain", "dr40") == [code for code in CODES if code.startswith("DR40")]


def test_a_table_names_only_what_there_is_or_what_design_names():
    params = {
        name
        for verb in VERBS
        for param in importlib.import_module(f"dynamo_recipes.cli.{verb}").command.params
        for name in (*param.opts, param.name)
    }
    assert set(completing.TAKES) - params <= {"--variant", "--site", "--env-file"}


@pytest.mark.parametrize("words", [["nonsense", ""], ["plan", "--nonsense", ""], ["plan", "a", "b", ""], ["", "", ""]])
def test_words_that_are_wrong_are_nothing_to_complete(complete, words):
    assert isinstance(complete(*words), list)


def small_verb() -> click.Command:
    @click.command()
    @click.argument("recipe")
    @click.option("--variant", multiple=True, shell_complete=completing.variants)
    @click.option("-o", "--output")
    def command(**_) -> None:
        """Do nothing."""

    return command


def variants(shell: str, command: click.Command, *words: str) -> list[str]:
    asked = SHELLS[shell](command, words)
    return [each.value for each in asked.get_completions(list(words[:-1]), words[-1])]


ALL = ["h200", "h100", "small", "two words", "$(touch ran)"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["r.yaml", "--variant", ""], ALL),
        (["r.yaml", "--variant", "h"], ["h200", "h100"]),
        (["r.yaml", "--variant=h1"], ["h100"]),
        (["r.yaml", "--variant", "h200", "--variant", ""], ["small", "two words", "$(touch ran)"]),
        (["--variant", "h200", "r.yaml", "--variant", ""], ["small", "two words", "$(touch ran)"]),
        (["--variant=small", "r.yaml", "-o", "x", "--variant", ""], ["h200", "h100", "two words", "$(touch ran)"]),
        (["--variant", ""], []),
        (["missing.yaml", "--variant", ""], []),
        (["-", "--variant", ""], []),
        (["bad.yaml", "--variant", ""], []),
    ],
)
def test_variants_of_the_recipe_on_the_line(tmp_path, monkeypatch, words, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.yaml").write_text(VARIANTS)
    (tmp_path / "bad.yaml").write_text("variants: {a: {")
    assert variants("bash", small_verb(), *words) == expected


def test_variants_of_several_recipes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.yaml").write_text("variants: {a: {}, b: {}}")
    (tmp_path / "s.yaml").write_text("variants: {b: {}, c: {}}")

    @click.command()
    @click.argument("recipes", nargs=-1)
    @click.option("--variant", shell_complete=completing.variants)
    def command(**_) -> None:
        """Do nothing."""

    assert variants("zsh", command, "r.yaml", "s.yaml", "--variant", "") == ["a", "b", "c"]


def test_a_verb_with_the_option_is_completed_by_the_table(tmp_path, monkeypatch, complete, capsys):
    (tmp_path / "r.yaml").write_text(VARIANTS + '"x\\n": 1\n')

    @click.command()
    @click.argument("recipe")
    @click.option("--variant", "names", multiple=True)
    def command(**_) -> None:
        """Do nothing."""

    monkeypatch.setattr("dynamo_recipes.cli.plan.command", command)
    assert complete("plan", "r.yaml", "--variant", "") == ALL
    assert complete("plan", "r.yaml", "--variant=h200", "--variant=") == [f"--variant={each}" for each in ALL[2:]]


@pytest.mark.parametrize(
    ("line", "replaced", "expected"),
    [
        ("dynamo-recipe plan --output=j", "j", ["plain,json"]),
        ("dynamo-recipe plan --output=j", "--output=j", ["plain,--output=json"]),
        ("dynamo-recipe plan a:", "", ["path,b c.yaml"]),
        ("dynamo-recipe plan a:", "a:", ["path,a:b c.yaml"]),
        ("dynamo-recipe plan 'a:b c", "a:b c", ["path,a:b c.yaml"]),
        ("dynamo-recipe plan a\\:b\\ c", "a\\:b\\ c", ["path,a:b c.yaml"]),
        ("./dynamo-recipe va", "va", ["plain,validate"]),
    ],
)
def test_bash_gets_what_replaces_the_part_that_it_replaces(tmp_path, monkeypatch, capsys, line, replaced, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a:b c.yaml").write_text("")
    monkeypatch.setenv(VARIABLE, "bash_complete")
    assert run([line, replaced]) == 0
    assert [each for each in capsys.readouterr().out.splitlines() if not each.startswith("yaml,")] == expected


@pytest.mark.parametrize(
    ("name", "start", "expected"),
    [
        ("a b", "", "plain,a\\ b"),
        ("$(x)", "", "plain,\\$\\(x\\)"),
        ("$(x)", "'", "plain,$(x)"),
        ("$(x)", '"', "plain,\\$(x)"),
        ("it's", "'", "plain,it'\\''s"),
        ("it's", '"', "plain,it's"),
        ("!x", "", "plain,\\!x"),
        ("!x", '"', "none,"),
        ('a"b', '"', "none,"),
    ],
)
def test_a_name_is_quoted_for_the_place_where_bash_puts_it(name, start, expected):
    words = [f"dynamo-recipe plan --variant {start}", ""]
    assert SHELLS["bash"](cli, words).format_completion(CompletionItem(name)) == expected


@pytest.mark.parametrize("shell", SHELLS)
def test_the_verb_and_the_variable_print_the_same_script(shell, capsys):
    assert run(["completion", shell]) == 0
    printed = capsys.readouterr().out
    assert f"{VARIABLE}={shell}_complete" in printed
    done = through_the_door(f"{shell}_source")
    assert (done.stdout, done.stderr, done.returncode) == (printed, "", 0)


@pytest.mark.parametrize("shell", SHELLS)
def test_through_the_entry_point(shell):
    done = through_the_door(f"{shell}_complete", *(["dynamo-recipe va", "va"] if shell == "bash" else ["va"]))
    assert "validate" in done.stdout
    assert (done.stderr, done.returncode) == ("", 0)


@pytest.mark.parametrize("shell", SHELLS)
def test_words_as_clicks_own_scripts_give_them(shell):
    done = through_the_door(
        f"{shell}_complete", COMP_WORDS="dynamo-recipe va", COMP_CWORD="va" if shell == "fish" else "1"
    )
    assert "validate" in done.stdout
    assert (done.stderr, done.returncode) == ("", 0)


@pytest.mark.parametrize("value", ["1", "bash", "bash_", "bash_nonsense", "csh_complete", "_complete", "\udcff_source"])
def test_a_wrong_value_of_the_variable_is_one_line(value):
    done = through_the_door(value, "validate", "recipes/quickstart.yaml")
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr.count("\n") == 1
    assert VARIABLE in done.stderr


def test_an_empty_variable_is_an_ordinary_start():
    assert through_the_door("", "--version").stdout.startswith("dynamo-recipe, version")


@pytest.mark.parametrize("shell", SHELLS)
def test_without_any_words_nothing_is_said(shell):
    done = through_the_door(f"{shell}_complete")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_a_bug_is_silent(monkeypatch, capsys):
    def broken(*_):
        raise RuntimeError

    monkeypatch.setitem(completing.TAKES, "code", broken)
    monkeypatch.setenv(VARIABLE, "zsh_complete")
    assert run(["explain", ""]) == 0
    assert capsys.readouterr() == ("", "")


def test_an_ordinary_start_imports_nothing_of_it():
    code = "import sys; sys.argv=['x', 'validate', 'recipes/quickstart.yaml']\n"
    code += "from dynamo_recipes.__main__ import main\ntry: main()\nexcept SystemExit: print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    for each in ("click.shell_completion", "dynamo_recipes.cli.completing", "dynamo_recipes.cli.shells", "app.choices"):
        assert each not in done.stdout


def test_a_verb_is_completed_without_importing_one(monkeypatch):
    code = "import sys; from dynamo_recipes.cli.completing import answer; answer('zsh_complete', ['va'])\n"
    code += "print([each for each in sys.modules if each == 'pydantic' or each.startswith('dynamo_recipes.cli')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {"dynamo_recipes.cli"} | {f"dynamo_recipes.cli.{each}" for each in ("main", "shells", "completing")}
    assert set(done.stdout.splitlines()[-1].strip("[]'").split("', '")) == loaded
