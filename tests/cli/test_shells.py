"""Completion in the shells themselves: what they offer, what they put on the line, and that they run nothing."""

import shlex
import shutil
import subprocess

import pytest
from shells import Place, Terminal, need

from dynamo_recipes.findings import CODES

# What a stranger may call a file or a variant. Each third is also typed behind an open double quote: none with a double
# quote or `!`, which bash cannot hold there.
ODD = [
    "two words",
    "$(touch ran)",
    "`touch ran`",
    "a;touch ran;b",
    "it's",
    "a:b=c",
    'say "x"',
    "back\\slash",
    "*",
    "-rf",
    "~",
    "#a",
    "!x",
    "{a,b}",
    "ünï",
]
# A terminal takes its time: run by .ci/run.
TERMINALS = [pytest.param(each, marks=pytest.mark.service) for each in ("bash", "zsh")]


@pytest.fixture
def place(tmp_path):
    for name in ("here", "bin", "here/recipes", "here/my recipes"):
        (tmp_path / name).mkdir()
    for name in ("one.yaml", "two.yml", "notes.txt", "recipes/quick.yaml", "my recipes/in a folder.yaml"):
        (tmp_path / "here" / name).write_text("variants: {h200: {axis: gpu}, h100: {axis: gpu}, small: {}}\n")
    return Place(tmp_path / "here", tmp_path / "bin")


@pytest.fixture
def terminal(place, request):
    need(request.param)
    with Terminal(request.param, place) as shell:
        yield shell


def quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def odd_variants(place: Place) -> None:
    entries = [f"  {quoted(each)}: {{axis: a{index}}}" for index, each in enumerate(ODD)]
    text = "\n".join(["variants:", *entries, '  "new\\nline": {}', '  "\\e[2J": {}', '  "tab\\tbed": {}'])
    (place.folder / "odd.yaml").write_text(text + "\n")


def no_harm(place: Place) -> bool:
    return not list(place.folder.rglob("ran"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["va"], ["validate"]),
        (["s"], ["schema", "show", "smoke"]),
        (["completion", ""], ["bash", "fish", "zsh"]),
        (["plan", "--out"], ["--output"]),
        (["plan", "-o", ""], ["text", "json", "mermaid"]),
        (["validate", "--format", "s"], ["sarif"]),
        (["render", "-t", ""], ["local"]),
        (["explain", "DR40"], [code for code in CODES if code.startswith("DR40")]),
        (["plan", ""], ["my recipes", "one.yaml", "recipes", "two.yml"]),
        (["plan", "o"], ["one.yaml"]),
        (["validate", "one.yaml", "recipes/"], ["recipes/quick.yaml"]),
        (["plan", "my\\ recipes/"], ["my recipes/in a folder.yaml"]),
        (["plan", '"my recipes/'], ["my recipes/in a folder.yaml"]),
        (["plan", "one.yaml", "--variant", ""], ["h200", "h100", "small"]),
        (["plan", "one.yaml", "--variant", "h200", "--variant", ""], ["small"]),
        (["plan", "missing.yaml", "--variant", ""], []),
        (["nonsense", ""], []),
    ],
)
def test_bash(place, words, expected):
    need("bash")
    assert place.bash(*words) == expected


@pytest.mark.service
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("va", ["validate\tCheck recipes: shape, versions, flags, graph."]),
        ("completion ", ["bash", "fish", "zsh"]),
        ("plan --out", ["--output\tForm of the plan."]),
        ("plan -o ", ["json", "mermaid", "text"]),
        ("plan --output=j", ["--output=json"]),
        ("explain DR106", [f"DR106\t{CODES['DR106']}"]),
        ("plan ", ["my recipes/", "one.yaml", "recipes/", "two.yml"]),
        ("validate one.yaml recipes/", ["recipes/quick.yaml"]),
        ("plan my\\ recipes/", ["my recipes/in a folder.yaml"]),
        ("plan 'my recipes/", ["my recipes/in a folder.yaml"]),
        ("run --environment=my", ["--environment=my recipes/\tDirectory"]),
        ("plan one.yaml --variant ", ["h100\taxis gpu", "h200\taxis gpu", "small\tchanges"]),
        ("plan one.yaml --variant h200 --variant=", ["--variant=small\tchanges"]),
        ("plan missing.yaml --variant ", []),
        ("nonsense ", []),
    ],
)
def test_fish(place, line, expected):
    need("fish")
    assert place.fish(f"dynamo-recipe {line}") == expected


@pytest.mark.parametrize("terminal", TERMINALS, indirect=True)
def test_what_stands_on_the_line_after_a_tab(terminal):
    for line, words in (
        ("va\t", ["validate"]),
        ("plan --outp\tj\t", ["plan", "--output", "json"]),
        ("plan --output=m\t", ["plan", "--output=mermaid"]),
        ("explain DR106\t", ["explain", "DR106"]),
        ("plan o\t", ["plan", "one.yaml"]),
        ("plan m\tin\t", ["plan", "my recipes/in a folder.yaml"]),
        ("plan 'my r\tin\t", ["plan", "my recipes/in a folder.yaml"]),
        ("run --environment=m\t", ["run", "--environment=my recipes"]),
        ("plan one.yaml --variant s\t", ["plan", "one.yaml", "--variant", "small"]),
        ("plan one.yaml --variant=s\t", ["plan", "one.yaml", "--variant=small"]),
        ("plan one.yaml --variant h200 --variant \t", ["plan", "one.yaml", "--variant", "h200", "--variant", "small"]),
    ):
        # zsh takes a folder's slash back when the line ends there.
        assert [each.rstrip("/") for each in terminal.words_of(f"dynamo-recipe {line}")] == words


@pytest.mark.parametrize("terminal", TERMINALS, indirect=True)
def test_what_is_listed(terminal):
    shown = terminal.shown("dynamo-recipe plan ", "two.yml")
    assert "my" in shown
    assert "one.yaml" in shown
    assert "notes" not in shown
    assert "h100" in terminal.shown("dynamo-recipe plan one.yaml --variant ", "small")


@pytest.mark.parametrize("terminal", TERMINALS, indirect=True)
def test_odd_files_come_to_the_command_as_they_are_and_run_nothing(place, terminal):
    for index, name in enumerate(ODD):
        folder = place.folder / f"f{index}"
        folder.mkdir()
        (folder / f"{name}.yaml").write_text("")
    for index, name in enumerate(ODD):
        assert terminal.words_of(f"dynamo-recipe plan f{index}/\t") == ["plan", f"f{index}/{name}.yaml"]
        terminal.words_of(f"cd '{place.folder}/f{index}'; dynamo-recipe x")
        assert terminal.words_of("dynamo-recipe plan \t")[1].removeprefix("./") == f"{name}.yaml"
        terminal.words_of(f"cd '{place.folder}'; dynamo-recipe x")
    (place.folder / "f0" / "new\ntouch ran\n.yaml").write_text("")
    assert terminal.words_of("dynamo-recipe plan f0/tw\t") == ["plan", "f0/two words.yaml"]
    assert no_harm(place)


@pytest.mark.parametrize("terminal", TERMINALS, indirect=True)
def test_odd_variants_come_to_the_command_as_they_are_and_run_nothing(place, terminal):
    for index, name in enumerate(ODD):
        (place.folder / "odd.yaml").write_text(f"variants: {{{quoted(name)}: {{}}}}\n")
        joined_or_quoted = ("--variant=", "--variant '", '--variant "')[index % 3]
        for start in ("--variant ", joined_or_quoted):
            words = terminal.words_of(f"dynamo-recipe plan odd.yaml {start}\t")
            assert words[-1].removeprefix("--variant=") == name
    odd_variants(place)
    terminal.shown("dynamo-recipe plan odd.yaml --variant ", "ünï")
    assert no_harm(place)


def test_odd_variants_in_bashs_reply(place):
    need("bash")
    odd_variants(place)
    assert [shlex.split(each) for each in place.bash("plan", "odd.yaml", "--variant", "")] == [[each] for each in ODD]
    assert no_harm(place)


@pytest.mark.service
def test_odd_variants_and_files_in_fish(place):
    need("fish")
    odd_variants(place)
    offered = place.fish("dynamo-recipe plan odd.yaml --variant ")
    assert {each.partition("\t")[0] for each in offered} == set(ODD)
    for name in ODD:
        (place.folder / "recipes" / f"{name}.yaml").write_text("")
    assert {f"recipes/{name}.yaml" for name in ODD} < set(place.fish("dynamo-recipe plan recipes/"))
    assert no_harm(place)


@pytest.mark.parametrize(
    "shell", ["bash", *[pytest.param(each, marks=pytest.mark.service) for each in ("zsh", "fish")]]
)
def test_the_script_is_the_shells_own_language(place, shell):
    need(shell)
    script = subprocess.run([shutil.which("dynamo-recipe", path=place.env["PATH"]), "completion", shell],
                            env=place.env, capture_output=True, text=True, check=True).stdout  # fmt: skip
    done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
