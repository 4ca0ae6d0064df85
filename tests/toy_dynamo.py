"""A toy Dynamo for tests: a folder that looks like a virtual environment, whose `python` plays frontend and worker.

    environment = make_environment(tmp_path / "toy", frontend="no-text")
    ask(str(recipe), Options(say, show, environment=environment), answered)

`bin/python` understands what the launcher says to a real one: `-m dynamo.frontend ...`, `-m dynamo.mocker ...`, and
`-c CODE` or `-` (code from standard input), which the real interpreter runs, with an empty module `dynamo` to be found.
Whatever else it is asked ends with status 2, so that a test sees a wrong command line.

As in Dynamo, a worker makes itself known in the folder DYN_FILE_KV, and the frontend lists the models that it finds
there. Both write `toy-NAME.json` into their working folder: argv, env and pid as they got them. NAME is `frontend`, or
a worker's DYN_SYSTEM_PORT, or its pid. `dumped(folder)` reads them. Both exit 0 on SIGTERM unless told otherwise.

Whoever is forked writes `child-PID.json`. Where TOY_LIFELINE names a pipe (mkfifo), all open it and hold it until they
end: its reader learns from the kernel when the last of them has gone.
"""

import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from toy_forks import escape, fork, write_whole

FRONTENDS = {
    "serve": "lists the models of its workers and answers",
    "silent": "lives and listens on nothing",
    "deaf": "takes connections and never answers",
    "empty": "lists no model, whatever the workers say",
    "refuses": "lists the model, and answers every question with status 503",
    "mulls": "lists the model, and never answers a question",
    "garbage": "answers every question with something that is not JSON",
    "no-text": "answers without text",
    "miscounts": "answers with a token count of 0",
    "no-done": "answers; a stream ends without [DONE]",
    "stubborn": "serves, and ignores SIGTERM",
    "dies": "ends at once, status 3",
    "dies-later": "ends after its first answer, status 7",
    "dies-after-ready": "answers the first question, and ends at the second, status 7",
}
WORKERS = {
    "willing": "makes itself known and waits",
    "mute": "waits and never makes itself known",
    "slow": "takes a second to end",
    "stubborn": "ignores SIGTERM",
    "parent": "has a child that ignores SIGTERM; its pid is in `child-NAME.json`",
    "titled": "sets its title, as engines do; a child in a session of its own; its child, which ignores SIGTERM",
    "daemon": "the same, but the child has ended, and its child has closed its outputs",
    "late": "does as `daemon` on SIGUSR1, and leaves the outputs open",
    "late-daemon": "does as `daemon` on SIGUSR1",
    "hopping": "three lines of processes that ignore SIGTERM: each lives for 10 ms and leaves a new session behind",
    "leaky": "writes its secret TOY_SECRET in all ways, and again when it is told to end",
    "leaky-dies": "writes its secret in all ways, the last time in a traceback, status 1",
    "chatty": "writes a line every 5 ms, and 100 more when it is told to end",
    "dies": "ends at once, status 3",
}
ANSWER = ["A ", "toy ", "answer."]


def make_environment(folder: Path, frontend: str = "serve", worker: str = "willing", dynamo: bool = True) -> str:
    """Make the environment and return its folder, as `--environment` takes it. `dynamo=False` leaves Dynamo out."""
    if frontend not in FRONTENDS or worker not in WORKERS:
        raise ValueError(f"no such toy: {frontend}, {worker}")
    (folder / "bin").mkdir(parents=True)
    if dynamo:
        (folder / "lib" / "dynamo").mkdir(parents=True)
        (folder / "lib" / "dynamo" / "__init__.py").touch()
    program = folder / "bin" / "python"
    # -ES: starts fast, and no setting of the caller changes the toy itself.
    program.write_text(
        f"#!{sys.executable} -ES\n"
        "import sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from toy_dynamo import play\n"
        f"play({sys.executable!r}, {str(folder / 'lib')!r}, {frontend!r}, {worker!r})\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    return str(folder)


def dumped(folder: Path) -> dict[str, dict]:
    """Return what the processes that ran in a folder wrote about themselves, by the NAME of the file."""
    files = sorted(folder.glob("toy-*.json"))
    return {each.stem.removeprefix("toy-"): json.loads(each.read_text(encoding="utf-8")) for each in files}


def play(interpreter: str, library: str, frontend: str, worker: str) -> None:
    """Be the `python` of a toy environment."""
    argv = sys.argv[1:]
    if argv[:1] in (["-c"], ["-"]):
        os.execve(interpreter, [interpreter, *argv], {**os.environ, "PYTHONPATH": library})
    if lifeline := os.environ.get("TOY_LIFELINE"):
        os.open(lifeline, os.O_WRONLY)  # held as long as this process and those that it forks live
    # Blocked from the first moment and taken by sigwait: none is lost, none comes at a bad time.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGUSR1})
    if argv[:2] == ["-m", "dynamo.frontend"]:
        _play_frontend(argv, frontend)
    elif argv[:2] == ["-m", "dynamo.mocker"]:
        _play_worker(argv, worker)
    else:
        _end(2, f"toy python: cannot play {argv}")


def _play_frontend(argv: list[str], behaviour: str) -> None:
    _dump("frontend", argv)
    if behaviour == "dies":
        _end(3, "toy frontend: told to die")
    if behaviour != "silent":
        _listen(_value(argv, "--http-host"), int(_value(argv, "--http-port")), behaviour)
    print(f"toy frontend: {behaviour}", flush=True)
    _until_told(stubborn=behaviour == "stubborn")


def _play_worker(argv: list[str], behaviour: str) -> None:
    port = os.environ.get("DYN_SYSTEM_PORT")
    name = port or str(os.getpid())
    _dump(name, argv)
    if behaviour == "dies":
        _end(3, "toy worker: told to die")
    if behaviour == "parent":
        child = subprocess.Popen([sys.executable, "-ES", "-c", "import time; time.sleep(600)"])
        write_whole(Path(f"child-{name}.json"), {"pid": child.pid})
    fork(behaviour)  # before there are threads
    if port:
        _listen(os.environ.get("DYN_SYSTEM_HOST", "0.0.0.0"), int(port), behaviour)
    known = Path(os.environ["DYN_FILE_KV"]) / f"toy-{name}.json"
    if behaviour != "mute":
        prefill = _value(argv, "--disaggregation-mode") == "prefill"
        known.parent.mkdir(parents=True, exist_ok=True)
        model = None if prefill else _value(argv, "--model-name")
        write_whole(known, {"model": model, "component": "prefill" if prefill else "backend", "endpoint": "generate"})
    print(f"toy worker {name}: {behaviour}", flush=True)
    _live(behaviour)
    known.unlink(missing_ok=True)
    time.sleep(1.0 if behaviour == "slow" else 0.0)


def _live(behaviour: str) -> None:
    """Do what a worker does until it is told to end."""
    if behaviour.startswith("late"):
        signal.sigwait({signal.SIGUSR1})
        escape(behaviour)
    if behaviour.startswith("leaky"):
        _leak()
    if behaviour == "leaky-dies":
        raise ValueError(f"no such token: {os.environ['TOY_SECRET']}")
    if behaviour == "chatty":
        _chat()
    else:
        _until_told(stubborn=behaviour == "stubborn")
    if behaviour == "leaky":
        _leak()


def _chat() -> None:
    """Write line after line, and go on for a while after SIGTERM."""
    number, last = 0, sys.maxsize
    while number < last:
        print(f"line {number}", flush=True)
        number += 1
        if signal.sigtimedwait({signal.SIGTERM, signal.SIGINT}, 0.005):
            last = min(last, number + 100)
    print("the end", flush=True)


def _leak() -> None:
    """Write the secret whole, between other words, as JSON, as Python does, and in two parts some time apart."""
    secret = os.environb[b"TOY_SECRET"]
    text = secret.decode("utf-8", "surrogateescape")
    sys.stdout.buffer.write(b"begin " + secret + b" " + secret + b"\n")
    print(json.dumps({"token": text}), repr(text), file=sys.stderr, flush=True)
    sys.stdout.buffer.flush()
    for part in (secret[: len(secret) // 2], secret[len(secret) // 2 :] + b" leaked\n"):
        os.write(1, part)
        time.sleep(0.3)


def _value(argv: list[str], flag: str) -> str:
    """Return the word after a flag, nothing when the flag is not there."""
    return argv[argv.index(flag) + 1] if flag in argv else ""


def _dump(name: str, argv: list[str]) -> None:
    write_whole(Path(f"toy-{name}.json"), {"argv": argv, "env": dict(os.environ), "pid": os.getpid()})


def _end(status: int, words: str) -> None:
    print(words, file=sys.stderr, flush=True)
    os._exit(status)


def _until_told(stubborn: bool) -> None:
    while stubborn:
        signal.pause()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    behaviour = ""
    asked = 0

    def handle_error(self, request, client_address) -> None:
        """Say nothing: clients that go away in the middle are part of the game."""


def _listen(host: str, port: int, behaviour: str) -> None:
    server_class = type("Server", (_Server,), {"address_family": socket.AF_INET6 if ":" in host else socket.AF_INET})
    server = server_class((host, port), _Handler)
    server.behaviour = behaviour
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    """Answers as Dynamo's frontend does, or as it should not."""

    server: _Server

    def do_GET(self) -> None:
        self._wait_when_deaf()
        if self.path == "/v1/models":
            self._json(200, {"object": "list", "data": [{"id": each, "object": "model"} for each in self._models()]})
        elif self.path in ("/health", "/live"):
            self._json(200, {"status": "healthy", "instances": self._known()})
        elif self.path == "/metrics":
            self._send(200, b"# no metrics\n", "text/plain")
        else:
            self._send(404, b"", "text/plain")

    def do_POST(self) -> None:
        self._wait_when_deaf()
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked += 1
        if self.server.behaviour == "dies-after-ready" and self.server.asked > 1:
            os._exit(7)
        chat = self.path == "/v1/chat/completions"
        if not chat and self.path != "/v1/completions":
            self._send(404, b"", "text/plain")
        elif asked["model"] not in self._models():
            self._json(404, {"error": "no such model"})
        elif self.server.behaviour == "refuses":
            self._json(503, {"error": "not ready to serve requests yet"})
        elif self.server.behaviour == "garbage":
            self._send(200, b"<html>\n", "text/html")
        elif asked.get("stream"):
            self._stream(chat)
        else:
            self._answer(chat, asked["max_tokens"])
        if self.server.behaviour == "dies-later":
            os._exit(7)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the base class gives it
        if not self.server.behaviour.startswith("leaky"):  # it must not be written between two parts of a secret
            print("toy frontend:", format % args, flush=True)

    def _wait_when_deaf(self) -> None:
        while self.server.behaviour == "deaf" or (self.server.behaviour == "mulls" and self.command == "POST"):
            time.sleep(60)

    def _models(self) -> list[str]:
        if self.server.behaviour == "empty":
            return []
        return sorted({each["model"] for each in self._known() if each["model"]})

    def _known(self) -> list[dict]:
        files = Path(os.environ["DYN_FILE_KV"]).glob("toy-*.json")
        return [json.loads(each.read_text(encoding="utf-8")) for each in files]

    def _answer(self, chat: bool, tokens: int) -> None:
        behaviour = self.server.behaviour
        text = None if behaviour == "no-text" else "".join(ANSWER)
        choice = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
        count = 0 if behaviour == "miscounts" else min(tokens, len(ANSWER))
        self._json(200, {"choices": [{"index": 0, **choice}], "usage": {"completion_tokens": count}})

    def _stream(self, chat: bool) -> None:
        texts = [] if self.server.behaviour == "no-text" else ANSWER
        events = [json.dumps({"choices": [{"delta": {"content": each}} if chat else {"text": each}]}) for each in texts]
        events += [] if self.server.behaviour == "no-done" else ["[DONE]"]
        self._send(200, "".join(f"data: {each}\n\n" for each in events).encode(), "text/event-stream")

    def _json(self, status: int, data: dict) -> None:
        self._send(status, json.dumps(data).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
