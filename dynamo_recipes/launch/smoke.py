"""Real questions to a running graph, and what a right answer is: text, a token count, a stream that ends."""

from collections.abc import Iterator
from dataclasses import dataclass

from dynamo_recipes.errors import WrongAnswer
from dynamo_recipes.findings import Finding
from dynamo_recipes.launch.ask import Endpoint, Reply, answer_text, call, listed, streamed
from dynamo_recipes.launch.masking import hidden

QUESTION = "What is a KV cache?"
_TOKENS = 24


@dataclass(frozen=True)
class Answered:
    """One question that was answered as it should be."""

    what: str
    result: str


def checks(endpoint: Endpoint, timeout: float) -> Iterator[Answered]:
    """Yield each passed check. Raises WrongAnswer (DR653) at the first that fails."""
    if not listed(endpoint):
        raise _wrong("models", f"/v1/models does not list {endpoint.model}", None)
    yield Answered("models", f"/v1/models lists {endpoint.model}")
    yield _answer(endpoint, timeout)
    yield _stream(endpoint, timeout)


def _answer(endpoint: Endpoint, timeout: float) -> Answered:
    reply = call(endpoint, endpoint.path, endpoint.body(QUESTION, _TOKENS), timeout)
    text = answer_text(endpoint, reply) if reply and reply.status == 200 else None
    if not reply or not text:
        raise _wrong(endpoint.task, "no text came back", reply)
    data = reply.json()
    usage = data.get("usage") if isinstance(data, dict) else None
    tokens = usage.get("completion_tokens") if isinstance(usage, dict) else None
    if not isinstance(tokens, int) or not 0 < tokens <= _TOKENS:
        raise _wrong(endpoint.task, f"the answer counts {tokens} tokens where at most {_TOKENS} were asked for", reply)
    return Answered(endpoint.task, hidden(text))


def _stream(endpoint: Endpoint, timeout: float) -> Answered:
    reply = call(endpoint, endpoint.path, endpoint.body(QUESTION, _TOKENS, stream=True), timeout)
    text, done = streamed(endpoint, reply) if reply and reply.status == 200 else ("", False)
    if not text or not done:
        raise _wrong("stream", "the stream had no text" if done else "the stream did not end with [DONE]", reply)
    return Answered("stream", hidden(text))


def _wrong(what: str, message: str, reply: Reply | None) -> WrongAnswer:
    got = f"HTTP {reply.status}: {' '.join(hidden(reply.text).split())[:200] or '(empty)'}" if reply else "no reply"
    return WrongAnswer(
        Finding(
            "DR653",
            f"The check `{what}` failed: {message}. The graph said: {got}.",
            "Look at the logs of the frontend and the workers.",
        )
    )
