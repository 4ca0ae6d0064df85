"""Real children of a real guard: willing, stubborn, with children of their own; and what happens when it dies."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from dynamo_recipes.errors import ComponentFailed, Refused
from dynamo_recipes.launch import guarded as module
from dynamo_recipes.launch import procfs, state
from dynamo_recipes.launch.folders import RunFolder
from dynamo_recipes.launch.guarded import guarded
from dynamo_recipes.launch.logs import Pump
from dynamo_recipes.launch.subreaper import adopt_orphans
from dynamo_recipes.plan.bind import ProcessSpec, Secret

WILLING = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
SLOW = """
import os, signal, time
signal.signal(15, lambda *_: (time.sleep(1.5), os._exit(7)))
print('up', flush=True)
time.sleep(600)
"""
# Ends on SIGTERM and leaves a child behind that does not: in its session, or in one of the child's own.
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {STUBBORN!r}], stdout=subprocess.PIPE, text=True, **HOW)
child.stdout.readline()
print(child.pid, flush=True)
child.wait()
"""


def spec(*words, env=(), name="worker-0", component="worker"):
    return ProcessSpec(name, component, "decode", tuple((each,) for each in words), tuple(env), (), None)


def until(what, within=20.0):
    end = time.monotonic() + within
    while not what():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


class Graph:
    """A guard, and the few words that a test needs to work with it."""

    def __init__(self, run, pump, folder):
        self.run, self.pump, self.folder = run, pump, folder
        self.guard = psutil.Process(run._guard.pid)

    def start(self, *words, secrets=None, **how):
        return self.run.start(spec(*words, **how), secrets or {}, self.pump)

    def python(self, code, **how):
        """Start code; returns when it has printed its first line."""
        process = self.start(sys.executable, "-S", "-c", code, **how)
        until(lambda: "\n" in process.log.read_text() or self.hear(process).status is not None)
        return process

    def hear(self, process):
        self.run.hear()
        return process

    def ended(self, process):
        """Wait for a process's end and return its status."""
        until(lambda: self.hear(process).status is not None)
        return process.status

    def stop(self, seconds=30.0):
        """Stop all and return the names in the order of their ends, and how long it took."""
        begun, order = time.monotonic(), []
        self.run.stop(seconds)
        while not self.run.stopped:
            self.run.go_on(0.02)
            heard = list(self.run._ends)  # several ends can be heard at once
            new = [each.name for each in self.run.processes if each.status is not None and each.name not in order]
            order += sorted(new, key=lambda name: heard.index(name) if name in heard else -1)
            assert time.monotonic() < begun + 60, "it never stopped"
        return order, time.monotonic() - begun


@contextmanager
def graph_in(folder, grace=5.0):
    (folder / "logs").mkdir(parents=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    pump = Pump(lambda *_: None)
    try:
        with guarded(RunFolder(folder, lock), grace) as run:
            graph = Graph(run, pump, folder)
            yield graph
            family = [*graph.guard.children(recursive=True)] if graph.guard.is_running() else []
            if not run.stopped:
                graph.stop(0.2)
            assert not psutil.wait_procs(family, timeout=10)[1]
            assert run.left == ()
    finally:
        pump.close()
        os.close(lock)
    assert not (folder / state.FILE).exists()


@pytest.fixture
def graph(tmp_path):
    with graph_in(tmp_path / "toy") as made:
        yield made


# --- Stopping -----------------------------------------------------------------------------------------------------


def test_the_willing_are_asked(graph):
    process = graph.python(WILLING)
    order, took = graph.stop()
    assert (order, process.status) == (["worker-0"], -signal.SIGTERM)
    assert took < 5


def test_the_stubborn_are_killed_at_the_deadline(graph):
    process = graph.python(STUBBORN)
    _, took = graph.stop(0.7)
    assert process.status == -signal.SIGKILL
    assert 0.7 <= took < 5


def test_a_deadline_can_come_nearer(graph):
    process = graph.python(STUBBORN)
    graph.run.stop(600)
    graph.run.hurry(0.3)
    _, took = graph.stop(600)
    assert process.status == -signal.SIGKILL
    assert took < 5


@pytest.mark.parametrize("how", ["{}", "{'start_new_session': True}"])
def test_what_a_process_leaves_is_ended_too(graph, how):
    process = graph.python(PARENT.replace("HOW", how))
    child = psutil.Process(int(process.log.read_text()))
    graph.stop()
    assert process.status == -signal.SIGTERM
    assert not child.is_running()


def test_groups_are_stopped_one_after_the_other(graph):
    graph.python(WILLING, name="frontend-0", component="frontend")
    graph.python(SLOW, name="slow-0", component="slow")
    graph.python(WILLING, name="worker-0")
    order, took = graph.stop()
    assert order == ["worker-0", "slow-0", "frontend-0"]
    assert 1.5 <= took < 10


def test_a_run_in_which_nothing_was_started_stops_at_once(graph):
    order, took = graph.stop()
    assert order == []
    assert took < 2


def test_a_run_that_is_left_before_it_started_anything_leaves_no_guard(tmp_path):
    (tmp_path / "toy").mkdir()
    with open(tmp_path / "lock", "w") as lock, guarded(RunFolder(tmp_path / "toy", lock.fileno()), 5.0) as run:
        guard = psutil.Process(run._guard.pid)
        until((tmp_path / "toy" / state.FILE).exists)
    assert not guard.is_running()
    assert not (tmp_path / "toy" / state.FILE).exists()
    assert (tmp_path / "toy" / "guard.log").read_text() == ""


@pytest.mark.parametrize(
    ("code", "status"), [("raise SystemExit(3)", 3), ("", 0), ("import os; os.kill(os.getpid(), 9)", -9)]
)
def test_an_end_is_heard_with_its_status(graph, code, status):
    process = graph.start(sys.executable, "-S", "-c", code)
    assert graph.ended(process) == status
    assert not psutil.pid_exists(process.pid), "it was waited for"


def test_an_end_that_is_told_together_with_the_start_is_heard(graph, monkeypatch):
    def late(_):
        until(lambda: b'"ended"' in peeked())

    def peeked():
        with suppress(BlockingIOError):
            return graph.run._channel._end.recv(1 << 16, socket.MSG_PEEK)
        return b""

    with monkeypatch.context() as patched:
        patched.setattr(graph.run, "wait", late)
        assert graph.start("false").status == 1


# --- What a process is given ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["a b", 'it\'s "q"', "$(id) `id`", "a\nb\n", "grün ✓", "-x", "", "\\", "x" * 100_000])
def test_values_reach_a_process_byte_for_byte(graph, value):
    code = "import os, sys; sys.stdout.buffer.write(os.environb[b'V'] + b'|' + os.fsencode(sys.argv[1])); print('!')"
    process = graph.start(sys.executable, "-S", "-c", code, value, env=[("V", (value,))])
    assert graph.ended(process) == 0
    until(lambda: process.log.read_bytes() == value.encode() + b"|" + value.encode() + b"!\n")


def test_far_more_than_a_socket_holds_reaches_a_process(graph):
    code = (
        "import os, sys; print(sum(map(len, sys.argv[1:])), sum(len(v) for k, v in os.environ.items() if 'LARGE' in k))"
    )
    words, env = ["x" * 100_000] * 3, [(f"LARGE_{number}", ("é" * 20_000,)) for number in range(20)]
    process = graph.start(sys.executable, "-S", "-c", code, *words, env=env)
    assert graph.ended(process) == 0
    until(lambda: process.log.read_text() == "300000 400000\n")


def test_what_is_no_text_in_the_callers_environment_reaches_a_process(graph, monkeypatch):
    monkeypatch.setitem(os.environb, b"ODD", b"\xff\xfe caf\xe9")
    process = graph.python("import os; print(os.environb[b'ODD'])")
    until(lambda: process.log.read_text() == repr(b"\xff\xfe caf\xe9") + "\n")


def test_a_process_has_a_session_of_its_own_default_signals_and_no_other_descriptors(graph):
    first = graph.start("sleep", "600", name="first-0")
    process = graph.start("sleep", "600")
    for each in (first, process):
        until(lambda each=each: psutil.Process(each.pid).name() == "sleep")
        # For a moment after it has its name it still opens libraries.
        until(lambda each=each: sorted(os.listdir(f"/proc/{each.pid}/fd")) == ["0", "1", "2"])
        assert os.readlink(f"/proc/{each.pid}/fd/0") == os.devnull
        assert os.getsid(each.pid) == os.getpgid(each.pid) == each.pid
        status = dict(line.split(":\t") for line in Path(f"/proc/{each.pid}/status").read_text().splitlines())
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE):
            assert not int(status["SigIgn"], 16) >> (number - 1) & 1, number
        assert int(status["SigBlk"], 16) == 0
        assert psutil.Process(each.pid).ppid() == graph.guard.pid
        assert psutil.Process(each.pid).cwd() == str(graph.folder)


def test_every_process_has_the_same_marker_and_no_other_run_has_it(graph, tmp_path):
    started = [graph.python(WILLING, name=name) for name in ("a-0", "b-0")]
    entry = state.load(graph.folder).marker.encode()
    assert all(procfs.environment_has(each.pid, entry) for each in started)
    with graph_in(tmp_path / "other" / "toy") as other:
        assert not procfs.environment_has(other.python(WILLING).pid, entry)


def test_secrets_are_in_no_command_line_and_no_note(graph):
    value = (Secret("hub", "HUB_TOKEN"),)
    process = graph.python(WILLING, env=[("HUB_TOKEN", value)], secrets={value[0]: "a-very-secret-value"})
    assert procfs.environment_has(process.pid, b"HUB_TOKEN=a-very-secret-value")
    until(lambda: state.load(graph.folder).seen)
    shown = [*map(Path.read_text, (graph.folder / state.FILE, graph.folder / "guard.log"))]
    shown += [" ".join(psutil.Process(each).cmdline()) for each in (graph.guard.pid, process.pid)]
    assert not any("a-very-secret-value" in each for each in shown)


def test_the_guard_has_nothing_of_its_callers_environment_but_what_it_needs(tmp_path, monkeypatch):
    monkeypatch.setenv("HUB_TOKEN", "a-very-secret-value")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with graph_in(tmp_path / "toy") as graph:
        environment = graph.guard.environ()
    assert environment["LC_ALL"] == "C.UTF-8"
    assert not {"HUB_TOKEN", "HOME", "PATH"} & set(environment)


@pytest.mark.parametrize("before", [True, False])
def test_a_caller_that_adopts_orphans_goes_on_adopting_them_and_no_other_does(tmp_path, before):
    adopt_orphans(before)
    try:
        with graph_in(tmp_path / "toy"):
            assert adopts_orphans()
        assert adopts_orphans() is before
    finally:
        adopt_orphans(False)


def adopts_orphans():
    """Tell whether this process becomes the parent of an orphan below it."""
    code = "import os, time; os.fork() and os._exit(0); print(os.getpid(), flush=True); time.sleep(600)"
    middle = subprocess.Popen([sys.executable, "-S", "-c", code], stdout=subprocess.PIPE, text=True)
    with middle:
        orphan = int(middle.stdout.readline())
        middle.wait()
        parent = psutil.Process(orphan).ppid()
        os.kill(orphan, signal.SIGKILL)
    if parent == os.getpid():
        os.waitpid(orphan, 0)
    return parent == os.getpid()


# --- What cannot be started ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["/no/such/program"], "No such file or directory"),
        (["/etc/passwd"], "Permission denied"),
        (["true", "x" * 200_000], "Argument list too long"),
        (["true", "a\0b"], "embedded null byte"),
    ],
)
def test_what_cannot_be_started_is_a_finding_and_the_next_can(graph, words, reason):
    graph.python(WILLING, name="first-0")
    before = [len(os.listdir(f"/proc/{pid}/fd")) for pid in (os.getpid(), graph.guard.pid)]
    with pytest.raises(Refused) as refused:
        graph.start(*words)
    (found,) = refused.value.findings
    assert (found.code, found.message) == ("DR609", f"worker-0 cannot be started: {reason}.")
    until(lambda: [len(os.listdir(f"/proc/{pid}/fd")) for pid in (os.getpid(), graph.guard.pid)] == before)
    assert graph.python(WILLING, name="next-0").status is None
    assert [each.name for each in graph.run.processes] == ["first-0", "next-0"]


def test_a_run_that_cannot_be_written_down_starts_nothing(tmp_path):
    (tmp_path / "toy" / f".{state.FILE}").mkdir(parents=True)
    with graph_in(tmp_path / "toy") as graph:
        with pytest.raises(Refused) as refused:
            graph.start("sleep", "600")
        (found,) = refused.value.findings
        assert (found.code, found.message) == ("DR608", f"{graph.folder} cannot be written: Is a directory.")
        assert graph.guard.children() == []


def test_a_log_that_cannot_be_opened_leaves_no_process(graph):
    (graph.folder / "logs").rmdir()
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(Refused) as refused:
        graph.start("sleep", "600")
    assert refused.value.findings[0].code == "DR608"
    assert graph.guard.children() == []
    assert len(os.listdir("/proc/self/fd")) == before, "no pipe is left open"


def kill_guard(graph):
    graph.guard.kill()
    until(lambda: graph.run.hear() or graph.run.gone)


def first_refusal(graph):
    """Start processes until one is refused, and return why."""
    try:
        for number in range(1000):
            graph.start("sleep", "600", name=f"worker-{number}")
    except Refused as refused:
        return refused.findings[0]
    raise AssertionError("none was refused")


def test_without_free_descriptors_a_start_is_refused_and_the_rest_can_be_stopped(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = max(map(int, os.listdir("/proc/self/fd"))) + 40
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (few, before[1]))
        with graph_in(tmp_path / "toy") as graph:
            found = first_refusal(graph)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert "Too many open files" in found.message
    assert found.code in ("DR608", "DR609"), "by what it was that could not be opened"


def test_a_guard_without_free_descriptors_refuses_a_start_and_stops_the_rest(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with graph_in(tmp_path / "toy") as graph:
        used = max(map(int, os.listdir(f"/proc/{graph.guard.pid}/fd")))
        resource.prlimit(graph.guard.pid, resource.RLIMIT_NOFILE, (used + 20, before[1]))
        found = first_refusal(graph)
        assert "Too many open files" in found.message
        assert len(graph.run.processes) > 5
        assert not graph.run.gone


# --- Many ----------------------------------------------------------------------------------------------------------


def test_hundreds_of_processes_are_started_noted_and_stopped(graph):
    begun = time.monotonic()
    started = [graph.start("sleep", "600", name=f"worker-{number}") for number in range(300)]
    until(lambda: {(each.pid, each.started) for each in started} <= set(state.load(graph.folder).seen))
    assert len(state.load(graph.folder).pipes) == 300
    order, took = graph.stop()
    assert len(order) == 300
    assert all(each.status == -signal.SIGTERM for each in started)
    assert took < 20
    assert time.monotonic() - begun < 60


# --- The guard dies ------------------------------------------------------------------------------------------------


def test_when_the_guard_dies_its_processes_live_until_they_are_stopped(graph):
    process, stubborn = graph.python(WILLING), graph.python(STUBBORN, name="worker-1")
    parent = graph.python(PARENT.replace("HOW", "{'start_new_session': True}"), name="worker-2")
    child = psutil.Process(int(parent.log.read_text()))
    until(lambda: child.pid in dict(state.load(graph.folder).seen))
    assert not graph.run.gone
    kill_guard(graph)
    assert psutil.Process(process.pid).ppid() == os.getpid(), "its command has taken its place"
    assert process.status is None
    graph.stop(1.0)
    assert (process.status, stubborn.status, parent.status) == (-signal.SIGTERM, -signal.SIGKILL, -signal.SIGTERM)
    assert not child.is_running()


@pytest.mark.parametrize("notes", ["damaged", "gone"])
def test_without_the_guards_notes_its_command_ends_the_run_by_what_it_knows(graph, notes):
    process, parent = graph.python(WILLING), graph.python(PARENT.replace("HOW", "{}"), name="worker-1")
    child = psutil.Process(int(parent.log.read_text()))
    kill_guard(graph)
    (graph.folder / state.FILE).write_text("{")
    if notes == "gone":
        state.forget(graph.folder)
    graph.stop()
    assert (process.status, parent.status) == (-signal.SIGTERM, -signal.SIGTERM)
    assert not child.is_running()


def test_a_process_that_is_not_in_the_guards_notes_yet_is_known_to_its_command(graph):
    process = graph.python(STUBBORN)
    kill_guard(graph)
    none = state.load(graph.folder)._replace(seen=(), pipes=(), marker=f"{state.MARKER}=toy@{'0' * 16}")
    state.save(graph.folder, none)
    graph.stop(0.5)
    assert process.status == -signal.SIGKILL


def test_a_guard_that_dies_while_it_stops_is_replaced_and_the_deadline_holds(graph):
    slow, stubborn = graph.python(SLOW, name="slow-0"), graph.python(STUBBORN)
    asked = time.monotonic()
    graph.run.stop(3.0)
    graph.guard.kill()
    graph.stop(3.0)
    assert (slow.status, stubborn.status) == (7, -signal.SIGKILL)
    assert 3.0 <= time.monotonic() - asked < 8


def test_a_guard_that_dies_before_a_start_is_told_as_that(graph):
    graph.guard.kill()
    with pytest.raises(ComponentFailed) as failed:
        graph.start("sleep", "600")
    assert failed.value.findings[0].code == "DR654"
    assert graph.run.processes == []


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_a_guard_that_hangs_is_ended_whatever_it_is_told(tmp_path, monkeypatch, size):
    """A message that is larger than the socket's buffer must not make its sender hang too."""
    monkeypatch.setattr(module, "_REPLY", 2.0)
    with graph_in(tmp_path / "toy") as graph:
        first = graph.python(WILLING, name="first-0")
        graph.guard.suspend()
        begun = time.monotonic()
        with pytest.raises(ComponentFailed) as failed:
            graph.start("sleep", "600", env=[("LARGE", ("x" * size,))])
        assert failed.value.findings[0].code == "DR654"
        assert 1.9 < time.monotonic() - begun < 15
        assert not graph.guard.is_running()
        graph.stop()
        assert first.status == -signal.SIGTERM


def test_a_guard_that_hangs_while_stopping_is_ended_after_the_deadline(graph, monkeypatch):
    monkeypatch.setattr(module, "_AFTER_DEADLINE", 0.5)
    process = graph.python(WILLING)
    graph.guard.suspend()
    _, took = graph.stop(0.5)
    assert process.status in (-signal.SIGTERM, -signal.SIGKILL)
    assert 1.0 <= took < 10
