"""Against real processes: children of the test, zombies, strange names."""

import errno
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from dynamo_recipes.launch import procfs


@pytest.fixture
def child():
    """Start a program that sleeps, with an environment or outputs of its own; it has started when this returns."""
    started = []

    def start(code="import time; print(flush=True); time.sleep(600)", **how):
        words = [sys.executable, "-S", "-c", code]
        started.append(subprocess.Popen(words, **{"stdout": subprocess.PIPE} | how))
        if started[-1].stdout:
            started[-1].stdout.readline()
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.wait()
        if each.stdout:
            each.stdout.close()


def until(what, within=10.0):
    end = time.monotonic() + within
    while not what():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def test_a_process_is_described_as_the_system_knows_it(child):
    own = child(start_new_session=True)
    found = procfs.look(own.pid)
    assert (found.pid, found.parent, found.session, found.ended) == (own.pid, os.getpid(), own.pid, False)
    assert found.started / os.sysconf("SC_CLK_TCK") + psutil.boot_time() == pytest.approx(
        psutil.Process(own.pid).create_time(), abs=1.5
    )
    assert procfs.look(child().pid).session == os.getsid(0)


@pytest.mark.parametrize("name", ["a b", "a) S 1 1 (b", ") (", "x\ny"])
def test_a_name_can_hold_anything(tmp_path, name):
    program = tmp_path / name
    shutil.copy(shutil.which("sleep"), program)
    sleep = subprocess.Popen([program, "600"])
    try:
        until(lambda: name.encode() in Path(f"/proc/{sleep.pid}/stat").read_bytes())
        assert procfs.look(sleep.pid).parent == os.getpid()
    finally:
        sleep.kill()
        sleep.wait()


def test_what_has_ended_is_ended_until_it_is_waited_for_and_then_nothing():
    done = subprocess.Popen(["true"])
    until(lambda: procfs.look(done.pid).ended)
    done.wait()
    assert procfs.look(done.pid) is None


def test_a_process_whose_first_thread_has_ended_lives(child):
    code = (
        "import ctypes, threading, time; threading.Thread(target=time.sleep, args=(600,)).start(); print(flush=True);"
        "ctypes.CDLL(None).pthread_exit(None)"
    )
    own = child(code)
    until(lambda: b") Z " in Path(f"/proc/{own.pid}/stat").read_bytes())
    assert not procfs.look(own.pid).ended


def test_the_table_has_all_processes(child):
    own = child()
    table = procfs.table()
    assert {1, os.getpid(), own.pid} <= set(table)
    assert table[own.pid] == procfs.look(own.pid)


def test_numbers_hold_in_this_boot_and_this_namespace():
    boot, space = procfs.place().split()
    assert len(boot) == 36
    assert space == os.readlink("/proc/self/ns/pid")


@pytest.mark.parametrize(
    ("entry", "there"),
    [(b"RUN=a@1", True), (b"RUN=a", False), (b"RUN=a@12", False), (b"a@1", False), (b"OTHER=RUN=a@1", False)],
)
def test_an_entry_of_the_environment_is_found_whole(child, entry, there):
    own = child(env={"FIRST": "1", "RUN": "a@1", "LAST": "RUN=a@3"})
    assert procfs.environment_has(own.pid, entry) is there


def test_who_has_gone_has_no_environment_and_no_outputs():
    gone = subprocess.Popen(["true"], stdout=subprocess.PIPE)
    gone.communicate()
    assert not procfs.environment_has(gone.pid, b"PATH=" + os.environb[b"PATH"])
    assert list(procfs.outputs(gone.pid)) == []


def test_a_process_is_held_until_it_ends_if_it_is_the_one(child):
    own = child()
    started = procfs.look(own.pid).started
    assert procfs.held(own.pid, started + 1) is None
    held = procfs.held(own.pid, started)
    try:
        assert select.select([held], [], [], 0)[0] == []
        own.kill()
        assert select.select([held], [], [], 10)[0] == [held]
    finally:
        os.close(held)
    own.wait()
    assert procfs.held(own.pid, started) is None


def test_outputs_are_the_pipes_of_standard_output_and_error(child):
    read, write = os.pipe()
    try:
        inode = os.fstat(write).st_ino
        assert list(procfs.outputs(child(stdout=write, stderr=write).pid)) == [inode, inode]
        assert list(procfs.outputs(child(stdout=subprocess.DEVNULL, stderr=write).pid)) == [inode]
        assert list(procfs.outputs(child(stdout=subprocess.DEVNULL, pass_fds=[write]).pid)) == [], "not as its output"
    finally:
        os.close(read)
        os.close(write)


@pytest.fixture(params=["held", "not on this system", "not in this Python", "no descriptor is free"])
def way(request, monkeypatch):
    """Signal a process in each way that the system may offer."""

    def refuse(_, flags=0):
        raise OSError(errno.ENOSYS if request.param == "not on this system" else errno.EMFILE, "")

    if request.param == "not in this Python":
        monkeypatch.delattr(os, "pidfd_open")
    elif request.param != "held":
        monkeypatch.setattr(os, "pidfd_open", refuse)


def test_a_signal_reaches_the_process_that_has_number_and_start_time(child, way):
    own = child()
    assert procfs.send(own.pid, procfs.look(own.pid).started, signal.SIGTERM)
    assert own.wait(10) == -signal.SIGTERM


@pytest.mark.parametrize("off", [-1, 1, 100_000])
def test_a_number_that_was_used_again_is_never_signalled(child, way, off):
    stranger = child()
    assert not procfs.send(stranger.pid, procfs.look(stranger.pid).started + off, signal.SIGKILL)
    with pytest.raises(subprocess.TimeoutExpired):
        stranger.wait(0.2)


def test_to_signal_who_has_gone_is_no_error(way):
    gone = subprocess.Popen(["sleep", "600"])
    started = procfs.look(gone.pid).started
    gone.kill()
    gone.wait()
    assert not procfs.send(gone.pid, started, signal.SIGTERM)
