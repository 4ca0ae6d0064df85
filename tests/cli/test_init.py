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
