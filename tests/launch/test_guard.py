"""The guard as a program: what it answers on its socket, and what it does when nobody is at the other end."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from dynamo_recipes.launch import procfs, state
from dynamo_recipes.launch.folders import RunFolder
from dynamo_recipes.launch.guarded import _popen

MARKER = f"{state.MARKER}=toy@{os.urandom(8).hex()}"
WILLING = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
# Goes on writing for a while when it is asked to end.
CHATTY = """
import os, signal, time
signal.pthread_sigmask(signal.SIG_BLOCK, {15})
print('up', flush=True)
signal.sigwait({15})
for number in range(50):
    print('x' * 8000, number, flush=True)
    time.sleep(0.01)
"""


def until(what, within=20.0):
    end = time.monotonic() + within
    while not (found := what()):
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)
    return found


class Talk:
    """A guard, and a socket to it."""

    def __init__(self, folder):
        (folder / "logs").mkdir(parents=True)
        self.folder = folder
        self.lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        self.control, theirs = socket.socketpair()
        with theirs:
            self.popen = _popen(RunFolder(folder, self.lock), theirs.fileno())
        self.control.settimeout(20)
        self.lines = self.control.makefile("r")
        self.reads = {}

    def begin(self, grace=5.0, folder=None, runner=None):
        command = [runner, procfs.look(runner).started] if runner else [os.getpid(), 1]
        run = {"name": "toy", "folder": str(folder or self.folder), "marker": MARKER, "runner": command}
        self.send({"run": {**run, "grace": grace}})
        return self.hear()

    def send(self, message, descriptors=()):
        socket.send_fds(self.control, [json.dumps(message).encode() + b"\n"], descriptors)

    def hear(self):
        return json.loads(self.lines.readline())

    def start(self, code, name="worker-0", group="worker"):
        """Start code and return the guard's answer, when the code has printed its first line."""
        read, write = os.pipe()
        self.reads[name] = os.fdopen(read)
        argv = [sys.executable, "-S", "-c", code]
        wanted = {"name": name, "group": group, "argv": argv, "env": {state.MARKER: MARKER.partition("=")[2]}}
        log = str(self.folder / "logs" / f"{name}.log")
        self.send({"start": {**wanted, "folder": str(self.folder), "log": log}}, (write, read))
        os.close(write)
        answer = self.hear()
        if "started" in answer:
            answer["said"] = self.reads[name].readline()
        return answer

    def hang_up(self):
        """Be a command that has died."""
        self.lines.close()
        self.control.close()

    def close(self):
        for each in self.reads.values():
            each.close()
        self.hang_up()
        os.close(self.lock)
        try:
            self.popen.wait(20)
        finally:
            for each in psutil.Process().children(recursive=True):
                each.kill()
            self.popen.wait()


@pytest.fixture
def talk(tmp_path):
    made = Talk(tmp_path / "toy")
    yield made
    made.close()


def lives(answer):
    found = procfs.look(answer["pid"])
    return found is not None and found.started == answer["ticks"] and not found.ended


def test_it_says_who_it_is_and_writes_that_down(talk):
    answer = talk.begin()
    me = procfs.look(talk.popen.pid)
    assert answer == {"guard": [me.pid, me.started]}
    known = state.load(talk.folder)
    assert (known.name, known.place, known.marker) == ("toy", procfs.place(), MARKER)
    assert (known.guard, known.runner) == ((me.pid, me.started), (os.getpid(), 1))
    assert known.begun == me.started
    assert me.session == me.pid, "what a terminal sends to the command does not reach it"


def test_a_start_is_answered_and_its_end_is_told(talk):
    talk.begin()
    answer = talk.start("import sys; print('up', flush=True); sys.stdin.read(); raise SystemExit(4)")
    assert answer["started"] == "worker-0"
    assert answer["said"] == "up\n"
    assert talk.hear() == {"ended": "worker-0", "status": 4}


def test_a_refused_start_is_answered_with_the_reason(talk):
    talk.begin()
    read, write = os.pipe()
    wanted = {"name": "w", "group": "w", "argv": ["/no/such"], "env": {}, "folder": str(talk.folder), "log": "/x"}
    talk.send({"start": wanted}, (write, read))
    os.close(write)
    assert talk.hear() == {"refused": "w", "reason": "No such file or directory"}
    assert os.read(read, 1) == b"", "nobody has the other end"
    os.close(read)


def test_a_start_without_its_descriptors_is_refused(talk):
    talk.begin()
    wanted = {"name": "w", "group": "w", "argv": ["true"], "env": {}, "folder": str(talk.folder), "log": "/x"}
    read, write = os.pipe()
    for given in ((), (write,)):
        talk.send({"start": wanted}, given)
        assert talk.hear() == {"refused": "w", "reason": "Too many open files"}
    os.close(read)
    os.close(write)
    assert "started" in talk.start(WILLING)


def test_every_descendant_is_written_down_wherever_it_hides(talk):
    talk.begin()
    twice = "import os, time; os.fork() and time.sleep(600); os.setsid(); os.fork() and os._exit(0)"
    answer = talk.start(f"{twice}; print(os.getpid(), flush=True); time.sleep(600)")
    hidden = int(answer["said"])
    seen = until(lambda: hidden in (seen := dict(state.load(talk.folder).seen)) and seen)
    assert seen == {answer["pid"]: answer["ticks"], hidden: procfs.look(hidden).started}
    assert procfs.look(hidden).parent == talk.popen.pid


def test_the_pipe_of_a_process_is_written_down_before_it_starts(talk):
    talk.begin()
    code = f"print(open({str(talk.folder / state.FILE)!r}).read().replace(chr(10), ''), flush=True)"
    inode = json.loads(talk.start(code)["said"])["pipes"]
    assert inode == [os.fstat(talk.reads["worker-0"].fileno()).st_ino]


def test_stop_ends_all_and_forgets_the_run(talk):
    talk.begin()
    frontend, worker = talk.start(WILLING, "frontend-0", "frontend"), talk.start(WILLING)
    talk.send({"stop": 20})
    said = [talk.hear() for _ in range(3)]
    assert said == [{"ended": "worker-0", "status": -15}, {"ended": "frontend-0", "status": -15}, {"stopped": []}]
    assert not lives(frontend)
    assert not lives(worker)
    assert state.load(talk.folder) is None
    assert talk.popen.poll() is None, "it is there until its command lets it go"
    talk.hang_up()
    assert talk.popen.wait(10) == 0


def test_a_second_stop_changes_nothing_and_hurry_brings_the_end_nearer(talk):
    talk.begin()
    talk.start(STUBBORN)
    begun = time.monotonic()
    talk.send({"stop": 600})
    talk.send({"stop": 0})
    talk.send({"hurry": 1})
    talk.send({"hurry": 600})
    assert talk.hear() == {"ended": "worker-0", "status": -9}
    assert talk.hear() == {"stopped": []}
    assert 0.9 < time.monotonic() - begun < 8


@pytest.mark.parametrize("code", [WILLING, STUBBORN])
def test_when_its_command_dies_it_stops_the_run_within_the_grace_and_ends(talk, code):
    talk.begin(grace=1.0)
    answer = talk.start(code)
    begun = time.monotonic()
    talk.hang_up()
    assert talk.popen.wait(20) == 0
    took = time.monotonic() - begun
    assert not lives(answer)
    assert state.load(talk.folder) is None
    assert (0.9 < took < 8) if code == STUBBORN else took < 5


def test_it_takes_no_processor_while_it_waits_for_the_grace_to_end(talk):
    """Its command is a child of the test that dies: what tells of that is readable for ever then."""
    command = subprocess.Popen(["sleep", "600"])
    talk.begin(grace=3.0, runner=command.pid)
    talk.start(STUBBORN)
    guard = psutil.Process(talk.popen.pid)
    command.kill()
    command.wait()
    before, begun = sum(guard.cpu_times()[:2]), time.monotonic()
    until(lambda: time.monotonic() - begun > 1.5)
    assert (used := sum(guard.cpu_times()[:2]) - before) < 0.15, used
    assert talk.popen.wait(20) == 0


def test_when_its_command_dies_while_it_stops_the_deadline_stays(talk):
    talk.begin(grace=600.0)
    answer = talk.start(STUBBORN)
    talk.send({"stop": 1.0})
    talk.hang_up()
    assert talk.popen.wait(10) == 0
    assert not lives(answer)


@pytest.mark.parametrize("cut", [1, 40, -1])
def test_a_socket_that_closes_in_the_middle_of_a_message_is_a_command_that_died(talk, cut):
    talk.begin(grace=1.0)
    answer = talk.start(WILLING)
    read, write = os.pipe()
    wanted = {"name": "w", "group": "w", "argv": ["sleep", "600"], "env": {"LARGE": "x" * 300_000}}
    text = json.dumps({"start": {**wanted, "folder": str(talk.folder), "log": str(talk.folder / "w.log")}}).encode()
    sent = socket.send_fds(talk.control, [text[:cut]], (write, read))
    talk.control.sendall(text[:cut][sent:])
    os.close(read)
    os.close(write)
    talk.hang_up()
    assert talk.popen.wait(20) == 0
    assert not lives(answer)
    assert state.load(talk.folder) is None
    assert (talk.folder / "guard.log").read_text() == ""


def test_a_start_that_was_asked_for_with_a_last_breath_is_stopped_too(talk):
    talk.begin(grace=20.0)
    read, write = os.pipe()
    mark = talk.folder / "here"
    code = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    wanted = {"name": "w", "group": "w", "argv": [sys.executable, "-S", "-c", code], "env": {}}
    talk.send({"start": {**wanted, "folder": str(talk.folder), "log": str(talk.folder / "w.log")}}, (write, read))
    os.close(read)
    os.close(write)
    talk.hang_up()
    assert talk.popen.wait(20) == 0
    assert not mark.exists() or not psutil.pid_exists(int(mark.read_text() or 0))
    assert not [each for each in psutil.process_iter(["cwd"]) if each.info["cwd"] == str(talk.folder)]


def test_logs_are_written_to_their_end_after_the_command_has_died(talk):
    talk.begin(grace=20.0)
    talk.start(CHATTY)
    talk.reads.pop("worker-0").close()
    talk.hang_up()
    assert talk.popen.wait(20) == 0
    lines = (talk.folder / "logs" / "worker-0.log").read_text().splitlines()
    assert [each.split()[-1] for each in lines] == [str(number) for number in range(50)]


def test_a_log_folder_that_has_gone_does_not_keep_it_from_ending_the_run(talk):
    talk.begin(grace=5.0)
    answers = [talk.start(WILLING, f"worker-{number}") for number in range(2)]
    (talk.folder / "logs").rmdir()
    talk.hang_up()
    assert talk.popen.wait(20) == 0
    assert not any(lives(each) for each in answers)


def test_a_folder_that_cannot_be_written_is_told_and_nothing_is_started(talk):
    (talk.folder / "file").touch()
    assert talk.begin(folder=talk.folder / "file") == {"unwritable": "Not a directory", "errno": errno.ENOTDIR}
    read, write = os.pipe()
    wanted = {"name": "w", "group": "w", "argv": ["sleep", "600"], "env": {}, "folder": "/", "log": "/x"}
    talk.send({"start": wanted}, (write, read))
    assert talk.hear() == {"unwritable": "Not a directory", "errno": errno.ENOTDIR}
    os.close(read)
    os.close(write)
    assert psutil.Process(talk.popen.pid).children() == []
    talk.send({"stop": 5})
    assert talk.hear() == {"stopped": []}


def test_a_folder_that_goes_while_it_runs_does_not_keep_it_from_ending_the_run(talk):
    talk.begin(grace=5.0)
    answer = talk.start(WILLING)
    (talk.folder / state.FILE).unlink()
    (talk.folder / f".{state.FILE}").mkdir()
    subprocess.run(["true"], check=True)  # something new to look at, and to write down
    talk.hang_up()
    assert talk.popen.wait(20) == 0
    assert not lives(answer)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_command_alone_decides_when_it_stops(talk, number):
    talk.begin()
    talk.popen.send_signal(number)
    answer = talk.start(WILLING)
    talk.popen.send_signal(number)
    talk.send({"start": {"name": "x", "group": "w", "argv": [], "env": {}, "folder": "/", "log": "/x"}})
    assert "refused" in talk.hear(), "it goes on"
    assert lives(answer)
    ignored = Path(f"/proc/{answer['pid']}/status").read_text().partition("SigIgn:\t")[2].split()[0]
    assert not int(ignored, 16) >> (number - 1) & 1, "its processes do not inherit that it ignores it"


def test_a_command_that_reads_nothing_does_not_keep_it_from_working(talk):
    talk.begin(grace=5.0)
    talk.control.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    for number in range(400):  # each is refused: no descriptors come with it
        wanted = {"name": f"w-{number}" + "x" * 2000, "group": "w", "argv": ["true"], "env": {}}
        talk.send({"start": {**wanted, "folder": str(talk.folder), "log": "/x"}})
    talk.send({"stop": 5})
    until(lambda: state.load(talk.folder) is None)
    said = [talk.hear() for _ in range(401)]
    assert [each.get("refused", "")[:5] for each in said[:2]] == ["w-0xx", "w-1xx"]
    assert said[-1] == {"stopped": []}


def test_it_holds_the_lock_of_its_folder_until_everything_has_ended(talk):
    talk.begin(grace=2.0)
    talk.start(STUBBORN)
    links = [os.readlink(f"/proc/{talk.popen.pid}/fd/{each}") for each in os.listdir(f"/proc/{talk.popen.pid}/fd")]
    assert str(talk.folder / "lock") in links
    worker = psutil.Process(talk.popen.pid).children()[0]
    held = [os.readlink(f"/proc/{worker.pid}/fd/{each}") for each in os.listdir(f"/proc/{worker.pid}/fd")]
    assert str(talk.folder / "lock") not in held
