"""Runs on the toy that are killed in some way, and what is left of them then, found without a line of our own code."""

import contextlib
import json
import os
import re
import signal
import time
from pathlib import Path

import psutil
from launching import PATIENCE, Command, recipe
from toy_dynamo import dumped, make_environment

from tools.outside import free_port, living

SERVES = "stop      Ctrl-C"


class Scene:
    """One run in folders of its own, and all that is known of its processes.

    `moment`: "begun" (the first process was started), "starting" (all were, and the graph is never ready), "serving".
    """

    def __init__(self, folder: Path, moment: str, worker: str, grace: float) -> None:
        folder.mkdir(parents=True)
        self.folder, self.moment, self.worker = folder, moment, worker
        self.port = free_port()
        self.recipe = recipe(folder, f"ready: {{timeout: 60s}}\nstop: {{grace: {grace:g}s}}\n", port=self.port)
        self.runs = folder / "state" / "dynamo-recipes" / "runs"
        self.commands: list[Command] = []
        self.family: list[psutil.Process] = []
        os.mkfifo(folder / "lifeline")
        self._lifeline = os.open(folder / "lifeline", os.O_RDONLY | os.O_NONBLOCK)
        self.willing = make_environment(folder / "willing")
        self.toy = make_environment(folder / "toy", "empty" if moment == "starting" else "serve", worker)

    def start(self) -> None:
        """Run the recipe up to the moment."""
        self.command = self._run(self.recipe, self.toy, TOY_LIFELINE=str(self.folder / "lifeline"))
        words = {"begun": "frontend-0      started", "serving": SERVES}.get(self.moment, f": {self.worker}")
        self.command.wait_for(words)
        assert (self.moment == "serving") == ("ready after" in self.command.text())
        (self.guard,) = psutil.Process(self.command.process.pid).children()
        self.look()
        if self.moment != "begun":
            assert {*self.written()} <= {each.pid for each in self.family}
            assert len(self.family) >= 3

    def _run(self, path: str, toy: str, **env: str) -> Command:
        started = Command("run", path, "--environment", toy, XDG_STATE_HOME=str(self.folder / "state"), **env)
        self.commands.append(started)
        return started

    def look(self) -> None:
        """Remember who is below the guard now."""
        self.family = [self.guard, *self.guard.children(recursive=True)]

    def written(self, kind: str = "*") -> list[int]:
        """Return the numbers of processes that the toys wrote into their folder; `child`: those that forked off."""
        files = (self.runs / "toy").glob(f"{kind}-*.json")
        return [json.loads(each.read_text())["pid"] for each in files]

    def inner_ports(self) -> list[int]:
        return [int(each) for each in re.findall(r"system port (\d+)", self.command.text())]

    def graph(self) -> list[psutil.Process]:
        """Return what still lives of the graph, as it was before the kill."""
        return [each for each in living(self.family) if each != self.guard]

    def toy_worker(self) -> psutil.Process:
        (pid,) = (each["pid"] for name, each in dumped(self.runs / "toy").items() if name != "frontend")
        return psutil.Process(pid)

    def fork(self) -> int:
        """Let a worker that is late fork; return the number of its child."""
        self.toy_worker().send_signal(signal.SIGUSR1)
        until = time.monotonic() + PATIENCE
        while not self.written("child"):
            assert time.monotonic() < until
            time.sleep(0.01)
        self.look()
        return self.written("child")[0]

    def rest(self) -> list[object]:
        """Return what is left, the cheapest to find first."""
        return living(self.family) or (["whoever holds the pipe"] if self._is_held() else self._at_work())

    def _at_work(self) -> list[psutil.Process]:
        """Return who has the folder of a run as working folder."""
        found = []
        for each in psutil.process_iter():
            with contextlib.suppress(OSError):
                if Path(os.readlink(f"/proc/{each.pid}/cwd")).parent == self.runs:
                    found.append(each)
        return found

    def _is_held(self) -> bool:
        try:
            return os.read(self._lifeline, 1) != b""
        except BlockingIOError:  # there is a writer, and nothing to read
            return True

    def gone_after(self, begun: float) -> float:
        """Wait until nothing is left and return the seconds since some time."""
        while left := self.rest():
            assert time.monotonic() - begun < PATIENCE, f"left: {left}\n{self.command.text()}"
            time.sleep(0.05)
        return time.monotonic() - begun

    def run_again(self, name: str = "toy") -> str:
        """Run the same recipe, or one of another name, to ready; stop it, and return what it said."""
        path = self.recipe if name == "toy" else recipe(self.folder, port=self.port, name=name)
        command = self._run(path, self.willing)
        command.wait_for(SERVES)
        assert not self.graph(), "what was left is ended before anything else"
        assert not self._is_held()
        command.send(signal.SIGINT)
        assert command.status() == 130, command.text()
        return command.text()

    def close(self) -> None:
        """Kill what a test that failed leaves."""
        os.close(self._lifeline)
        for each in self.commands:
            each.process.kill()
            each.process.wait()
        until = time.monotonic() + PATIENCE
        while (left := [*living(self.family), *living(self._at_work())]) and time.monotonic() < until:
            for process in left:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()


# --- What is killed ------------------------------------------------------------------------------------------------


def ctrl_c(scene: Scene) -> None:
    scene.command.send(signal.SIGINT)


def ctrl_c_twice(scene: Scene) -> None:
    scene.command.send(signal.SIGINT)
    scene.command.wait_for("stopping")
    scene.command.send(signal.SIGINT)


def sigterm(scene: Scene) -> None:
    scene.command.send(signal.SIGTERM)


def sighup(scene: Scene) -> None:
    scene.command.send(signal.SIGHUP)


def kill_runner(scene: Scene) -> None:
    scene.command.send(signal.SIGKILL)


def kill_guard(scene: Scene) -> None:
    scene.guard.kill()


def kill_both(scene: Scene) -> None:
    """Stop both first: neither sees the other die, and nothing is started meanwhile."""
    both = (scene.command.process, scene.guard)
    for each in both:
        each.send_signal(signal.SIGSTOP)
    scene.look()
    for each in both:
        each.send_signal(signal.SIGKILL)


def hang_the_guard(scene: Scene) -> None:
    scene.guard.suspend()
    ctrl_c(scene)


def kill_guard_after_a_fork(scene: Scene) -> None:
    """Stop the guard first: it does not see the fork."""
    scene.guard.suspend()
    scene.fork()
    scene.guard.kill()


def hang_the_worker(scene: Scene) -> None:
    scene.toy_worker().suspend()
    ctrl_c(scene)
