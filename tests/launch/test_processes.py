"""Real children: willing, stubborn, with children of their own."""

import os
import signal
import sys
import time

import psutil
import pytest

from dynamo_recipes.errors import Refused
from dynamo_recipes.launch import processes
from dynamo_recipes.launch.logs import Pump
from dynamo_recipes.plan.bind import Named, ProcessSpec, Secret

WILLING = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
# Ends on SIGTERM and leaves a child behind that does not.
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {STUBBORN!r}], stdout=subprocess.PIPE, text=True)
child.stdout.readline()
print("child", child.pid, flush=True)
child.wait()
"""


def spec(code, *env, name="worker-0"):
    return ProcessSpec(name, "worker", "decode", ((sys.executable,), ("-c",), (code,)), tuple(env), (), None)


@pytest.fixture
def launch(tmp_path):
    """Start code; returns the process when it has printed its first line."""
    (tmp_path / "logs").mkdir()
    pump = Pump(lambda *_: None)
    started = []

    def start(code, *env, secrets=None, name="worker-0"):
        process = processes.start(spec(code, *env, name=name), tmp_path, secrets or {}, pump)
        started.append(process)
        until = time.monotonic() + 30
        while not process.log.read_text() and not process.ended() and time.monotonic() < until:
            time.sleep(0.01)
        return process

    yield start
    for each in started:
        each.end()
    pump.close()


def stop(*processes_, within=30.0):
    ends, until = [], time.monotonic() + within
    processes.stop([list(processes_)], lambda: until, lambda each, status: ends.append((each.spec.name, status)))
    return ends


def test_the_willing_are_asked(launch):
    process = launch(WILLING)
    started = time.monotonic()
    assert stop(process) == [("worker-0", -signal.SIGTERM)]
    assert time.monotonic() - started < 5


def test_the_stubborn_are_killed_at_the_deadline(launch):
    process = launch(STUBBORN)
    started = time.monotonic()
    assert stop(process, within=0.5) == [("worker-0", -signal.SIGKILL)]
    assert 0.5 <= time.monotonic() - started < 5


def test_what_a_process_leaves_in_its_session_is_ended_too(launch):
    process = launch(PARENT)
    child = psutil.Process(int(process.log.read_text().split()[1]))
    stop(process)
    _, alive = psutil.wait_procs([child], timeout=10)
    assert not alive


def test_a_dead_process_keeps_its_number_until_it_is_reaped(launch):
    process = launch("raise SystemExit(3)")
    until = time.monotonic() + 10
    while not process.ended() and time.monotonic() < until:
        time.sleep(0.01)
    assert process.ended()
    assert psutil.Process(process.popen.pid).status() == psutil.STATUS_ZOMBIE
    assert process.end() == 3
    assert process.ended()
    process.send(signal.SIGKILL)  # must not reach a stranger: nothing is signalled once it is reaped


def test_groups_are_stopped_one_after_the_other(launch):
    first, last = launch(WILLING, name="worker-0"), launch(WILLING, name="frontend-0")
    ends, until = [], time.monotonic() + 30
    processes.stop([[first], [last]], lambda: until, lambda each, _: ends.append(each.spec.name))
    assert ends == ["worker-0", "frontend-0"]


def test_the_environment_is_the_callers_without_what_would_change_the_graph(monkeypatch):
    monkeypatch.setenv("DYN_SYSTEM_PORT", "1")
    monkeypatch.setenv("NATS_SERVER", "elsewhere")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("MINE", "kept")
    env = processes.environment(spec(WILLING, ("DYN_FILE_KV", (Named("RUN_DIR", "/run"), "/store"))), {})
    assert env["MINE"] == "kept"
    assert env["DYN_FILE_KV"] == "/run/store"
    assert not {"DYN_SYSTEM_PORT", "NATS_SERVER", "PYTHONPATH"} & set(env)


def test_secrets_are_looked_up_once_and_all_missing_ones_are_named(monkeypatch):
    one, two = (Secret("hub", "HUB_VALUE"),), (Secret("other", "OTHER_VALUE"),)
    both = spec(WILLING, ("HUB_VALUE", one), ("OTHER_VALUE", two))
    assert [each.code for each in processes.missing_secrets([both])] == ["DR606", "DR606"]
    monkeypatch.setenv("HUB_VALUE", "a")
    monkeypatch.setenv("OTHER_VALUE", "b")
    assert processes.missing_secrets([both]) == ()
    secrets = processes.look_up([both])
    assert secrets == {"HUB_VALUE": "a", "OTHER_VALUE": "b"}
    assert processes.environment(both, secrets)["OTHER_VALUE"] == "b"


@pytest.mark.parametrize("value", ["a b", 'it\'s "q"', "$(id) `id`", "a\nb\n", "grün ✓", "-x", "", "\\", "x" * 100_000])
def test_values_reach_a_process_byte_for_byte(launch, value):
    code = "import os, sys; sys.stdout.buffer.write(os.environb[b'V'] + b'|' + os.fsencode(sys.argv[1])); print('!')"
    argv = ((sys.executable,), ("-c",), (code,), (value,))
    process = launch(code)  # warm: the fixture's folder and pump
    odd = ProcessSpec("odd-0", "worker", "decode", argv, (("V", (value,)),), (), None)
    pump = Pump(lambda *_: None)
    child = processes.start(odd, process.log.parent.parent, {}, pump)
    assert child.popen.wait(30) == 0
    pump.close()
    assert child.log.read_bytes() == value.encode() + b"|" + value.encode() + b"!\n"


def test_a_program_that_is_not_there_is_a_finding(tmp_path):
    (tmp_path / "logs").mkdir()
    pump = Pump(lambda *_: None)
    missing = ProcessSpec("w-0", "w", "decode", (("/no/such/program",),), (), (), None)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(Refused) as refused:
        processes.start(missing, tmp_path, {}, pump)
    assert refused.value.findings[0].code == "DR609"
    assert len(os.listdir("/proc/self/fd")) == before, "no pipe is left open"
    pump.close()


def test_one_secret_under_two_variables_has_each_variables_value(monkeypatch):
    same = spec(WILLING, ("A_VALUE", (Secret("s", "A_VALUE"),)), ("B_VALUE", (Secret("s", "B_VALUE"),)))
    monkeypatch.setenv("A_VALUE", "a")
    monkeypatch.setenv("B_VALUE", "b")
    env = processes.environment(same, processes.look_up([same]))
    assert (env["A_VALUE"], env["B_VALUE"]) == ("a", "b")


@pytest.mark.parametrize("given", [None, "", "relative"])
def test_a_process_always_has_a_home(monkeypatch, given):
    monkeypatch.delenv("HOME")
    if given is not None:
        monkeypatch.setenv("HOME", given)
    assert processes.environment(spec(WILLING), {})["HOME"].startswith("/")


def test_a_log_that_cannot_be_opened_leaves_no_process(tmp_path):
    pump = Pump(lambda *_: None)  # the folder has no logs/
    before = set(psutil.Process().children())
    with pytest.raises(Refused) as refused:
        processes.start(spec(WILLING), tmp_path, {}, pump)
    assert refused.value.findings[0].code == "DR608"
    assert set(psutil.Process().children()) == before
    pump.close()
