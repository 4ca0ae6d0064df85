"""A run in the foreground: start, gate on readiness, watch, stop. Leaves nothing behind."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from dynamo_recipes.errors import ComponentFailed, DynamoRecipesError
from dynamo_recipes.findings import Finding
from dynamo_recipes.launch import processes, ready
from dynamo_recipes.launch.ask import Endpoint
from dynamo_recipes.launch.logs import Pump, Show, last_lines
from dynamo_recipes.launch.processes import Process
from dynamo_recipes.launch.signals import Signals
from dynamo_recipes.plan.bind import ProcessSpec

_TICK = 0.05
_MOMENT = 0.5  # seconds in which a dying process ends
_SECOND_SIGNAL = 5.0  # seconds left after a second Ctrl-C

Say = Callable[[str, str], None]  # name of a process or run, what became of it


@dataclass
class Run:
    """The processes of one run and those who watch them."""

    specs: tuple[ProcessSpec, ...]
    folder: Path
    endpoint: Endpoint
    grace: float  # seconds
    say: Say
    signals: Signals
    processes: list[Process] = field(default_factory=list)

    def wait_ready(self, timeout: float) -> float:
        """Return the seconds until the graph served. Raises NotReady or ComponentFailed."""
        try:
            return ready.wait(self.endpoint, self._probes(), timeout, self.look, self._from_frontend)
        except DynamoRecipesError as error:
            if not error.findings or error.findings[0].code != "DR652":
                raise
            raise type(error)(_with_logs(error.findings[0], self.processes)) from None

    def _from_frontend(self, text: str) -> None:
        self.say("frontend", text)

    def _probes(self) -> ready.Probes:
        """Return where each worker tells its health. The frontend's says nothing: it is up before any worker."""
        return {
            spec.name: (Endpoint("127.0.0.1", dict(spec.ports)[spec.ready.port], "", "chat"), spec.ready.path)
            for spec in self.specs
            if spec.ready and spec.component != self.specs[0].component
        }

    def wait_for_end(self) -> NoReturn:
        """Watch until a signal comes (raises Interrupted) or a component ends (raises ComponentFailed)."""
        while True:
            self.look()
            with self.signals.interruptible():
                time.sleep(_TICK)

    def look(self) -> None:
        """Raise when a signal has come or a process has ended on its own."""
        self.signals.check()
        for process in self.processes:
            if process.ended():
                raise ComponentFailed(_death(process, process.end()))

    def look_for_deaths(self) -> None:
        """Raise ComponentFailed when a process ends within a moment: that is then why an answer was wrong."""
        until = time.monotonic() + _MOMENT
        while time.monotonic() < until:
            self.look()
            time.sleep(_TICK)

    def start(self, secrets: Mapping[str, str], pump: Pump) -> None:
        """Start all processes in order."""
        for spec in self.specs:
            self.look()
            process = processes.start(spec, self.folder, secrets, pump)
            self.processes.append(process)
            numbers = ", ".join(f"{name} port {number}" for name, number in spec.ports)
            self.say(spec.name, f"started, pid {process.popen.pid}" + (f", {numbers}" if numbers else ""))

    def stop(self) -> None:
        """Stop workers first, the frontend last, within one deadline; a second signal brings it nearer."""
        if not self.processes:
            return
        self.say("run", "stopping")
        before = len(self.signals.received)
        limits = [time.monotonic() + self.grace]

        def deadline() -> float:
            if len(limits) == 1 and len(self.signals.received) > before:
                limits.append(min(limits[0], time.monotonic() + _SECOND_SIGNAL))
                self.say("run", f"asked again: {_SECOND_SIGNAL:g} s left")
            return limits[-1]

        processes.stop(self._stop_order(), deadline, self._stopped)
        self.say("run", "stopped")

    def _stop_order(self) -> list[list[Process]]:
        """Return the processes by component, workers all at once, what was started first (the frontend) last."""
        first = self.processes[0].spec.component
        workers = [each for each in self.processes if each.spec.component != first]
        return [workers, [each for each in self.processes if each.spec.component == first]]

    def _stopped(self, process: Process, status: int) -> None:
        self.say(process.spec.name, f"stopped, {status_text(status)}")


@contextmanager
def running(run: Run, secrets: Mapping[str, str], show: Show) -> Iterator[Run]:
    """Start a run's processes; whatever happens inside, stop them and pass on the last of their logs."""
    pump = Pump(show)
    try:
        run.start(secrets, pump)
        yield run
    finally:
        try:
            run.stop()
        finally:
            pump.close()


def status_text(status: int) -> str:
    """Return an exit status in words."""
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def _death(process: Process, status: int) -> Finding:
    message = f"{process.spec.name} ended on its own, {status_text(status)}."
    return _with_logs(Finding("DR651", message, "The cause is usually in the last lines of its log."), [process])


def _with_logs(found: Finding, shown: list[Process]) -> Finding:
    """Return a finding with the ends of the logs; a moment is given for the last lines to arrive."""
    time.sleep(_TICK)
    parts = [found.message]
    for process in shown[:4]:
        lines = last_lines(process.log, 12 if len(shown) == 1 else 4)
        parts += [f"{process.spec.name}, {process.log}:", *(f"  {line}" for line in lines or ("(empty)",))]
    return Finding(found.code, "\n".join(parts), found.hint, found.where)
