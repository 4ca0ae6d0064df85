"""A run of real Dynamo, and the ways to kill it. Used by `tools/soak_kills.py`; imports nothing of ours."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import psutil

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120.0  # seconds for what takes as long as it takes: until a graph serves


class Failed(Exception):
    """A round did not end as it should; the text says how."""


class Command:
    """A `dynamo-recipe run`, and all that is known of its processes."""

    def __init__(self, recipe: Path, folder: Path) -> None:
        self._output = folder / "output.txt"
        with open(self._output, "wb") as output:
            self.process = psutil.Popen(
                [sys.executable, "-m", "dynamo_recipes", "run", str(recipe)],
                env=os.environ | {"XDG_STATE_HOME": str(folder)},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self.begun = time.monotonic()
        self.family: list[psutil.Process] = []

    def text(self) -> str:
        """Return what it has said so far."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def serves(self) -> bool:
        """Tell whether the graph is ready."""
        return "stop      Ctrl-C" in self.text()

    def wait(self, what: Callable[[], bool], words: str) -> None:
        """Wait until something is so. Raises Failed when the command ends before."""
        until = time.monotonic() + PATIENCE
        while not what():
            if self.process.poll() is not None:
                raise Failed(f"it ended, status {self.process.poll()}, before {words}")
            if time.monotonic() > until:
                raise Failed(f"{PATIENCE:g} s passed before {words}")
            time.sleep(0.005)

    def guard(self) -> list[psutil.Process]:
        """Return the guard, where there is one yet."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return [each for each in self.process.children() if "launch.guard" in " ".join(each.cmdline())]
        return []

    def started(self, frontend: bool) -> list[psutil.Process]:
        """Return the frontend, or the workers, as far as they were started."""
        lines = re.findall(r"^(\S+) +started, pid (\d+)", self.text(), re.MULTILINE)
        numbers = {int(pid) for name, pid in lines if name.startswith("frontend") == frontend}
        return [each for each in self.look() if each.pid in numbers]

    def look(self) -> list[psutil.Process]:
        """Return all processes below the command, and remember them."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self.family = self.process.children(recursive=True)
        return self.family

    def ports(self) -> set[int]:
        """Return the ports of the graph's processes, as far as they were told."""
        lines = re.findall(r"^\S+ +started, pid \d+,(.*)$", self.text(), re.MULTILINE)
        return {int(port) for line in lines for port in re.findall(r"port (\d+)", line)}


# --- The ways to end a run -----------------------------------------------------------------------------------------


def _signal(number: int) -> Callable[[Command, Random], None]:
    return lambda command, _: command.process.send_signal(number)


def _twice(command: Command, random: Random) -> None:
    command.process.send_signal(signal.SIGINT)
    until = time.monotonic() + random.uniform(0.0, 0.5)
    while command.process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    with contextlib.suppress(psutil.NoSuchProcess):
        command.process.send_signal(signal.SIGINT)


def _one_of(which: Callable[[Command], list[psutil.Process]]) -> Callable[[Command, Random], None]:
    def kill(command: Command, random: Random) -> None:
        command.wait(lambda: bool(which(command)), "there was one to kill")
        chosen = random.choice(which(command))
        command.look()
        chosen.kill()

    return kill


def _both(command: Command, _: Random) -> None:
    """Stop both first: neither sees the other die, and nothing is started meanwhile."""
    both = [command.process, *command.guard()]
    for each in both:
        each.send_signal(signal.SIGSTOP)
    both = [command.process, *command.guard()]
    command.look()
    for each in both:
        each.kill()


KILLS: dict[str, tuple[Callable[[Command, Random], None], int]] = {  # how, and the status that the command ends with
    "Ctrl-C": (_signal(signal.SIGINT), 130),
    "Ctrl-C twice": (_twice, 130),
    "SIGTERM": (_signal(signal.SIGTERM), 143),
    "SIGHUP": (_signal(signal.SIGHUP), 129),
    "command -9": (_signal(signal.SIGKILL), -9),
    "guard -9": (_one_of(Command.guard), 1),
    "both -9": (_both, -9),
    "worker -9": (_one_of(lambda command: command.started(frontend=False)), 1),
    "frontend -9": (_one_of(lambda command: command.started(frontend=True)), 1),
}


# --- What is left --------------------------------------------------------------------------------------------------


def shown(processes: Iterable[psutil.Process]) -> str:
    """Return processes in words."""
    words = []
    for each in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            words.append(f"{each.pid} ({' '.join(each.cmdline())[:80]})")
    return ", ".join(words)
