"""Kill runs of real Dynamo at random moments: each time nothing may be left, and the next run must work.

    python tools/soak_kills.py                       50 rounds, from a new seed
    python tools/soak_kills.py --rounds 8 --seed 7   the same rounds every time; so does SEED=7

A round starts a graph of simulated workers, ends it in one of nine ways, and looks for what is left without a line of
the tool's own code: the processes that were below it (their numbers and start times), whoever works in the folder of a
run, and whoever has the folder of this soak in its environment. When command and guard are killed at once nobody is
there to end the graph: a later round, of the same name or another, must do so before it starts anything.
"""

import argparse
import contextlib
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from random import Random, SystemRandom
from typing import NamedTuple

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.kills import KILLS, Command, Failed, shown  # noqa: E402 - in the folder above
from tools.outside import free_port, heed_signals, is_free, listened_on, living, now  # noqa: E402

GONE_WITHIN = 10.0  # seconds: the grace of 5, and 5 more
TOLD = 4000  # characters of what a run said that are shown
STRANGERS = 30.0  # seconds for which a run that is not ours may have a port that was to be ours
LATEST = 6.0  # seconds after its start at which a run is killed
RELEASES = ("1.4.2", "1.6.0")
GRAPHS = {
    "soak-aggregated": "workers: {aggregated: {}}",
    "soak-split": "workers: {prefill: {}, decode: {}}",
    "soak-kv-router": "workers: {aggregated: {replicas: REPLICAS}}\nkv: {block_size: 16}",
}
RECIPE = """schema: 1
name: NAME
model: {packaged: tiny, served_name: tiny}
dynamo: "RELEASE"
engine: {name: mocker, args: {speedup-ratio: 1000}}
frontend: {port: PORT, router: MODE}
GRAPH
ready: {timeout: 2m}
stop: {grace: 5s}
"""


class Round(NamedTuple):
    """What one round does, drawn from the seed and its number."""

    number: int
    graph: str
    release: str
    replicas: int
    kill: str
    moment: str  # what must have happened: "", "starting" (a process was started), or "serving"
    delay: float  # seconds after that

    def __str__(self) -> str:
        many = f" x{self.replicas}" if "REPLICAS" in GRAPHS[self.graph] else ""
        return f"round {self.number:3} {self.graph + many:17} {self.release}"


class Outcome(NamedTuple):
    """What became of it."""

    at: float  # seconds from the start to the kill
    serving: bool
    gone: float  # seconds from the kill until nothing was left but what is for a later round
    ended: int  # how many processes that earlier rounds had left it ended
    left: int  # how many are left to a later round


def drawn(seed: int, number: int) -> Round:
    """Return a round, whatever the others are. Each kill comes once in nine rounds."""
    kills = list(KILLS)
    Random(f"{seed} kills {number // len(kills)}").shuffle(kills)
    random = Random(f"{seed} {number}")
    moment = ("starting", "serving", "", "starting", "")[number % 5]
    delay = random.uniform(0.0, {"starting": 0.5, "serving": 1.0}.get(moment, LATEST))
    graph, release, replicas = random.choice(list(GRAPHS)), random.choice(RELEASES), random.randint(2, 4)
    return Round(number, graph, release, replicas, kills[number % len(kills)], moment, delay)


# --- Rounds --------------------------------------------------------------------------------------------------------


class Soak:
    """Rounds that share their folders, names and ports: each runs over what the last one left."""

    def __init__(self, seed: int, folder: Path) -> None:
        self._seed, self._folder = seed, folder
        self._port = free_port()
        self._left: list[psutil.Process] = []  # by rounds that killed command and guard
        self._command: Command | None = None

    def begin(self, graph: str, release: str, replicas: int) -> Command:
        """Write a recipe and run it."""
        text = RECIPE.replace("GRAPH", GRAPHS[graph]).replace("REPLICAS", str(replicas))
        text = text.replace("MODE", "kv" if "kv" in graph else "round_robin")
        text = text.replace("NAME", graph).replace("RELEASE", release).replace("PORT", str(self._port))
        recipe = self._folder / f"{graph}.yaml"
        recipe.write_text(text, encoding="utf-8")
        self._command = Command(recipe, self._folder)
        return self._command

    def serve(self, graph: str, release: str) -> str:
        """Run a graph until it serves, and stop it. Raises Failed when it does not, or when something is left."""
        command = self.begin(graph, release, 2)
        command.wait(command.serves, "it served")
        serving = time.monotonic() - command.begun
        self.taken_over(command)
        command.look()
        command.process.send_signal(signal.SIGINT)
        self.gone(command, 130)
        return f"served after {serving:.2f} s, nothing is left"

    def round(self, this: Round) -> Outcome:
        """Do one round. Raises Failed."""
        command = self.begin(this.graph, this.release, this.replicas)
        wait_for_moment(command, this)
        kill, status = KILLS[this.kill]
        command.look()
        guarded = bool(command.guard()) or "guard" in this.kill
        kill(command, Random(f"{self._seed} {this.number} kill"))
        killed, serving = time.monotonic(), command.serves()
        ended = self.taken_over(command)
        if this.kill == "both -9":
            command.process.wait()
            self._left = self.rest(command)
        gone = self.gone(command, status if guarded else None) - killed
        return Outcome(killed - command.begun, serving, gone, ended, len(self._left))

    def taken_over(self, command: Command) -> int:
        """Return how many processes of earlier rounds have ended. All must have, before the command starts one."""
        before = len(self._left)
        started = "started, pid" in command.text()
        self._left = living(self._left)
        if self._left and started:
            raise Failed(f"started over what was left: {shown(self._left)}")
        return before - len(self._left)

    def gone(self, command: Command, status: int | None) -> float:
        """Wait until nothing is left but what is for a later round, and return when that was. Raises Failed."""
        killed, until = now(), time.monotonic() + GONE_WITHIN
        while (left := self.rest(command, self._left)) or command.process.poll() is None:
            if time.monotonic() > until:
                raise Failed(f"left: {shown(left)}" if left else "the command does not end")
            time.sleep(0.02)
        ended = time.monotonic()
        if status is not None and command.process.poll() != status:
            raise Failed(f"status {command.process.poll()} instead of {status}")
        if not self._left:  # else they have the ports still
            self._check_ports(command, killed)
        return ended

    def _check_ports(self, command: Command, killed: float) -> None:
        if not is_free(self._port):
            raise Failed(f"port {self._port} is not free")
        until = time.monotonic() + STRANGERS
        while taken := listened_on(command.ports(), killed):
            if time.monotonic() > until:
                raise Failed(f"still listened on: {taken}")
            time.sleep(0.1)

    def rest(self, command: Command, spared: Iterable[psutil.Process] = ()) -> list[psutil.Process]:
        """Return all that is left, but for the command itself."""
        found = {each.pid: each for each in (*command.family, *self._left, *self._others())}
        for each in (command.process, *spared):
            found.pop(each.pid, None)
        return living(found.values())

    def _others(self) -> list[psutil.Process]:
        """Return who works in a run's folder, or has our folder in the environment."""
        found, ours = [], str(self._folder)
        for each in psutil.process_iter():
            with contextlib.suppress(OSError, psutil.Error):
                at_work = os.readlink(f"/proc/{each.pid}/cwd").startswith(ours)
                if at_work or ours.encode() in Path(f"/proc/{each.pid}/environ").read_bytes():
                    found.append(each)
        return found

    def clear(self) -> str:
        """Kill whatever there is, and return what the last command said."""
        if self._command is None:
            return ""
        with contextlib.suppress(psutil.NoSuchProcess):
            self._command.process.kill()
        self._command.process.wait()
        while left := self.rest(self._command):
            for each in left:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()
            time.sleep(0.02)
        self._left = []
        return self._command.text()


def wait_for_moment(command: Command, this: Round) -> None:
    """Wait until the run is to be killed. Raises Failed when it ends by itself."""
    if this.moment == "starting":
        command.wait(lambda: "started, pid" in command.text(), "a process was started")
    elif this.moment == "serving":
        command.wait(command.serves, "it served")
    until = this.delay + (time.monotonic() if this.moment else command.begun)
    command.wait(lambda: time.monotonic() >= until, "it was killed")


# --- The whole -----------------------------------------------------------------------------------------------------


def soak(seed: int, rounds: int, folder: Path) -> int:
    """Do all rounds, print each and the figures; return how many failed."""
    runs = Soak(seed, folder)
    outcomes: list[Outcome] = []
    failures = 0
    try:
        for words, act in steps(runs, (drawn(seed, number) for number in range(rounds)), outcomes):
            try:
                print(f"{words}: {act()}", flush=True)
            except Failed as failed:
                print(f"{words}: FAILED: {failed}\n{runs.clear()[-TOLD:]}", flush=True)
                failures += 1
    finally:
        runs.clear()
    print(summary(outcomes, failures))
    return failures


def steps(runs: Soak, rounds: Iterable[Round], outcomes: list[Outcome]) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield what is done, and how: first environments are made; at the end nothing may be left."""
    for release in RELEASES:
        yield f"Dynamo {release}", partial(runs.serve, "soak-split", release)
    for this in rounds:
        yield str(this), partial(one, runs, this, outcomes)
    yield "the end", partial(runs.serve, "soak-split", RELEASES[0])


def one(runs: Soak, this: Round, outcomes: list[Outcome]) -> str:
    """Do a round, note its outcome and return it in words."""
    outcomes.append(runs.round(this))
    return told(this, outcomes[-1])


def told(this: Round, outcome: Outcome) -> str:
    """Return one line about a round."""
    ended = f", after it had ended {outcome.ended} left by an earlier round" if outcome.ended else ""
    gone = f"{outcome.left} left to a later round" if outcome.left else f"gone after {outcome.gone:.2f} s"
    when = "serving" if outcome.serving else "starting"
    return f"{this.kill:12} at {outcome.at:5.2f} s, {when}{ended}: {gone}"


def summary(outcomes: list[Outcome], failures: int) -> str:
    """Return the figures."""
    times = [each.gone for each in outcomes if not each.left] or [0.0]
    serving = sum(each.serving for each in outcomes)
    left = [each.left for each in outcomes if each.left]
    return (
        f"{len(outcomes)} rounds done, {failures} failures; killed while starting {len(outcomes) - serving}, "
        f"serving {serving}; gone after median {statistics.median(times):.2f} s, at most {max(times):.2f} s; "
        f"{sum(left)} processes of {len(left)} runs were left to later ones"
    )


def main(words: list[str]) -> int:
    """Soak and return 1 when a round failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50, help="number of rounds")
    parser.add_argument("--seed", type=int, default=os.environ.get("SEED"), help="a new one unless given")
    options = parser.parse_args(words)
    heed_signals()
    seed = SystemRandom().randrange(1 << 32) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what is ignored here, in the background, would be there
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    with tempfile.TemporaryDirectory(prefix="soak-kills-") as folder:
        return 1 if soak(seed, options.rounds, Path(folder)) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
