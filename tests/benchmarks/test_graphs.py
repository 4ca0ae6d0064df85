"""What the launcher is measured against and with: scripts, graphs, and processes that never stay behind."""

import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psutil
import pytest
from launching import left

from benchmarks import footprint, graphs, starting
from benchmarks.processes import Failed, started
from dynamo_recipes.launch.ask import Endpoint

IGNORES = "trap '' TERM; echo 'ready after 1 s'; while :; do sleep 600 & wait $!; done"


def test_every_recipe_that_runs_anywhere_is_measured(tmp_path):
    names = list(graphs.names())
    assert graphs.MAIN in names
    for name in names:
        graph = graphs.graph(name, tmp_path)
        frontend = dict(graph.result.instances[0].ports)
        assert frontend["http"] == graph.endpoint.port
        assert 20_000 <= graph.endpoint.port < 32_000


def test_the_command_is_measured_until_its_last_process_is_started(tmp_path):
    begun = time.monotonic()
    assert 0 < starting._start(graphs.MAIN, tmp_path) < time.monotonic() - begun
    state = tmp_path / "state" / "dynamo-recipes" / "runs" / graphs.MAIN / "state.json"
    assert not state.exists()  # the run has ended, and all that was its own


def test_the_script_starts_what_the_command_starts(tmp_path, monkeypatch):
    graph = graphs.graph(graphs.MAIN, tmp_path)
    pipe = tmp_path / "started"
    os.mkfifo(pipe)
    reports = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    monkeypatch.setenv("XDG_CACHE_HOME", str(starting._fake_environment(graph, tmp_path / "cache", pipe)))
    folder = tmp_path / "run"
    folder.mkdir()
    text = graphs.script(graph, folder)
    try:
        with started(["sh", "-c", text], tmp_path) as script:
            starting._wait(reports, len(graph.result.instances), script.look)
            children = psutil.Process(script.process.pid).children(recursive=True)
    finally:
        os.close(reports)
    assert not left(children)
    assert sorted(each.name for each in (folder / "logs").iterdir()) == ["aggregated-0.log", "frontend-0.log"]
    assert f"--http-port {graph.endpoint.port}" in text


def test_a_process_that_ignores_being_asked_is_ended_with_its_children(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.processes._PATIENCE", 0.2)
    with started(["sh", "-c", IGNORES], tmp_path) as process:
        assert process.ready(30.0) > process.begun
        children = psutil.Process(process.process.pid).children()
    assert not left(children)
    assert process.process.poll() == -signal.SIGKILL


def test_a_process_that_has_ended_is_told_with_what_it_said(tmp_path):
    with (
        pytest.raises(Failed, match="status 3\nno such thing"),
        started(["sh", "-c", "echo no such thing >&2; exit 3"], tmp_path) as process,
    ):
        process.ready(30.0)


def test_a_process_that_is_never_ready_is_waited_for_no_longer_than_asked(tmp_path):
    with (
        pytest.raises(Failed, match=r"not ready within 0\.05 s"),
        started(["sleep", "60"], tmp_path) as process,
    ):
        process.ready(0.05)


class _Late(BaseHTTPRequestHandler):
    """Answers 503, and 200 from the third question on."""

    asked = 0

    def do_POST(self):
        type(self).asked += 1
        self.send_response(200 if self.asked > 2 else 503)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_the_first_answer_is_the_first_one_that_is_good(tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), _Late) as server, started(["sleep", "60"], tmp_path) as process:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        endpoint = Endpoint("127.0.0.1", server.server_address[1], "m", "chat")
        assert graphs.first_answer(endpoint, process) > process.begun + 0.01
        assert _Late.asked == 3
        server.shutdown()


def test_no_answer_is_told(tmp_path):
    nobody = Endpoint("127.0.0.1", graphs.free_port(), "m", "chat")
    with started(["sleep", "60"], tmp_path) as process, pytest.raises(Failed, match=r"sleep 60: no answer within 0.05"):
        graphs.first_answer(nobody, process, within=0.05)


def test_what_is_used_is_that_of_the_command_and_its_child_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(footprint, "_LOOK", 1.0)
    busy = "import os\nos.fork()\nprint('ready after', flush=True)\nwhile True: pass"
    with started([sys.executable, "-c", busy], tmp_path) as process:
        process.ready(30.0)
        ours = footprint.own(process.process.pid)
        used = footprint._used(ours)
    assert len(ours) == 2
    assert 1 < used.memory < 60
    assert used.core > 5
