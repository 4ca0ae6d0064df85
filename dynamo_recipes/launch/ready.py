"""Waiting until a graph serves: the model is listed and one real request is answered."""

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial

from dynamo_recipes.errors import NotReady
from dynamo_recipes.findings import Finding
from dynamo_recipes.launch.ask import Endpoint, Reply, call, listed

_TICK = 0.02  # seconds between looks at the processes while a question is under way
_PAUSE = 0.1  # seconds between two questions; the frontend logs each of them


Probes = Mapping[str, tuple[Endpoint, str]]  # name of a process, where its probe is, the path


def wait(
    endpoint: Endpoint, probes: Probes, timeout: float, look: Callable[[], None], say: Callable[[str], None]
) -> float:
    """Return the seconds that it took. `look` is called all the time and raises when a component has ended.

    Raises NotReady after `timeout` seconds, with the process that is missing or the last answer seen.
    """
    watch = _Watch(time.monotonic(), timeout, look)
    for name, (place, path) in probes.items():
        watch.until(partial(_healthy, place, path), f"{name} does not answer on its own port {place.port}")
    watch.until(lambda: listed(endpoint), f"the frontend does not list the model {endpoint.model}")
    say(f"the model {endpoint.model} is listed")
    last: list[Reply | None] = [None]

    def answers() -> bool:
        last[0] = call(endpoint, endpoint.path, endpoint.body("Hello", 1), timeout=max(1.0, watch.left()))
        return last[0] is not None and last[0].status == 200

    watch.until(answers, "the model is listed and does not answer", lambda: _said(last[0]))
    return watch.spent()


def _healthy(place: Endpoint, path: str) -> bool:
    reply = call(place, path, timeout=5.0)
    return reply is not None and reply.status == 200


def _said(reply: Reply | None) -> str:
    return f": HTTP {reply.status} {' '.join(reply.text.split())[:200]}".rstrip() if reply else ""


class _Watch:
    """One deadline over several questions, each asked in a thread of its own so that nothing hides a death."""

    def __init__(self, started: float, timeout: float, look: Callable[[], None]) -> None:
        self.started = started
        self.timeout = timeout
        self.look = look

    def spent(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.started

    def left(self) -> float:
        """Return the seconds until the deadline."""
        return self.timeout - self.spent()

    def until(self, question: Callable[[], bool], why_not: str, detail: Callable[[], str] = lambda: "") -> None:
        """Ask until the answer is yes. Raises NotReady with the reason at the deadline."""
        while not self._ask(question):
            if self.left() <= 0:
                message = f"The graph was not ready after {self.timeout:g} s: {why_not}{detail()}."
                raise NotReady(Finding("DR652", message, "Look at the logs above, or raise `ready.timeout`."))
            self._pause()

    def _ask(self, question: Callable[[], bool]) -> bool:
        """Return the answer, or no when the deadline passes first."""
        answer: list[bool] = []
        thread = threading.Thread(target=lambda: answer.append(question()), name="question", daemon=True)
        thread.start()
        while thread.is_alive() and self.left() > 0:
            self.look()
            thread.join(_TICK)
        return answer[:1] == [True]

    def _pause(self) -> None:
        until = time.monotonic() + min(_PAUSE, max(0.0, self.left()))
        while time.monotonic() < until:
            self.look()
            time.sleep(_TICK)
        self.look()
