import fcntl
import os
import signal
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest

from dynamo_recipes.errors import Interrupted, Refused
from dynamo_recipes.launch import folders, procfs, state
from dynamo_recipes.launch.signals import Signals, watched

GONE = (2**22 + 1, 1)  # no process can have this number


def codes(refused):
    return [each.code for each in refused.value.findings]


def run_folder(name, say=lambda text: None, signals=None):
    return folders.run_folder(name, say, signals or Signals())


def write_state(folder, runner, guard=GONE):
    marker = f"{state.MARKER}=a@{os.urandom(8).hex()}"
    state.save(folder, state.State("a", procfs.place(), marker, runner, guard, 1 << 60, 0, (), ()))


@contextmanager
def held(name="a", runner=GONE, guard=GONE):
    """Hold the lock of a run's folder as its guard does, with notes on who the command is."""
    folder = folders.runs_root() / name
    folder.mkdir(parents=True)
    write_state(folder, runner, guard)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def until(what, within=10.0):
    end = time.monotonic() + within
    while not what():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def test_relative_xdg_paths_count_as_unset(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert folders.state_root() == tmp_path / ".local/state/dynamo-recipes"
    monkeypatch.setenv("XDG_STATE_HOME", "/absolute")
    assert str(folders.state_root()) == "/absolute/dynamo-recipes"


def test_a_run_folder_is_held_and_the_next_run_starts_clean():
    with run_folder("a") as first:
        (first.path / "discovery").mkdir()
        (first.logs / "old.log").write_text("old")
        with pytest.raises(Refused) as refused, run_folder("a"):
            pass
        assert codes(refused) == ["DR605"]
        assert (first.logs / "old.log").exists(), "the refused run must not touch the folder"
    with run_folder("a") as second:
        assert sorted(each.name for each in second.path.iterdir()) == ["lock", "logs"]
        assert not list(second.logs.iterdir())


def test_runs_of_different_names_do_not_meet():
    with run_folder("a") as first, run_folder("b") as second:
        assert first.path != second.path


def test_a_run_whose_command_lives_is_named_with_it():
    me = procfs.look(os.getpid())
    with held(runner=(me.pid, me.started)):
        begun = time.monotonic()
        with pytest.raises(Refused) as refused, run_folder("a"):
            pass
        (found,) = refused.value.findings
        assert found.message == f"A run named `a` is active (process {os.getpid()})."
        assert f"kill {os.getpid()}" in found.hint
        assert time.monotonic() - begun < 1


def test_a_run_that_has_not_said_yet_who_runs_it_is_active():
    with held() as folder:
        state.forget(folder)
        with pytest.raises(Refused) as refused, run_folder("a"):
            pass
    assert refused.value.findings[0].message == "A run named `a` is active."


def test_a_run_that_its_guard_is_still_ending_is_waited_for():
    said, ended = [], threading.Event()

    def end():
        with held() as folder:
            until(lambda: said)
            state.forget(folder)
            ended.set()

    guard = threading.Thread(target=end)
    guard.start()
    until((folders.runs_root() / "a" / "lock").exists)
    with run_folder("a", said.append) as run:
        assert ended.is_set()
        assert not (run.path / state.FILE).exists()
    guard.join()
    assert said == ["an earlier run named a is being ended: waiting for it"]


def test_who_waits_for_a_run_that_is_being_ended_does_not_wait_for_another_that_was_quicker():
    """Two commands wait, one gets the lock and runs: the other says so, rather than to wait for days."""
    me = procfs.look(os.getpid())
    with (
        held() as folder,
        pytest.raises(Refused) as refused,
        run_folder("a", lambda text: write_state(folder, (me.pid, me.started))),
    ):
        pytest.fail("the other one runs")
    assert f"(process {os.getpid()})" in refused.value.findings[0].message


@pytest.mark.parametrize("lives", [True, False])
def test_a_guard_that_does_not_come_to_an_end_is_named(lives):
    me = procfs.look(os.getpid())
    said = []
    with (
        held(guard=(me.pid, me.started) if lives else GONE),
        pytest.raises(Refused) as refused,
        folders.run_folder("a", said.append, Signals(), patience=0.3),
    ):
        pytest.fail("nobody has let it in")
    (found,) = refused.value.findings
    assert found.code == "DR605"
    assert (f"its guard (process {me.pid}) has not ended it yet" in found.message) is lives
    assert (f"kill -9 {me.pid}" in found.hint) is lives
    assert said == ["an earlier run named a is being ended: waiting for it"]


def test_waiting_can_be_broken_off():
    with (
        held(),
        watched() as signals,
        pytest.raises(Interrupted),
        run_folder("a", lambda text: os.kill(os.getpid(), signal.SIGINT), signals),
    ):
        pytest.fail("nobody has let it in")


def test_the_lock_is_free_when_the_folder_is_left_and_nobody_inherits_it():
    with run_folder("a") as run:
        child = subprocess.Popen(["sleep", "600"], close_fds=False)
    try:
        with run_folder("a") as again:
            assert again.path == run.path
    finally:
        child.kill()
        child.wait()


def test_links_in_the_run_folder_are_removed_not_followed(tmp_path):
    keep = tmp_path / "keep"
    keep.mkdir()
    (keep / "file").write_text("mine")
    with run_folder("a") as run:
        (run.path / "link").symlink_to(keep)
    with run_folder("a"):
        assert (keep / "file").read_text() == "mine"


def test_an_unusable_state_folder_is_a_finding(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(Refused) as refused, run_folder("a"):
        pass
    assert codes(refused) == ["DR608"]


def test_files_are_written_whole(tmp_path):
    path = tmp_path / "file"
    folders.write_whole(path, "one")
    folders.write_whole(path, "two")
    assert path.read_text() == "two"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
