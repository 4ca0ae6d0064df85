"""What a running graph tells of itself: who served a request, and what the router has heard of the workers' caches."""

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

_OPEN = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
_STARTED = re.compile(r"^(\S+)\s+started, pid \d+(.*)$", re.MULTILINE)
_PORT = re.compile(r"(\w+) port (\d+)")
_SERIES = re.compile(r"^([\w:]+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
_TIME_WAIT = "06"  # how /proc/net/tcp writes that a connection has ended lately


def until(question: Callable[[], bool], what: str, within: float = 15.0) -> None:
    """Ask until the answer is yes. Raises AssertionError with `what` was waited for."""
    deadline = time.monotonic() + within
    while not question():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {what}")
        time.sleep(0.02)


def total(page: str, name: str, **labels: str) -> int:
    """Return the sum of a metric over the series that have these labels; 0 when there is none."""
    return sum(
        int(float(value))
        for each, inside, value in _SERIES.findall(page)
        if each == name and labels.items() <= dict(re.findall(r'(\w+)="([^"]*)"', inside)).items()
    )


def ended_connections(port: int) -> frozenset[str]:
    """Return the connections to a port of this machine that ended in the last minute: the kernel remembers them."""
    wanted = f":{port:04X}"
    ends = (line.split()[1:4] for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return frozenset(
        "-".join(sorted((here, there)))
        for here, there, state in ends
        if state == _TIME_WAIT and (here.endswith(wanted) or there.endswith(wanted))
    )


@dataclass(frozen=True)
class Graph:
    """A graph that runs: how to ask it, and the ports of each worker by the worker's name."""

    url: str
    model: str
    ports: Mapping[str, Mapping[str, int]]

    def get(self, path: str) -> str:
        """Return what the frontend answers. Raises AssertionError when it refuses or is not there."""
        return _answer(f"{self.url}{path}")

    def ask(self, prompt: str, model: str = "") -> dict:
        """Return the answer to a prompt. Raises AssertionError when there is none."""
        message = {"role": "user", "content": prompt}
        body = {"model": model or self.model, "messages": [message], "max_tokens": 8}
        return json.loads(_answer(f"{self.url}/v1/chat/completions", body))

    def models(self) -> list[str]:
        """Return the models that the frontend lists."""
        return [each["id"] for each in json.loads(self.get("/v1/models"))["data"]]

    def registered(self) -> int:
        """Return how many workers the frontend knows."""
        return sum(each["endpoint"] == "generate" for each in json.loads(self.get("/health"))["instances"])

    def wait_answer(self, within: float = 15.0) -> None:
        """Wait until a request is answered. Raises AssertionError with the last refusal."""
        said = ["nothing asked"]

        def answers() -> bool:
            try:
                self.ask("Hello")
            except AssertionError as error:
                said.append(str(error))
                return False
            return True

        try:
            until(answers, "an answer", within)
        except AssertionError as error:
            raise AssertionError(f"{error}; last: {said[-1]}") from None

    def served(self) -> dict[str, int]:
        """Return how many requests each worker has got; an answered one has been counted."""
        name = "dynamo_component_requests_total"
        return {
            worker: total(_answer(f"http://127.0.0.1:{ports['system']}/metrics"), name, dynamo_endpoint="generate")
            for worker, ports in self.ports.items()
        }

    def moved(self, before: Mapping[str, int], by: int) -> dict[str, int]:
        """Return how many requests each worker got since, once there are so many. Raises AssertionError."""
        now = dict(before)

        def all_counted() -> bool:
            now.update(self.served())
            return sum(now.values()) - sum(before.values()) >= by

        until(all_counted, f"{by} requests counted by {', '.join(before)}")
        return {worker: now[worker] - before[worker] for worker in now}

    def worker_of(self, prompt: str) -> str:
        """Ask and return the worker that served it, where each request goes to one worker."""
        before = self.served()
        self.ask(prompt)
        (worker,) = (worker for worker, count in self.moved(before, 1).items() if count)
        return worker

    def stored_events(self) -> int:
        """Return how many messages about stored blocks the router has taken in: heard, or made up by predicting."""
        return total(self.get("/metrics"), "dynamo_component_kv_cache_events_applied", event_type="stored", status="ok")

    def event_batches(self) -> int:
        """Return how many batches of KV events came to the router over the event plane."""
        return total(self.get("/metrics"), "dynamo_component_router_kv_zmq_ingress_batches_total")


def printed(text: str) -> Graph:
    """Return the graph that `run` has told of: its endpoint, its model, and the ports of each process."""
    says = dict(re.findall(r"^  (endpoint|model)\s+(.*)$", text, re.MULTILINE))
    ports = {
        name: {port: int(number) for port, number in _PORT.findall(rest)}
        for name, rest in _STARTED.findall(text)
        if not name.startswith("frontend")
    }
    return Graph(says["endpoint"].removesuffix("/v1"), says["model"], ports)


def _answer(url: str, body: object = None) -> str:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with _OPEN(request, timeout=30) as reply:
            return reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            raise AssertionError(f"HTTP {error.code}: {error.read().decode()[:200]}") from None
    except OSError as error:
        raise AssertionError(f"{url}: {error}") from None
