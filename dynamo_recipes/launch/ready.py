"""Waiting until a graph serves: every worker is registered, the model is listed, one real request is answered."""

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from dynamo_recipes.errors import NotReady
from dynamo_recipes.findings import Finding
from dynamo_recipes.launch.ask import Endpoint, Reply, call, instances, listed
from dynamo_recipes.launch.masking import hidden

_TICK = 0.02  # seconds between looks at the processes while a question is under way
_PAUSE = 0.1  # seconds between two questions; the frontend logs each of them


class Expected(NamedTuple):
    """What must be there before a graph serves."""

    probes: Mapping[str, tuple[Endpoint, str]]  # name of a process -> where its probe is, the path
    instances: Mapping[str, int]  # Dynamo endpoint, such as `backend.generate` -> how many instances


class Limits(NamedTuple):
    """How long to wait, in seconds: in all, and while nothing happens; `idle` tells how long nothing has happened."""

    timeout: float
    idle_timeout: float
    idle: Callable[[], float]


def wait(
    endpoint: Endpoint, expected: Expected, limits: Limits, look: Callable[[], None], say: Callable[[str], None]
) -> float:
    """Return the seconds that it took. `look` is called all the time and raises when a component has ended.

    Raises NotReady when a limit has passed, with what is missing or the last answer seen.
    """
    watch = _Watch(time.monotonic(), limits, look)
    for name, (place, path) in expected.probes.items():
        watch.until(partial(_healthy, place, path), partial(_unhealthy, name, place))
    here: list[Mapping[str, int]] = [{}]  # replaced as a whole: a limit can pass while the next answer is awaited

    def all_here() -> bool:
        here[0] = instances(endpoint)
        return not _missing(expected, here[0])

    watch.until(all_here, lambda: _missing(expected, here[0]))
    watch.until(lambda: listed(endpoint), lambda: f"the frontend does not list the model {endpoint.model}")
    say(f"the model {endpoint.model} is listed, {_counted(expected)}")
    last: list[Reply | None] = [None]

    def answers() -> bool:
        last[0] = call(endpoint, endpoint.path, endpoint.body("Hello", 1), timeout=max(1.0, watch.left()))
        return last[0] is not None and last[0].status == 200

    watch.until(answers, lambda: f"the model is listed and does not answer{_said(last[0])}")
    return watch.spent()


def _missing(expected: Expected, here: Mapping[str, int]) -> str:
    """Return which instances are missing, in words; nothing when all are here."""
    short = [(name, count) for name, count in expected.instances.items() if here.get(name, 0) < count]
    return ", ".join(f"{here.get(name, 0)} of {count} instances of {name} are registered" for name, count in short)


def _counted(expected: Expected) -> str:
    count = sum(expected.instances.values())
    return f"{count} instance{'s' if count != 1 else ''} registered"


def _healthy(place: Endpoint, path: str) -> bool:
    reply = call(place, path, timeout=5.0)
    return reply is not None and reply.status == 200


def _unhealthy(name: str, place: Endpoint) -> str:
    return f"{name} does not answer on its own port {place.port}"


def _said(reply: Reply | None) -> str:
    return f": HTTP {reply.status} {' '.join(hidden(reply.text).split())[:200]}".rstrip() if reply else ""


class _Watch:
    """The limits over several questions, each asked in a thread of its own so that nothing hides a death."""

    def __init__(self, started: float, limits: Limits, look: Callable[[], None]) -> None:
        self.started = started
        self.limits = limits
        self.look = look

    def spent(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.started

    def left(self) -> float:
        """Return the seconds until the graph must be ready."""
        return self.limits.timeout - self.spent()

    def until(self, question: Callable[[], bool], why_not: Callable[[], str]) -> None:
        """Ask until the answer is yes. Raises NotReady with the reason when a limit has passed."""
        while not self._ask(question):
            late = self._late()
            if late:
                raise NotReady(Finding("DR652", f"{late}: {why_not()}.", _HINT))
            self._pause()

    def _late(self) -> str:
        """Return which limit has passed, in words; nothing when none has."""
        if self.left() <= 0:
            return f"The graph was not ready after {self.limits.timeout:g} s"
        if self.limits.idle() > self.limits.idle_timeout:
            return f"Nothing has happened for {self.limits.idle_timeout:g} s, and the graph is not ready"
        return ""

    def _ask(self, question: Callable[[], bool]) -> bool:
        """Return the answer, or no when a limit passes first."""
        answer: list[bool] = []
        thread = threading.Thread(target=lambda: answer.append(question()), name="question", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system has no thread left just now
            return False
        while thread.is_alive() and not self._late():
            self.look()
            thread.join(_TICK)
        return answer[:1] == [True]

    def _pause(self) -> None:
        until = time.monotonic() + min(_PAUSE, max(0.0, self.left()))
        while time.monotonic() < until:
            self.look()
            time.sleep(_TICK)
        self.look()


_HINT = "Look at the logs above, or raise `ready.timeout` (`ready.idle_timeout` where nothing happens for long)."
