"""A run in the foreground: start, gate on readiness, watch, stop. Leaves nothing behind."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from dynamo_recipes.errors import ComponentFailed, DynamoRecipesError, Refused
from dynamo_recipes.findings import Finding
from dynamo_recipes.launch import ready
from dynamo_recipes.launch.activity import Activity
from dynamo_recipes.launch.ask import Endpoint
from dynamo_recipes.launch.family import UNSEEN
from dynamo_recipes.launch.guarded import Guarded, Process
from dynamo_recipes.launch.logfile import last_lines
from dynamo_recipes.launch.logs import REST, Pump, Show
from dynamo_recipes.launch.masking import Masks
from dynamo_recipes.launch.signals import Signals
from dynamo_recipes.plan.bind import ProcessSpec, Secret

_TICK = 0.02
_LONG = 3600.0  # seconds: who waits so long is woken by what happens
_MOMENT = 0.5  # seconds in which a dying process ends
_SECOND_SIGNAL = 5.0  # seconds left after a second Ctrl-C

Say = Callable[[str, str], None]  # name of a process or run, what became of it


@dataclass
class Run:
    """The processes of one run and those who watch them."""

    specs: tuple[ProcessSpec, ...]
    guarded: Guarded
    endpoint: Endpoint
    grace: float  # seconds
    say: Say
    signals: Signals

    def wait_ready(self, timeout: float, idle_timeout: float, pump: Pump) -> float:
        """Return the seconds until the graph served. Raises NotReady or ComponentFailed."""
        workers = [each for each in self.guarded.processes if each.group != self.specs[0].component]

        def said() -> int:  # the frontend's log grows with each of our questions
            return sum(pump.seen(each.name) for each in workers)

        activity = Activity(lambda: [each.pid for each in workers], said, idle_timeout)
        limits = ready.Limits(timeout, idle_timeout, activity.idle)
        try:
            return ready.wait(self.endpoint, self._expected(), limits, self.look, self._from_frontend)
        except DynamoRecipesError as error:
            if not error.findings or error.findings[0].code != "DR652":
                raise
            raise type(error)(_with_logs(error.findings[0], self.guarded.processes)) from None

    def _from_frontend(self, text: str) -> None:
        self.say("frontend", text)

    def _expected(self) -> ready.Expected:
        """Return what must be there. The frontend's own health says nothing: it is up before any worker."""
        probes = {
            spec.name: (Endpoint("127.0.0.1", dict(spec.ports)[spec.ready.port], "", "chat"), spec.ready.path)
            for spec in self.specs
            if spec.ready and spec.component != self.specs[0].component
        }
        return ready.Expected(probes, Counter(spec.endpoint for spec in self.specs if spec.endpoint))

    def wait_for_end(self) -> NoReturn:
        """Watch until a signal comes (raises Interrupted) or a component ends (raises ComponentFailed)."""
        while True:
            self.look()
            with self.signals.interruptible():
                self.guarded.wait(_LONG)

    def look(self) -> None:
        """Raise when a signal has come, a process has ended on its own, or the run's guard has."""
        self.signals.check()
        self.guarded.hear()
        for process in self.guarded.processes:
            if process.status is not None:
                raise ComponentFailed(_death(process, process.status))
        if self.guarded.gone:
            raise ComponentFailed(self.guarded.death())

    def look_for_deaths(self) -> None:
        """Raise ComponentFailed when a process ends within a moment: that is then why an answer was wrong."""
        until = time.monotonic() + _MOMENT
        while time.monotonic() < until:
            self.look()
            time.sleep(_TICK)

    def start(self, secrets: Mapping[Secret, str], pump: Pump) -> None:
        """Start all processes in order."""
        for spec in self.specs:
            self.look()
            process = self.guarded.start(spec, secrets, pump)
            numbers = ", ".join(f"{name} port {number}" for name, number in spec.ports)
            self.say(spec.name, f"started, pid {process.pid}" + (f", {numbers}" if numbers else ""))

    def stop(self) -> None:
        """Stop workers first, the frontend last, within one deadline; a second signal brings it nearer.

        Everything has ended on return, whatever becomes of what is said about it.
        """
        if not self.guarded.asked:
            return
        asked = min(1, len(self.signals.received))  # what came before the first stop was asked counts once
        self.guarded.stop(self.grace)
        try:
            self.say("run", "stopping")
            self._watch_stop(asked)
        finally:
            self.guarded.finish()

    def _watch_stop(self, asked: int) -> None:
        hurried = False
        told: set[str] = set()
        while not self.guarded.stopped:
            self.guarded.go_on(_TICK)
            self._tell_ends(told)
            if not hurried and len(self.signals.received) > asked:
                hurried = True
                self.guarded.hurry(_SECOND_SIGNAL)
                self.say("run", f"asked again: {_SECOND_SIGNAL:g} s left")
        self._tell_ends(told)
        left = ", ".join(map(str, self.guarded.left))
        self.say("run", f"stopped, but the system does not end: {left}" if left else "stopped")

    def _tell_ends(self, told: set[str]) -> None:
        for process in self.guarded.processes:
            if process.status is not None and process.name not in told:
                told.add(process.name)
                self.say(process.name, f"stopped, {status_text(process.status)}")


@contextmanager
def running(run: Run, secrets: Mapping[Secret, str], show: Show | None) -> Iterator[Pump]:
    """Start a run's processes; whatever happens inside, stop them and pass on the last of their logs."""
    try:
        pump = Pump(show, masks=Masks(secrets.values()))
    except OSError as error:
        reason = f"The logs cannot be read: {error.strerror or error}."
        raise Refused(Finding("DR609", reason, "Look at `ulimit -a`: processes (threads) and open files.")) from error
    try:
        run.start(secrets, pump)
        yield pump
    finally:
        try:
            run.stop()
        finally:
            pump.close()


def status_text(status: int) -> str:
    """Return an exit status in words."""
    if status == UNSEEN:
        return "how is not known"
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def _death(process: Process, status: int) -> Finding:
    message = f"{process.spec.name} ended on its own, {status_text(status)}."
    return _with_logs(Finding("DR651", message, "The cause is usually in the last lines of its log."), [process])


def _with_logs(found: Finding, shown: list[Process]) -> Finding:
    """Return a finding with the ends of the logs; a moment is given for the last lines to arrive."""
    time.sleep(REST + _TICK)
    parts = [found.message]
    for process in shown[:4]:
        lines = last_lines(process.log, 12 if len(shown) == 1 else 4)
        parts += [f"{process.spec.name}, {process.log}:", *(f"  {line}" for line in lines or ("(empty)",))]
    return Finding(found.code, "\n".join(parts), found.hint, found.where)
