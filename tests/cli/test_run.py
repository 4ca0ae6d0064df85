"""`run` and `smoke` as whole commands, on toy processes: what they say, their status, and that nothing is left."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest
from launching import Command, endpoint, left, recipe, run_folder
from toy_dynamo import dumped, make_environment

from tools.outside import free_port

QUICK = "ready: {timeout: 30s}\nstop: {grace: 5s}\n"


@pytest.fixture
def start(tmp_path):
    """Start a verb on a toy environment; whatever is left at the end of a test is killed."""
    commands = []

    def begin(verb, text=QUICK, frontend="serve", worker="willing", port=0, **env):
        folder = tmp_path / f"{frontend}-{worker}"
        toy = str(folder) if folder.exists() else make_environment(folder, frontend, worker)
        command = Command(verb, recipe(tmp_path, text, port=port), "--environment", toy, **env)
        commands.append(command)
        return command

    yield begin
    for each in commands:
        if each.process.poll() is None:
            for child in each.children():
                child.kill()
            each.process.kill()
            each.process.wait()


def test_run_shows_the_graph_coming_up_and_serves(start):
    command = start("run")
    command.wait_for("stop      Ctrl-C")
    text = command.text()
    for words in (
        "frontend-0      started, pid",
        "aggregated-0    started, pid",
        "the model toy is listed",
        "ready after",
    ):
        assert words in text
    with urllib.request.urlopen(f"{endpoint(command)}/models", timeout=10) as reply:
        assert json.load(reply)["data"][0]["id"] == "toy"
    assert "try       curl" in text
    assert any(line.startswith("frontend-0    | ") for line in command.err)
    command.send(signal.SIGINT)
    assert command.status() == 130
    assert command.out[0].startswith("ready after"), "standard output has the result alone"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("moment", ["aggregated-0    started", "stop      Ctrl-C"])
def test_a_signal_ends_everything_within_ten_seconds_and_the_recipe_runs_again(start, number, moment):
    port = free_port()
    command = start("run", port=port)
    command.wait_for(moment)
    children = command.children()
    assert children
    asked = time.monotonic()
    command.send(number)
    assert command.status() == 128 + number
    assert time.monotonic() - asked < 10
    assert not left(children)
    again = start("run", port=port)
    again.wait_for("stop      Ctrl-C")
    again.send(signal.SIGINT)
    assert again.status() == 130


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_interpreters_last_moments_changes_no_status(number):
    code = f"""
import os, sys
from dynamo_recipes.app.run import keep_status
class Last:
    def __del__(self, kill=os.kill, me=os.getpid()):
        kill(me, {int(number)})
        os.write(1, b"asked")
last = Last()
if sys.argv[1:]:
    keep_status()
sys.exit(130)
"""
    kept = subprocess.run([sys.executable, "-c", code, "keep"], stdout=subprocess.PIPE, timeout=60)
    assert (kept.returncode, kept.stdout) == (130, b"asked")
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, timeout=60).returncode == -number


def test_a_second_ctrl_c_leaves_five_seconds(start):
    command = start("run", "ready: {timeout: 30s}\nstop: {grace: 100s}\n", worker="stubborn")
    command.wait_for("stop      Ctrl-C")
    children = command.children()
    command.send(signal.SIGINT)
    command.wait_for("stopping")
    asked = time.monotonic()
    command.send(signal.SIGINT)
    assert command.status() == 130
    assert time.monotonic() - asked < 10
    assert not left(children)


def test_the_stubborn_are_killed_when_the_grace_is_over(start):
    command = start("run", "ready: {timeout: 30s}\nstop: {grace: 1s}\n", worker="stubborn")
    command.wait_for("stop      Ctrl-C")
    children = command.children()
    asked = time.monotonic()
    command.send(signal.SIGINT)
    assert command.status() == 130
    assert time.monotonic() - asked < 1 + 5
    assert not left(children)
    assert "aggregated-0    stopped, signal 9" in command.text()


def test_children_of_a_worker_are_ended_with_it(start):
    command = start("run", worker="parent")
    command.wait_for("stop      Ctrl-C")
    children = command.children()
    assert len(children) >= 4
    command.send(signal.SIGINT)
    assert command.status() == 130
    assert not left(children)


@pytest.mark.parametrize(
    ("toys", "text", "status", "words"),
    [
        ({"worker": "dies"}, QUICK, 1, ["DR651 aggregated-0 ended on its own, exit status 3", "told to die", "logs/"]),
        ({"frontend": "dies"}, QUICK, 1, ["DR651 frontend-0 ended on its own, exit status 3"]),
        ({"frontend": "dies-later"}, QUICK, 1, ["DR651 frontend-0 ended on its own, exit status 7"]),
        ({"worker": "mute"}, "ready: {timeout: 1s}\n", 5, ["DR652", "0 of 1 instances of backend.generate"]),
        ({"frontend": "empty"}, "ready: {timeout: 1s}\n", 5, ["DR652", "does not list the model toy", "ready.timeout"]),
        ({"frontend": "silent"}, "ready: {timeout: 1s}\n", 5, ["DR652"]),
        ({"frontend": "deaf"}, "ready: {timeout: 1s}\n", 5, ["DR652"]),
        ({"frontend": "refuses"}, "ready: {timeout: 1s}\n", 5, ["DR652", "HTTP 503"]),
    ],
)
def test_what_goes_wrong_while_starting_is_told_and_leaves_nothing(start, toys, text, status, words):
    command = start("run", text, **toys)
    command.wait_for("started, pid")
    children = command.children()
    assert command.status() == status
    assert not left(children)
    for each in words:
        assert each in command.text()
    assert "Traceback" not in command.text()


def test_a_worker_that_dies_while_serving_ends_the_run(start):
    command = start("run")
    command.wait_for("stop      Ctrl-C")
    pid = next(each["pid"] for name, each in dumped(run_folder()).items() if name != "frontend")
    children = command.children()
    next(each for each in children if each.pid == pid).kill()
    assert command.status() == 1
    assert "DR651 aggregated-0 ended on its own, signal 9" in command.text()
    assert not left(children)


def test_a_death_is_seen_while_a_question_hangs(start):
    command = start("run", "ready: {timeout: 5m}\n", frontend="deaf")
    command.wait_for("aggregated-0    started")
    children = command.children()
    asked = time.monotonic()
    children[-1].kill()
    assert command.status() == 1
    assert "DR651 aggregated-0 ended on its own, signal 9" in command.text()
    assert time.monotonic() - asked < 20
    assert not left(children)


def test_a_busy_port_and_a_busy_name_are_refused(start):
    port = free_port()
    first = start("run", port=port)
    first.wait_for("stop      Ctrl-C")
    second = start("run", QUICK + "name: other\n", port=port)
    assert second.status() == 4
    assert f"DR601 Port {port} on 127.0.0.1 is in use." in second.text()
    third = start("run", port=0)
    assert third.status() == 4
    assert f"DR605 A run named `toy` is active (process {first.process.pid})." in third.text()
    first.send(signal.SIGINT)
    assert first.status() == 130


def test_a_run_that_was_killed_outright_is_waited_for_by_the_next_of_its_name(start):
    first = start("run", worker="stubborn")
    first.wait_for("stop      Ctrl-C")
    children = first.children()
    first.send(signal.SIGKILL)
    assert first.status() == -signal.SIGKILL
    second = start("run", "ready: {timeout: 30s}\nstop: {grace: 1s}\n", worker="stubborn")
    second.wait_for("stop      Ctrl-C")
    assert "an earlier run named toy is being ended: waiting for it" in second.text()
    assert "was killed and left" not in second.text(), "its guard has ended it"
    assert not left(children)
    second.send(signal.SIGINT)
    assert second.status() == 130


def test_smoke_asks_and_prints_the_answer(start):
    command = start("smoke")
    assert command.status() == 0
    assert command.out == [
        "ok models: /v1/models lists toy",
        "ok chat: A toy answer.",
        "ok stream: A toy answer.",
    ]


@pytest.mark.parametrize("frontend", ["no-text", "garbage", "miscounts", "no-done"])
def test_smoke_fails_on_a_wrong_answer(start, frontend):
    command = start("smoke", frontend=frontend)
    assert command.status() == 1
    assert "DR653" in command.text()


def test_prefill_and_decode_start_in_order_and_stop_workers_first(start):
    workers = "workers: {prefill: {replicas: 2}, decode: {}}\n"
    command = start("smoke", QUICK + workers)
    assert command.status() == 0
    started = [line.split()[0] for line in command.err if "started, pid" in line]
    assert started == ["frontend-0", "prefill-0", "prefill-1", "decode-0"]
    assert [line.split()[0] for line in command.err if " stopped, " in line][-1] == "frontend-0"


def test_values_reach_a_worker_byte_for_byte_and_secrets_are_shown_nowhere(start):
    odd = "a b 'c' \"d\" $(id) `id` $HOME\nnext\tgrün ✓ \\ }"
    text = QUICK + "env: " + json.dumps({"ODD": odd, "HUB_TOKEN": {"secret": "hub"}}) + "\n"
    text += (
        "workers: {aggregated: {args: "
        + json.dumps({"reasoning": odd, "endpoint": "-x", "raw": ["--raw", odd]})
        + "}}\n"
    )
    command = start("run", text, HUB_TOKEN="a-very-secret-value")
    command.wait_for("stop      Ctrl-C")
    (worker,) = (each for name, each in dumped(run_folder()).items() if name != "frontend")
    command.send(signal.SIGINT)
    assert command.status() == 130
    assert worker["env"]["ODD"] == odd
    assert worker["env"]["HUB_TOKEN"] == "a-very-secret-value"
    argv = worker["argv"]
    assert argv[argv.index("--reasoning") + 1] == odd
    assert "--endpoint=-x" in argv
    assert argv[-2:] == ["--raw", odd]
    assert "a-very-secret-value" not in command.text()


def test_a_dry_run_starts_nothing(tmp_path):
    command = Command("run", recipe(tmp_path), "--dry-run")
    assert command.status() == 0
    assert "Processes, in starting order" in command.text()
    assert not run_folder().exists()


def test_a_reader_that_goes_away_leaves_nothing_running(tmp_path):
    toy = make_environment(tmp_path / "toy")
    words = [sys.executable, "-c", "from dynamo_recipes.__main__ import main; main()", "run", recipe(tmp_path, QUICK)]
    read, write = os.pipe()
    command = subprocess.Popen([*words, "--environment", toy], stdout=write, stderr=write)
    os.close(write)
    with os.fdopen(read) as output:
        output.readline()
        children = psutil.Process(command.pid).children(recursive=True)
    command.wait(30)  # it cannot say that it is ready, and stops
    assert command.returncode != 0
    assert not left(children)


def test_smoke_tells_a_death_rather_than_the_answer_that_it_spoiled(start):
    command = start("smoke", frontend="dies-after-ready")
    assert command.status() == 1
    assert "DR651 frontend-0 ended on its own, exit status 7" in command.text()


def test_a_run_whose_output_nobody_reads_can_be_stopped(tmp_path):
    toy = make_environment(tmp_path / "toy")
    words = [sys.executable, "-c", "from dynamo_recipes.__main__ import main; main()", "run", recipe(tmp_path, QUICK)]
    read, write = os.pipe()
    os.set_blocking(write, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(write, b"x" * 4096)  # the pipe is full from the first line on
    os.set_blocking(write, True)
    command = subprocess.Popen([*words, "--environment", toy], stdout=write, stderr=write)
    os.close(write)
    until = time.monotonic() + 30
    while len(children := psutil.Process(command.pid).children(recursive=True)) < 3 and time.monotonic() < until:
        time.sleep(0.02)
    assert len(children) == 3, "the guard and two processes of the graph"
    command.send_signal(signal.SIGTERM)
    command.wait(20)
    os.close(read)
    assert not left(children)
