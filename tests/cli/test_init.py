import json
from pathlib import Path

import pytest

from dynamo_recipes.app.planning import planned
from dynamo_recipes.cli import main


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--model", "Qwen/Qwen3-0.6B"],
        ["--model", "./models/with space: and 'quotes'"],
        ["--model", "/absolute/model"],
        ["--gpu", "h100_sxm"],
        ["--engine", "mocker", "--gpu", "l4", "--model", "meta-llama/Llama-3.3-70B-Instruct"],
    ],
)
def test_what_init_writes_validates(tmp_path, words, capsys):
    path = tmp_path / "mine.yaml"
    assert main.run(["init", str(path), *words]) == 0
    text = path.read_text()
    assert text.startswith("# yaml-language-server: $schema=")
    assert not planned(text.encode(), "mine.yaml").findings
    assert main.run(["validate", str(path)]) == 0


def test_init_to_standard_output(capsys):
    assert main.run(["init", "-"]) == 0
    assert "packaged: tiny" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (["--gpu", "h100"], 3, "DR204"),
        (["--engine", "vlm"], 3, "DR203"),
        (["--model", "not a hub id!"], 2, "DR110"),
    ],
)
def test_init_refuses_what_would_not_validate(tmp_path, words, status, code, capsys):
    path = tmp_path / "mine.yaml"
    assert main.run(["init", str(path), *words]) == status
    assert code in capsys.readouterr().err
    assert not path.exists()


def test_init_overwrites_only_when_forced(tmp_path, capsys):
    path = tmp_path / "mine.yaml"
    path.write_text("mine\n")
    assert main.run(["init", str(path)]) == 4
    assert path.read_text() == "mine\n"
    assert "--force" in capsys.readouterr().err
    assert main.run(["init", str(path), "--force"]) == 0
    assert path.read_text() != "mine\n"


def named_schema(recipe: Path) -> Path:
    """Return the schema as a language server finds it: from the first line, as seen from the recipe."""
    before, _, path = recipe.read_text().splitlines()[0].partition("$schema=")
    assert before == "# yaml-language-server: "
    assert not path.startswith(("/", "http")), "a path that others have too"
    return recipe.parent / path


@pytest.mark.parametrize("near", [None, "recipe.v1.json", "schemas/recipe.v1.json", "../schemas/recipe.v1.json"])
def test_the_schema_that_the_first_line_names_is_there(tmp_path, near, capsys):
    folder = tmp_path / "a folder"
    folder.mkdir()
    if near:
        (folder / near).parent.mkdir(exist_ok=True)
        (folder / near).write_text("{}")
    assert main.run(["init", str(folder / "mine.yaml")]) == 0
    schema = named_schema(folder / "mine.yaml")
    assert schema.resolve() == (folder / (near or "recipe.v1.json")).resolve()
    said = capsys.readouterr().err
    assert ("recipe.v1.json" in said) == (near is None)
    assert main.run(["schema"]) == 0
    assert schema.read_text() == ("{}" if near else capsys.readouterr().out)
    assert near or json.loads(schema.read_text())["$id"] == "recipe.v1.json"
    assert main.run(["validate", str(folder)]) == 0, "a schema is no recipe"


def test_init_in_the_current_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main.run(["init"]) == 0
    assert named_schema(tmp_path / "recipe.yaml").is_file()
    assert main.run(["init", "--force"]) == 0
    assert sorted(each.name for each in tmp_path.iterdir()) == ["recipe.v1.json", "recipe.yaml"]


def test_a_refused_recipe_writes_no_schema(tmp_path, capsys):
    (tmp_path / "mine.yaml").write_text("mine\n")
    assert main.run(["init", str(tmp_path / "mine.yaml")]) == 4
    assert [each.name for each in tmp_path.iterdir()] == ["mine.yaml"]


def test_a_schema_that_cannot_be_written_is_told(tmp_path, capsys):
    (tmp_path / "recipe.v1.json").mkdir()
    assert main.run(["init", str(tmp_path / "mine.yaml")]) == 4
    assert "recipe.v1.json" in capsys.readouterr().err
