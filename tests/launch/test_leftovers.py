"""What dead runs left: forged folders, real processes. Strangers must live on, whatever a state file says."""

import fcntl
import os
import signal
import subprocess
import sys
import time

import pytest
from launching import Command, recipe, run_folder
from toy_dynamo import make_environment

from dynamo_recipes.errors import Interrupted, Refused
from dynamo_recipes.launch import leftovers, procfs, state
from dynamo_recipes.launch.family import ticks
from dynamo_recipes.launch.signals import watched

VALUE = f"toy@{os.urandom(8).hex()}"  # another one each time: the same tests can run beside us
CODES = {
    "willing": "print(flush=True); time.sleep(600)",
    "stubborn": "signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(600)",
    "counting": "signal.signal(15, lambda *_: print('asked', flush=True)); print(flush=True)\nwhile 1: signal.pause()",
}
# A command that finds itself and its parent among what an earlier run left.
ENDS_ITSELF = """
import os, sys
from pathlib import Path
from dynamo_recipes.launch import leftovers, procfs, state
from dynamo_recipes.launch.signals import watched
child = os.fork()
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
folder = Path(sys.argv[1])
known = state.load(folder)
own = [(pid, procfs.look(pid).started) for pid in (os.getpid(), os.getppid())]
state.save(folder, known._replace(seen=(*known.seen, *own)))
with watched() as signals:
    leftovers.end(folder, print, signals)
"""
CORRUPT = [b"", b"{", b"\0" * 99, b"[" * 100_000, b"[]", b'{"state": 1}', b"9" * (5 << 20), b'{"state": 2}']


@pytest.fixture
def process():
    """Start code that lives until it is told to end: a child of the test, and nobody's of a run, unless it is said."""
    popens = []

    def start(kind="willing", **env):
        words = [sys.executable, "-S", "-c", f"import os, signal, time\n{CODES[kind]}"]
        popens.append(
            subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=os.environ | env, start_new_session=True)
        )
        popens[-1].stdout.readline()
        return popens[-1]

    yield start
    for each in popens:
        each.kill()
        each.wait()
        each.stdout.close()


@pytest.fixture
def says():
    return []


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(leftovers, "_GRACE", 0.5)


def left_by(folder, *seen, **known):
    """Write what a dead run with these processes would have left, and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lock").touch()
    pairs = tuple(each if isinstance(each, tuple) else identity(each) for each in seen)
    gone = (2**22 + 1, 1)  # no process can have this number
    begun = min((started for _, started in pairs), default=ticks() - 100)  # a wrong look must not reach far
    empty = state.State(folder.name, procfs.place(), f"{state.MARKER}={VALUE}", gone, gone, begun, ticks(), pairs, ())
    state.save(folder, empty._replace(**known))
    return folder


def identity(popen, off=0):
    return (popen.pid, procfs.look(popen.pid).started + off)


def end(folder, says):
    with watched() as signals:
        leftovers.end(folder, says.append, signals)


def end_others(root, says, but=""):
    with watched() as signals:
        leftovers.end_others(root, but, says.append, signals)


def lives(*popens):
    return all(each.poll() is None for each in popens)


def test_what_a_dead_run_left_is_ended_told_and_forgotten(tmp_path, process, says):
    one, two, stranger = process(), process(**{state.MARKER: VALUE}), process()
    folder = left_by(tmp_path / "toy", one)
    end(folder, says)
    assert says == ["an earlier run named toy was killed and left 2 processes: ending what is left"]
    assert (one.wait(5), two.wait(5)) == (-signal.SIGTERM, -signal.SIGTERM)
    assert lives(stranger)
    assert state.load(folder) is None


def test_a_run_that_left_nothing_is_forgotten_without_a_word(tmp_path, process, says):
    stranger = process()
    folder = left_by(tmp_path / "toy")
    end(folder, says)
    end(tmp_path / "toy", says)
    assert says == []
    assert state.load(folder) is None
    assert lives(stranger)


def test_what_ignores_it_is_killed_after_a_grace(tmp_path, process, says, quick):
    deaf, asked = process("stubborn"), process("counting")
    begun = time.monotonic()
    end(left_by(tmp_path / "toy", deaf, asked), says)
    assert 0.5 <= time.monotonic() - begun < 8
    assert (deaf.wait(5), asked.wait(5)) == (-signal.SIGKILL, -signal.SIGKILL)
    assert asked.stdout.read() == "asked\n", "once"


def test_one_that_was_left_is_one_process(tmp_path, process, says):
    end(left_by(tmp_path / "toy", process()), says)
    assert says == ["an earlier run named toy was killed and left 1 process: ending what is left"]


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(lambda one: {"seen": (identity(one, -1),)}, id="its number was another program's before"),
        pytest.param(lambda one: {"guard": identity(one, -1)}, id="its number was the guard's before"),
        pytest.param(lambda one: {"seen": (identity(one),), "begun": identity(one)[1] + 1}, id="older than the run"),
        pytest.param(lambda one: {"seen": (identity(one),), "place": "another-boot pid:[1]"}, id="of another boot"),
        pytest.param(lambda one: {"marker": f"{state.MARKER}=toy@0123456789abcdee"}, id="of another run"),
        pytest.param(lambda one: {"pipes": (os.fstat(one.stdout.fileno()).st_ino + 1_000_000,)}, id="another pipe"),
        pytest.param(lambda one: {"runner": identity(one)}, id="the number of the command is no sign"),
        pytest.param(lambda one: {"seen": (identity(one, -1),), "scanned": 0}, id="its session was another's before"),
    ],
)
def test_a_stranger_lives_on_whatever_is_written_down(tmp_path, process, says, quick, forged):
    stranger = process(**{state.MARKER: "other@0123456789abcdef"})
    before = procfs.look(stranger.pid)
    folder = left_by(tmp_path / "toy", **forged(stranger))
    end(folder, says)
    assert lives(stranger)
    assert procfs.look(stranger.pid) == before
    assert says == []
    assert state.load(folder) is None


def test_the_caller_and_its_ancestors_are_never_ended(tmp_path, process, says):
    """In a session of its own, as its leader is among what was seen."""
    one = process()
    left_by(tmp_path / "toy", one)
    done = subprocess.run(
        [sys.executable, "-c", ENDS_ITSELF, str(tmp_path / "toy")], start_new_session=True, timeout=60
    )
    assert done.returncode == 0
    assert one.wait(5) == -signal.SIGTERM, "and it was not by chance that they live"


@pytest.mark.parametrize("text", CORRUPT, ids=lambda text: ascii(text[:12]))
def test_where_a_state_cannot_be_read_nothing_is_ended(tmp_path, process, says, text):
    marked = process(**{state.MARKER: VALUE})
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / state.FILE).write_bytes(text)
    with pytest.raises(Refused) as refused:
        end(tmp_path / "toy", says)
    (found,) = refused.value.findings
    assert (found.code, refused.value.status) == ("DR610", 4)
    assert str(tmp_path / "toy" / state.FILE) in found.message
    assert ("a newer dynamo-recipe" in found.message) is (text == b'{"state": 2}')
    assert "Nothing was ended" in found.hint
    assert lives(marked)
    assert (tmp_path / "toy" / state.FILE).read_bytes() == text
    assert says == []


def test_a_state_that_gives_process_1_or_everybody_is_not_believed(tmp_path, process, says):
    stranger = process()
    begun = identity(stranger)[1]
    for known in ({"seen": ((1, procfs.look(1).started),)}, {"marker": ""}, {"marker": "HOME=" + os.environ["HOME"]}):
        with pytest.raises(Refused) as refused:
            end(left_by(tmp_path / "toy", begun=begun, **known), says)
        assert refused.value.findings[0].code == "DR610"
    assert lives(stranger)


def test_a_signal_breaks_it_off_and_the_next_run_goes_on(tmp_path, process, says):
    deaf = process("stubborn")
    folder = left_by(tmp_path / "toy", deaf)

    def interrupt(text):
        says.append(text)
        os.kill(os.getpid(), signal.SIGINT)

    begun = time.monotonic()
    with watched() as signals, pytest.raises(Interrupted):
        leftovers.end(folder, interrupt, signals)
    assert time.monotonic() - begun < 3
    assert lives(deaf)
    assert state.load(folder) is not None


def test_what_the_system_does_not_end_is_named(tmp_path, process, says, quick, monkeypatch):
    """As what waits for a disk that has gone: signals do not reach it."""
    one = process()
    folder = left_by(tmp_path / "toy", one)
    monkeypatch.setattr(leftovers, "KILLED", 0.3)
    monkeypatch.setattr(leftovers, "_KILLED_OF_OTHERS", 0.3)
    monkeypatch.setattr(procfs, "send", lambda *_: True)
    with pytest.raises(Refused) as refused:
        end(folder, says)
    (found,) = refused.value.findings
    assert found.code == "DR605"
    assert found.message == f"An earlier run named `toy` left processes that the system does not end: {one.pid}."
    assert state.load(folder) is not None
    end_others(tmp_path, says)
    assert says[-1] == f"the system does not end what an earlier run named toy left: {one.pid}"
    assert state.load(folder) is not None


# --- Runs of other names ------------------------------------------------------------------------------------------


def test_what_dead_runs_of_other_names_left_is_ended(tmp_path, process, says):
    one, two, own = process(), process(), process()
    left_by(tmp_path / "b", one)
    left_by(tmp_path / "a", two)
    left_by(tmp_path / "own", own)
    (tmp_path / "c").mkdir()
    (tmp_path / "file").touch()
    end_others(tmp_path, says, but="own")
    assert [each.split()[4] for each in says] == ["a", "b"]
    assert (one.wait(5), two.wait(5)) == (-signal.SIGTERM, -signal.SIGTERM)
    assert lives(own)
    assert sorted(each.parent.name for each in tmp_path.glob(f"*/{state.FILE}")) == ["own"]
    end_others(tmp_path / "missing", says)


def test_a_run_that_is_active_keeps_its_processes(tmp_path, process, says):
    one = process()
    folder = left_by(tmp_path / "a", one)
    with open(folder / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        end_others(tmp_path, says)
        assert lives(one)
        assert says == []
    end_others(tmp_path, says)
    assert one.wait(5) == -signal.SIGTERM


@pytest.mark.parametrize("lock", [None, "folder"])
def test_a_folder_without_a_lock_is_left_alone(tmp_path, process, says, lock):
    one = process()
    folder = left_by(tmp_path / "a", one)
    (folder / "lock").unlink()
    if lock:
        (folder / "lock").mkdir()
    end_others(tmp_path, says)
    assert lives(one)


@pytest.mark.parametrize("text", CORRUPT, ids=lambda text: ascii(text[:12]))
def test_another_runs_state_that_cannot_be_read_is_told_and_left_alone(tmp_path, process, says, text):
    marked, other = process(**{state.MARKER: VALUE}), process()
    file = left_by(tmp_path / "a") / state.FILE
    file.write_bytes(text)
    left_by(tmp_path / "b", other, marker=f"{state.MARKER}=b@0123456789abcdef")
    end_others(tmp_path, says)
    assert says[0].startswith(f"what an earlier run left is not known: {file} cannot be read: ")
    assert file.read_bytes() == text
    assert lives(marked)
    assert other.wait(5) == -signal.SIGTERM, "the others are ended all the same"


# --- Who runs it --------------------------------------------------------------------------------------------------


def test_the_command_of_a_run_is_known_while_it_lives(tmp_path, process):
    command = process()
    folder = left_by(tmp_path / "toy", runner=identity(command))
    assert leftovers.runner(folder) == command.pid
    assert not leftovers.is_ending(folder)
    command.kill()
    while not procfs.look(command.pid).ended:
        time.sleep(0.01)
    assert leftovers.runner(folder) is None, "it has ended, though nobody has asked how"
    assert leftovers.is_ending(folder)


@pytest.mark.parametrize("forged", ["reused", "elsewhere", "unreadable", "missing"])
def test_a_command_that_is_not_known_is_none(tmp_path, process, forged):
    command = process()
    off = -1 if forged == "reused" else 0
    folder = left_by(tmp_path / "toy", runner=identity(command, off))
    if forged == "elsewhere":
        left_by(folder, runner=identity(command), place="elsewhere")
    elif forged == "unreadable":
        (folder / state.FILE).write_text("{")
    elif forged == "missing":
        state.forget(folder)
    assert leftovers.runner(folder) is None
    assert leftovers.is_ending(folder) is (forged == "reused")


# --- Through the command ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [b"{", b'{"state": 2}', b"[" * 100_000], ids=lambda text: ascii(text[:12]))
def test_the_command_says_that_it_does_not_know_and_ends_with_4(tmp_path, process, text):
    marked = process(**{state.MARKER: VALUE})
    run_folder().mkdir(parents=True)
    (run_folder() / state.FILE).write_bytes(text)
    command = Command("run", recipe(tmp_path), "--environment", make_environment(tmp_path / "toy"))
    assert command.status() == 4
    assert "DR610 It is not known what an earlier run named `toy` left" in command.text()
    assert "Traceback" not in command.text()
    assert lives(marked)
    assert (run_folder() / state.FILE).read_bytes() == text


@pytest.mark.parametrize("names", [("toy", "toy"), ("other", "toy")], ids=["of its own name", "of another name"])
def test_a_run_ends_what_a_dead_one_left_and_works(tmp_path, process, names):
    left, stranger = process(), process()
    left_by(run_folder(names[0]), left)
    command = Command("smoke", recipe(tmp_path, name=names[1]), "--environment", make_environment(tmp_path / "toy"))
    assert command.status() == 0
    assert f"an earlier run named {names[0]} was killed and left 1 process: ending what is left" in command.text()
    assert left.wait(5) == -signal.SIGTERM
    assert lives(stranger)
    assert not list(run_folder().parent.glob(f"*/{state.FILE}"))
