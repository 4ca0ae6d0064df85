import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from dynamo_recipes.launch.ask import Endpoint, Reply, answer_text, call, listed, streamed

CHAT = Endpoint("127.0.0.1", 1, "m", "chat")
COMPLETION = Endpoint("127.0.0.1", 1, "m", "completion")


@pytest.mark.parametrize(
    ("endpoint", "body", "text"),
    [
        (CHAT, {"choices": [{"message": {"content": "hi"}}]}, "hi"),
        (COMPLETION, {"choices": [{"text": "hi"}]}, "hi"),
        (CHAT, {"choices": [{"message": {"content": None}}]}, None),
        (CHAT, {"choices": []}, None),
        (CHAT, {"choices": [{"message": None}]}, None),
        (CHAT, {"choices": [{"text": "hi"}]}, None),
        (CHAT, [], None),
        (CHAT, None, None),
    ],
)
def test_the_text_of_an_answer(endpoint, body, text):
    assert answer_text(endpoint, Reply(200, json.dumps(body))) == text


def test_an_answer_that_is_not_json_has_no_text():
    assert answer_text(CHAT, Reply(200, "<html>")) is None


@pytest.mark.parametrize(
    ("lines", "text", "done"),
    [
        (['data: {"choices": [{"delta": {"content": "a"}}]}', 'data: {"choices": [{"delta": {"content": "b"}}]}',
          "data: [DONE]"], "ab", True),
        (['data: {"choices": [{"delta": {"role": "assistant", "content": null}}]}', "data: [DONE]"], "", True),
        (['data: {"choices": [{"delta": {"content": "a"}}]}'], "a", False),
        (["event: error", 'data: {"choices": []}'], "", False),
        ([], "", False),
    ],
)  # fmt: skip
def test_the_text_of_a_stream(lines, text, done):
    assert streamed(CHAT, Reply(200, "\n\n".join(lines))) == (text, done)


def test_a_question_names_model_task_and_tokens():
    assert CHAT.path == "/v1/chat/completions"
    assert CHAT.body("q", 5)["messages"][0]["content"] == "q"
    assert COMPLETION.path == "/v1/completions"
    assert COMPLETION.body("q", 5, stream=True) == {"model": "m", "prompt": "q", "max_tokens": 5, "stream": True}
    assert Endpoint("::1", 80, "m", "chat").url == "http://[::1]:80"


class Models(BaseHTTPRequestHandler):
    body = b"{}"

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(
    ("body", "is_listed"),
    [
        (b'{"data": [{"id": "other"}, {"id": "m"}]}', True),
        (b'{"data": []}', False),
        (b'{"data": null}', False),
        (b'{"data": ["m"]}', False),
        (b"[]", False),
        (b"\xff", False),
    ],
)
def test_whether_a_model_is_listed(body, is_listed):
    handler = type("Handler", (Models,), {"body": body})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        assert listed(Endpoint("127.0.0.1", server.server_port, "m", "chat")) is is_listed
        server.shutdown()


def test_nothing_that_answers_is_no_reply():
    with HTTPServer(("127.0.0.1", 0), Models) as server:
        port = server.server_port
    assert call(Endpoint("127.0.0.1", port, "m", "chat"), "/v1/models", timeout=2) is None
    assert not listed(Endpoint("127.0.0.1", port, "m", "chat"))
