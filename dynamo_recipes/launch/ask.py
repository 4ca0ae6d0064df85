"""Questions to a running graph over HTTP, as a client asks them."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

_MOST_BYTES = 16 << 20


@dataclass(frozen=True)
class Endpoint:
    """Where the frontend answers, and as which model."""

    host: str
    port: int
    model: str
    task: Literal["chat", "completion"]

    @property
    def url(self) -> str:
        """The address that clients use."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def path(self) -> str:
        """The path for the model's task."""
        return "/v1/chat/completions" if self.task == "chat" else "/v1/completions"

    def body(self, question: str, tokens: int, stream: bool = False) -> dict[str, Any]:
        """Return a request's body."""
        chat = {"messages": [{"role": "user", "content": question}]}
        asked = chat if self.task == "chat" else {"prompt": question}
        return {"model": self.model, **asked, "max_tokens": tokens, "stream": stream}


@dataclass(frozen=True)
class Reply:
    """What came back: HTTP status, and the body as text."""

    status: int
    text: str

    def json(self) -> Any:
        """Return the body as data, None when it is not JSON."""
        return _data(self.text)


def call(endpoint: Endpoint, path: str, body: dict[str, Any] | None = None, timeout: float = 30.0) -> Reply | None:
    """Ask once. Returns None when nothing answers."""
    import http.client  # only when the processes have been started: it costs 10 ms

    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=timeout)
    try:
        if body is None:
            connection.request("GET", path)
        else:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        return Reply(response.status, response.read(_MOST_BYTES).decode("utf-8", "replace"))
    except (OSError, ValueError, http.client.HTTPException):  # ValueError: a host name that is none
        return None
    finally:
        connection.close()


def listed(endpoint: Endpoint) -> bool:
    """Tell whether the frontend lists the model."""
    reply = call(endpoint, "/v1/models", timeout=5.0)
    data = reply.json() if reply and reply.status == 200 else None
    models = data.get("data") if isinstance(data, dict) else None
    return any(isinstance(each, dict) and each.get("id") == endpoint.model for each in models or ())


def instances(endpoint: Endpoint) -> dict[str, int]:
    """Return how many workers the frontend knows, by the Dynamo endpoint at which they registered.

    Source: `GET /health` of the frontends of 1.4.2 and 1.6.0, which lists `instances` with `component` and `endpoint`.
    """
    reply = call(endpoint, "/health", timeout=5.0)
    data = reply.json() if reply else None
    known = data.get("instances") if isinstance(data, dict) else None
    names = (f"{each.get('component')}.{each.get('endpoint')}" for each in known or () if isinstance(each, dict))
    return dict(Counter(names))


def answer_text(endpoint: Endpoint, reply: Reply) -> str | None:
    """Return the text of an answer, None when there is none."""
    return _text(endpoint, reply.json(), "message")


def _text(endpoint: Endpoint, data: Any, key: str) -> str | None:
    try:
        choice = data["choices"][0]
        text = choice[key].get("content") if endpoint.task == "chat" else choice["text"]
    except (KeyError, IndexError, TypeError, AttributeError):
        return None
    return text if isinstance(text, str) else None


def streamed(endpoint: Endpoint, reply: Reply) -> tuple[str, bool]:
    """Return the text of a streamed answer, and whether it ended with `[DONE]`."""
    events = list(_events(reply.text))
    texts = [_text(endpoint, _data(each), "delta") or "" for each in events if each.startswith("{")]
    return "".join(texts), events[-1:] == ["[DONE]"]


def _data(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _events(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line.startswith("data:"):
            yield line.removeprefix("data:").strip()
