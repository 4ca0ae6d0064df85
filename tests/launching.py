"""Starting the whole command in tests, and looking at what it leaves behind."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil

PATIENCE = 60.0  # seconds; a test polls, this only bounds it


class Command:
    """A `dynamo-recipe` process whose output is collected while it runs."""

    def __init__(self, *words: str, **env: str) -> None:
        code = "from dynamo_recipes.__main__ import main; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *words],
            env=os.environ | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.out: list[str] = []
        self.err: list[str] = []
        self.readers = [
            threading.Thread(target=self._collect, args=pair, daemon=True)
            for pair in ((self.process.stdout, self.out), (self.process.stderr, self.err))
        ]
        for each in self.readers:
            each.start()

    def _collect(self, stream, lines) -> None:
        with stream:
            for line in stream:
                lines.append(line.rstrip("\n"))

    def wait_for(self, words: str) -> None:
        """Wait until a line with these words has come."""
        until = time.monotonic() + PATIENCE
        over = False
        while not any(words in line for line in (*self.out, *self.err)):
            if over or time.monotonic() > until:
                raise AssertionError(f"never said {words!r}: {self.out} {self.err}")
            time.sleep(0.01)
            # Looked at before the lines: all of them are there then.
            over = self.process.poll() is not None and not any(each.is_alive() for each in self.readers)

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def status(self) -> int:
        """Wait for the end and return the exit status."""
        status = self.process.wait(PATIENCE)
        for each in self.readers:
            each.join(PATIENCE)
        return status

    def children(self) -> list[psutil.Process]:
        """Return all processes below the command now; `left` looks at them again later."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def text(self) -> str:
        return "\n".join((*self.out, *self.err))


def left(processes: list[psutil.Process], within: float = 10.0) -> list[psutil.Process]:
    """Return the processes that still live after some seconds."""
    return psutil.wait_procs(processes, timeout=within)[1]


def recipe(folder: Path, text: str = "", name: str = "toy", port: int = 0) -> str:
    """Write a recipe on the toy and return its path."""
    path = folder / f"{name}.yaml"
    base = "schema: 1\nmodel: {packaged: tiny, served_name: toy}\nengine: mocker\ndynamo: '1.4.2'\n"
    frontend = "" if "frontend:" in text else f"frontend: {{port: {port}}}\n"
    path.write_text(base + frontend + text, encoding="utf-8")
    return str(path)


def run_folder(name: str = "toy") -> Path:
    return Path(os.environ["XDG_STATE_HOME"]) / "dynamo-recipes" / "runs" / name


def endpoint(command: Command) -> str:
    """Return the address that a serving command has printed."""
    return next(line.split()[-1] for line in command.out if line.strip().startswith("endpoint"))


def as_json(command: Command) -> object:
    return json.loads("\n".join(command.out))
