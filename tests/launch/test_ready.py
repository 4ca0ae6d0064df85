"""Waiting for a real HTTP server on loopback that says what a frontend and its workers would."""

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dynamo_recipes.errors import ComponentFailed, NotReady
from dynamo_recipes.findings import Finding
from dynamo_recipes.launch import ready
from dynamo_recipes.launch.ask import Endpoint

PATIENT = 30.0  # seconds


class Graph:
    """What the server says, which a test can change while it is asked."""

    def __init__(self):
        self.instances = {"backend.generate": 2, "prefill.generate": 1}
        self.models = ["toy"]
        self.status = 200
        self.healthy = 200
        self.mulls = threading.Event()
        self.mulls.set()
        self.asked = []

    def health(self):
        known = [name.split(".") for name, count in self.instances.items() for _ in range(count)]
        return {"status": "healthy", "instances": [{"component": one, "endpoint": two} for one, two in known]}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        graph = self.server.graph
        graph.asked.append(self.path)
        if self.path == "/v1/models":
            self.say(200, {"data": [{"id": each} for each in graph.models]})
        elif self.path == "/health":
            self.say(200, graph.health())
        else:
            self.say(graph.healthy, {})

    def do_POST(self):
        graph = self.server.graph
        graph.asked.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        graph.mulls.wait(PATIENT)
        self.say(graph.status, {"error": "not\n now"} if graph.status != 200 else {})

    def say(self, status, data):
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def graph():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.graph = Graph()
    server.graph.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server.graph
    server.graph.mulls.set()
    server.shutdown()
    thread.join()
    server.server_close()


def endpoint(graph):
    return Endpoint("127.0.0.1", graph.port, "toy", "chat")


def expected(graph, **instances):
    probes = {"decode-0": (endpoint(graph), "/live")}
    return ready.Expected(probes, instances or {"backend.generate": 2, "prefill.generate": 1})


def limits(timeout=PATIENT, idle_timeout=PATIENT, idle=lambda: 0.0):
    return ready.Limits(timeout, idle_timeout, idle)


def wait(graph, wanted=None, limit=None, look=lambda: None, say=lambda text: None):
    return ready.wait(endpoint(graph), wanted or expected(graph), limit or limits(), look, say)


def why_not(graph, wanted=None, limit=None):
    """Return why it did not get ready."""
    with pytest.raises(NotReady) as late:
        wait(graph, wanted, limit or limits(timeout=0.5))
    (found,) = late.value.findings
    assert (found.code, late.value.status) == ("DR652", 5)
    assert "ready.timeout" in found.hint
    assert "ready.idle_timeout" in found.hint
    return found.message


def test_a_graph_is_ready_when_workers_are_registered_the_model_is_listed_and_a_request_is_answered(graph):
    said = []
    begun = time.monotonic()
    assert 0 < wait(graph, say=said.append) <= time.monotonic() - begun
    assert graph.asked == ["/live", "/health", "/v1/models", "/v1/chat/completions"]
    assert said == ["the model toy is listed, 3 instances registered"]


def test_one_instance_is_one_instance(graph):
    said = []
    wait(graph, ready.Expected({}, {"prefill.generate": 1}), say=said.append)
    assert said == ["the model toy is listed, 1 instance registered"]


@pytest.mark.parametrize(
    ("here", "missing"),
    [
        ({"backend.generate": 1, "prefill.generate": 1}, "1 of 2 instances of backend.generate are registered"),
        ({"backend.generate": 2}, "0 of 1 instances of prefill.generate are registered"),
        (
            {},
            "0 of 2 instances of backend.generate are registered, 0 of 1 instances of prefill.generate are registered",
        ),
        (
            {"backend.router-discovery": 5, "prefill.generate": 3},
            "0 of 2 instances of backend.generate are registered",
        ),
    ],
)
def test_fewer_instances_than_there_should_be_are_told(graph, here, missing):
    graph.instances = here
    assert why_not(graph) == f"The graph was not ready after 0.5 s: {missing}."
    assert "/v1/models" not in graph.asked, "one worker of two must not be enough"


def test_it_waits_for_the_last_instance(graph):
    graph.instances = {"backend.generate": 1, "prefill.generate": 1}
    looks = []

    def look():
        looks.append(graph.asked.count("/health"))
        if looks[-1] == 3:
            graph.instances = {"backend.generate": 2, "prefill.generate": 1}

    wait(graph, look=look)
    assert graph.asked.count("/health") >= 4


def test_more_instances_than_expected_are_enough(graph):
    graph.instances = {"backend.generate": 7, "prefill.generate": 1, "backend.worker_kv_query_source_1": 2}
    wait(graph)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"healthy": 503}, r"decode-0 does not answer on its own port \d+\."),
        ({"models": ["other"]}, r"the frontend does not list the model toy\."),
        ({"status": 503}, r'the model is listed and does not answer: HTTP 503 \{"error": "not\\n now"\}\.'),
    ],
)
def test_what_is_missing_is_told(graph, broken, words):
    vars(graph).update(broken)
    assert re.fullmatch(r"The graph was not ready after 0\.5 s: " + words, why_not(graph))


def test_an_answer_that_does_not_come_ends_with_the_time(graph):
    graph.mulls.clear()
    begun = time.monotonic()
    assert why_not(graph) == "The graph was not ready after 0.5 s: the model is listed and does not answer."
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"healthy": 503}, "decode-0 does not answer on its own port"),
        ({"instances": {}}, "0 of 2 instances of backend.generate are registered"),
        ({"models": []}, "the frontend does not list the model toy"),
        ({"status": 503}, "the model is listed and does not answer: HTTP 503"),
    ],
)
def test_when_nothing_happens_for_long_it_ends_early_with_words_of_its_own(graph, broken, words):
    vars(graph).update(broken)
    begun = time.monotonic()
    limit = limits(idle_timeout=0.4, idle=lambda: time.monotonic() - begun)
    assert why_not(graph, limit=limit).startswith(
        f"Nothing has happened for 0.4 s, and the graph is not ready: {words}"
    )
    assert 0.4 < time.monotonic() - begun < 5


def test_nothing_happens_while_a_question_hangs_and_that_is_seen(graph):
    graph.mulls.clear()
    begun = time.monotonic()
    limit = limits(idle_timeout=0.4, idle=lambda: time.monotonic() - begun)
    assert why_not(graph, limit=limit).startswith("Nothing has happened for 0.4 s")
    assert time.monotonic() - begun < 5


def test_as_long_as_something_happens_only_the_whole_time_counts(graph):
    graph.models = []
    begun = time.monotonic()
    limit = limits(timeout=1.0, idle_timeout=0.2, idle=lambda: (time.monotonic() - begun) % 0.1)
    assert why_not(graph, limit=limit).startswith("The graph was not ready after 1 s")


@pytest.mark.parametrize("hangs", [False, True])
def test_a_death_ends_the_wait_whatever_is_asked(graph, hangs):
    graph.models = ["toy"] if hangs else []
    graph.mulls.clear()
    begun = time.monotonic()

    def look():
        if time.monotonic() - begun > 0.3:
            raise ComponentFailed(Finding("DR651", "decode-0 ended", ""))

    with pytest.raises(ComponentFailed):
        wait(graph, look=look)
    assert time.monotonic() - begun < 5
