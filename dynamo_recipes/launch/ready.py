"""Waiting until a graph serves: the model is listed and one real request is answered."""

import time
from collections.abc import Callable

from dynamo_recipes.errors import NotReady
from dynamo_recipes.findings import Finding
from dynamo_recipes.launch.ask import Endpoint, call, listed
from dynamo_recipes.launch.signals import Signals

_TICK = 0.1  # seconds between two questions; the frontend logs each of them


def wait(
    endpoint: Endpoint, timeout: float, look: Callable[[], None], say: Callable[[str], None], signals: Signals
) -> float:
    """Return the seconds that it took. `look` is called between questions and raises when a component has ended.

    Raises NotReady after `timeout` seconds, with the last answer seen.
    """
    started = time.monotonic()
    seen, last = False, "nothing answered yet"
    while time.monotonic() - started < timeout:
        look()
        with signals.interruptible():
            if not seen and listed(endpoint):
                seen = True
                say(f"the model {endpoint.model} is listed")
            if seen:
                reply = call(endpoint, endpoint.path, endpoint.body("Hello", 1), timeout=max(5.0, timeout))
                if reply and reply.status == 200:
                    return time.monotonic() - started
                last = f"the last answer was HTTP {reply.status}" if reply else "the last request got no answer"
            time.sleep(_TICK)
    what = last if seen else f"the frontend does not list the model {endpoint.model}"
    message = f"The graph was not ready after {timeout:g} s: {what}."
    raise NotReady(Finding("DR652", message, "Look at the logs below, or raise `ready.timeout`."))
