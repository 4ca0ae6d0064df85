"""The real Dynamo: frontend and mocker, installed by the tool itself, serving the recipes of this repository."""

import json
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import psutil
import pytest
from launching import Command, endpoint, left

from dynamo_recipes.app import preparing
from dynamo_recipes.app.planning import planned
from dynamo_recipes.launch import environments
from dynamo_recipes.launch.signals import Signals
from tools.outside import free_port, is_free

ROOT = Path(__file__).parent.parent
QUICKSTART = str(ROOT / "recipes" / "quickstart.yaml")

SPLIT = """
schema: 1
name: real-split
model: {packaged: tiny}
dynamo: "VERSION"
engine: {name: mocker, args: {speedup-ratio: 1000}}
frontend: {port: 0, router: MODE}
workers: {prefill: {}, decode: {parallel: {data: 2}, max_requests: 8}}
kv: {block_size: 16}
ready: {timeout: 2m}
stop: {grace: 15s}
"""


@pytest.fixture
def command():
    """Start the whole command; what a failed test leaves running is stopped."""
    commands = []

    def start(*words):
        commands.append(Command(*words))
        return commands[-1]

    yield start
    for each in commands:
        if each.process.poll() is None:
            each.send(signal.SIGTERM)
            each.status()


def ask(url, body):
    request = urllib.request.Request(
        f"{url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


@pytest.mark.dynamo
@pytest.mark.usefixtures("default_port")
def test_the_quick_start_serves_and_stops(command):
    run = command("run", QUICKSTART)
    run.wait_for("stop      Ctrl-C")
    children = run.children()
    body = {"model": "tiny", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8}
    answer = ask(endpoint(run), body)
    assert answer["choices"][0]["message"]["content"].strip()
    assert answer["usage"]["completion_tokens"] == 8
    stopped = time.monotonic()
    run.send(signal.SIGINT)
    assert run.status() == 130
    assert time.monotonic() - stopped < 10
    assert not left(children)
    assert is_free(8000)
    assert "stopped, exit status 0" in run.text()


@pytest.mark.dynamo
@pytest.mark.usefixtures("default_port")
def test_ctrl_c_while_starting_leaves_nothing_and_the_recipe_runs_again(command):
    run = command("run", QUICKSTART)
    run.wait_for("aggregated-0    started")
    children = run.children()
    run.send(signal.SIGINT)
    assert run.status() == 130
    assert not left(children)
    again = command("smoke", QUICKSTART)
    assert again.status() == 0, again.text()
    assert [line.split(":")[0] for line in again.out] == ["ok models", "ok chat", "ok stream"]


@pytest.mark.dynamo
@pytest.mark.usefixtures("default_port")
def test_a_running_graph_listens_on_loopback_where_dynamo_lets_one_choose(command):
    run = command("run", QUICKSTART)
    run.wait_for("stop      Ctrl-C")
    listening = {
        (each.laddr.ip, each.laddr.port)
        for child in run.children()
        for each in psutil.Process(child.pid).net_connections("inet")
        if each.status == psutil.CONN_LISTEN
    }
    run.send(signal.SIGINT)
    run.status()
    ports = {port for _, port in listening}
    named = {8000, int(run.text().partition("system port ")[2].split()[0])}
    assert named <= ports
    assert {ip for ip, port in listening if port in named} == {"127.0.0.1"}


@pytest.mark.dynamo
def test_a_flag_that_the_mocker_does_not_know_is_told_with_its_own_words(command, tmp_path):
    path = tmp_path / "wrong.yaml"
    text = (
        SPLIT.replace("VERSION", "1.4.2")
        .replace("MODE", "kv")
        .replace("speedup-ratio: 1000", "raw: [--no-such-flag, x]")
    )
    path.write_text(text)
    run = command("run", "-q", str(path))
    assert run.status() == 1
    assert "unrecognized arguments: --no-such-flag x" in run.text()


@pytest.mark.dynamo
@pytest.mark.parametrize("mode", ["kv", "{mode: kv, events: predicted}", "round_robin"])
def test_prefill_and_decode_answer(command, tmp_path, mode):
    path = tmp_path / "split.yaml"
    path.write_text(SPLIT.replace("VERSION", "1.4.2").replace("MODE", mode))
    run = command("smoke", str(path))
    assert run.status() == 0, run.text()


@pytest.mark.dynamo
@pytest.mark.service
@pytest.mark.parametrize("workers", ["prefill: {}, decode: {}", "aggregated: {replicas: 2}"])
def test_dynamo_1_6_0_serves(command, tmp_path, workers):
    path = tmp_path / "new.yaml"
    text = SPLIT.replace("VERSION", "1.6.0").replace("MODE", "kv")
    path.write_text(text.replace("prefill: {}, decode: {parallel: {data: 2}, max_requests: 8}", workers))
    run = command("smoke", str(path))
    assert run.status() == 0, run.text()


@pytest.mark.dynamo
def test_the_rendered_script_serves(command, tmp_path):
    folder = tmp_path / "out"
    assert command("render", QUICKSTART, "-t", "local", "-O", str(folder)).status() == 0
    result = planned(Path(QUICKSTART).read_bytes(), QUICKSTART)
    python = environments.prepare(result.plan.install, preparing.own_python(result), print, Signals())
    http, system = free_port(), free_port()
    script = subprocess.Popen(
        ["bash", str(folder / "quickstart.sh")],
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "PYTHON": python,
            "FRONTEND_0_HTTP_PORT": str(http),
            "AGGREGATED_0_SYSTEM_PORT": str(system),
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        lines = []
        for line in script.stdout:
            lines.append(line)
            if line.startswith("ready: "):
                break
        body = {"model": "tiny", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8}
        assert ask(f"http://127.0.0.1:{http}/v1", body)["choices"][0]["message"]["content"].strip(), lines
        children = psutil.Process(script.pid).children(recursive=True)
        script.send_signal(signal.SIGTERM)
        assert script.wait(30) == 143
        assert not left(children)
    finally:
        script.stdout.close()
        if script.poll() is None:
            script.terminate()
            script.wait(30)


@pytest.mark.dynamo
def test_graphs_that_start_at_once_get_ports_of_their_own(command, tmp_path):
    runs = []
    for number in range(3):
        path = tmp_path / f"one-{number}.yaml"
        text = SPLIT.replace("VERSION", "1.4.2").replace("MODE", "kv").replace("real-split", f"at-once-{number}")
        path.write_text(text)
        runs.append(command("smoke", str(path)))
    for each in runs:
        assert each.status() == 0, each.text()
