import pytest

from dynamo_recipes.errors import Refused
from dynamo_recipes.launch import folders


def codes(refused):
    return [each.code for each in refused.value.findings]


def test_relative_xdg_paths_count_as_unset(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert folders.state_root() == tmp_path / ".local/state/dynamo-recipes"
    monkeypatch.setenv("XDG_STATE_HOME", "/absolute")
    assert str(folders.state_root()) == "/absolute/dynamo-recipes"


def test_a_run_folder_is_held_and_the_next_run_starts_clean():
    with folders.run_folder("a") as first:
        (first.path / "discovery").mkdir()
        (first.logs / "old.log").write_text("old")
        with pytest.raises(Refused) as refused, folders.run_folder("a"):
            pass
        assert codes(refused) == ["DR605"]
        assert (first.logs / "old.log").exists(), "the refused run must not touch the folder"
    with folders.run_folder("a") as second:
        assert sorted(each.name for each in second.path.iterdir()) == ["lock", "logs"]
        assert not list(second.logs.iterdir())


def test_runs_of_different_names_do_not_meet():
    with folders.run_folder("a") as first, folders.run_folder("b") as second:
        assert first.path != second.path


def test_links_in_the_run_folder_are_removed_not_followed(tmp_path):
    keep = tmp_path / "keep"
    keep.mkdir()
    (keep / "file").write_text("mine")
    with folders.run_folder("a") as run:
        (run.path / "link").symlink_to(keep)
    with folders.run_folder("a"):
        assert (keep / "file").read_text() == "mine"


def test_an_unusable_state_folder_is_a_finding(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(Refused) as refused, folders.run_folder("a"):
        pass
    assert codes(refused) == ["DR608"]


def test_files_are_written_whole(tmp_path):
    path = tmp_path / "file"
    folders.write_whole(path, "one", 0o600)
    folders.write_whole(path, "two", 0o600)
    assert path.read_text() == "two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
