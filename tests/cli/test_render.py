import os

import pytest

from dynamo_recipes.cli import main

GOOD = "schema: 1\nmodel: MODEL\nengine: mocker\n"


def rendered(tmp_path, model, *words):
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD.replace("MODEL", model))
    return main.run(["render", str(path), "-t", "local", *words])


def test_all_files_go_into_a_folder(tmp_path, capsys):
    out = tmp_path / "out"
    assert rendered(tmp_path, "{packaged: tiny}", "-O", str(out)) == 0
    assert (out / "mine.sh").stat().st_mode & 0o111
    assert sorted(each.name for each in (out / "model").iterdir()) == [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip


def test_one_stream_without_a_folder(tmp_path, capsys):
    assert rendered(tmp_path, "{packaged: tiny}") == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("#!/usr/bin/env bash\n")
    assert "-O DIR" in shown.err


def test_a_dry_run_writes_nothing(tmp_path, capsys):
    out = tmp_path / "out"
    assert rendered(tmp_path, "{packaged: tiny}", "-O", str(out), "--dry-run") == 0
    assert f"{out}/mine.sh" in capsys.readouterr().out
    assert not out.exists()


def test_where_the_script_finds_the_model(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert rendered(tmp_path, "{path: ./models/a}", "-O", str(tmp_path / "out")) == 0
    assert 'MODEL=${MODEL:-"$HERE"/../models/a}' in (tmp_path / "out" / "mine.sh").read_text()
    assert rendered(tmp_path, "{path: /models/a}", "-O", str(tmp_path / "out")) == 0
    assert "MODEL=${MODEL:-/models/a}" in (tmp_path / "out" / "mine.sh").read_text()
    assert rendered(tmp_path, "Qwen/Qwen3-0.6B", "-O", str(tmp_path / "out")) == 0
    assert "MODEL=${MODEL:-Qwen/Qwen3-0.6B}" in (tmp_path / "out" / "mine.sh").read_text()


def test_copies_of_files_are_written_and_named_without_harm(tmp_path, capsys):
    (tmp_path / "a\x1b[31m\nb").write_text("text")
    model = '{packaged: tiny}\nfiles: {chat: "./a\\e[31m\\nb"}'
    out = tmp_path / "out"
    for more in (["-O", str(out), "--dry-run"], ["-O", str(out)], []):
        assert rendered(tmp_path, model, *more) == 0
        shown = capsys.readouterr()
        assert "files/chat/a\\x1b[31m\\nb" in shown.err + shown.out
        assert "\x1b" not in shown.err + shown.out
    assert (out / "files" / "chat" / "a\x1b[31m\nb").read_text() == "text"


@pytest.mark.parametrize(("path", "status"), [("../../../../../../../../etc/passwd", 2), ("missing", 4), ("fifo", 4)])
def test_the_exit_status_of_a_file_that_cannot_be_used(path, status, tmp_path, capsys):
    os.mkfifo(tmp_path / "fifo")
    assert rendered(tmp_path, f"{{packaged: tiny}}\nfiles: {{chat: {path}}}", "-O", str(tmp_path / "out")) == status
    assert main.run(["validate", str(tmp_path / "mine.yaml")]) == status
    assert main.run(["plan", str(tmp_path / "mine.yaml")]) == status
    assert not (tmp_path / "out").exists()
    assert capsys.readouterr().err.count(" error DR") == 3
