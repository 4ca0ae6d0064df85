"""The processes of a run as its command sees them: started, watched and ended by the run's guard.

When the guard dies, the command takes its place.
"""

import contextlib
import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dynamo_recipes.errors import ComponentFailed, Refused
from dynamo_recipes.findings import Finding
from dynamo_recipes.launch import procfs
from dynamo_recipes.launch.channel import Channel
from dynamo_recipes.launch.family import Leader, ticks
from dynamo_recipes.launch.folders import RunFolder, cannot_write
from dynamo_recipes.launch.logfile import last_lines
from dynamo_recipes.launch.logs import Pump
from dynamo_recipes.launch.processes import environment
from dynamo_recipes.launch.secrets import wanted
from dynamo_recipes.launch.state import MARKER
from dynamo_recipes.launch.subreaper import adopting
from dynamo_recipes.launch.takeover import Takeover
from dynamo_recipes.plan.bind import ProcessSpec, Secret

_PROGRAM = "import sys; sys.path.append(sys.argv[1]); from dynamo_recipes.launch.guard import main; main()"
_HOME = str(Path(__file__).parents[2])
_LOG = "guard.log"
# All that the guard needs of the caller's environment: how to load its libraries, how text is encoded. No secrets.
_GUARD_ENVIRONMENT = ("LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH")
_TICK = 0.02  # seconds between two steps when the guard has gone
_REPLY = 30.0  # seconds in which a guard that lives has started a process
_AFTER_DEADLINE = 15.0  # seconds after the deadline in which a guard that lives has ended everything


class Process(Leader):
    """A started process of the graph."""

    def __init__(self, spec: ProcessSpec, pid: int, started: int, log: Path) -> None:
        super().__init__(spec.name, spec.component, pid, started)
        self.spec = spec
        self.log = log


class Guarded:
    """A run's processes, and the channel to their guard. Raises Refused (DR609) when the guard cannot be started."""

    def __init__(self, folder: RunFolder, grace: float) -> None:
        self.processes: list[Process] = []
        self.asked = False  # a process may have been started
        self._folder = folder
        self._marker = f"{folder.path.name}@{os.urandom(8).hex()}"
        self._mark = f"{MARKER}={self._marker}"  # as it stands in an environment
        self._answer: dict[str, Any] | None = None
        self._ends: dict[str, int] = {}
        self._alone: Takeover | None = None
        self._ended: list[int] | None = None  # what the guard could not end, when it has ended the rest
        self._deadline = 0.0
        self._begun = ticks()
        try:
            self._guard, self._channel = _start_guard(folder)
        except OSError as error:
            reason = error.strerror or str(error)
            raise Refused(Finding("DR609", f"The guard of the run cannot be started: {reason}.", _RESOURCES)) from error
        me = procfs.look(os.getpid())
        identity = (os.getpid(), me.started if me else 0)
        run = {"name": folder.path.name, "folder": str(folder.path), "marker": self._mark}
        self._send({"run": {**run, "grace": grace, "runner": identity}})

    @property
    def gone(self) -> bool:
        """Tell whether the guard has died."""
        return self._alone is not None

    @property
    def stopped(self) -> bool:
        """Tell whether everything has ended that can be ended."""
        return self._ended is not None or (self._alone is not None and self._alone.stopped)

    @property
    def left(self) -> tuple[int, ...]:
        """What the system does not end."""
        return self._alone.left if self._alone else tuple(self._ended or ())

    def start(self, spec: ProcessSpec, secrets: Mapping[Secret, str], pump: Pump) -> Process:
        """Start a process in a session of its own, its output in `logs/NAME.log` of the run's folder.

        Raises Refused: DR608 when its log cannot be written, DR609 when it cannot be started; ComponentFailed when
        the guard has died.
        """
        log = self._folder.logs / f"{spec.name}.log"
        try:
            read, write = os.pipe()
        except OSError as error:  # no descriptor is free
            raise Refused(_cannot_start(spec, error.strerror or str(error))) from error
        try:
            pump.add(spec.name, read, log)  # it closes the pipe at its end, which is not before `write` is closed
            self._ask_start(spec, secrets, log, (write, read))
        except OSError as error:
            os.close(read)
            raise cannot_write(log, error) from error
        finally:
            os.close(write)
        process = self._started(spec, log)
        process.status = self._ends.get(spec.name)
        self.processes.append(process)
        return process

    def _ask_start(
        self, spec: ProcessSpec, secrets: Mapping[Secret, str], log: Path, descriptors: tuple[int, int]
    ) -> None:
        self.asked = True
        env = {**environment(spec, secrets), MARKER: self._marker}
        what = {"name": spec.name, "group": spec.component, "argv": spec.words(), "env": env}
        what |= {"secrets": sorted({secrets[each] for each in wanted([spec])})}
        self._answer = None
        self._send({"start": {**what, "folder": str(self._folder.path), "log": str(log)}}, *descriptors)

    def _started(self, spec: ProcessSpec, log: Path) -> Process:
        """Wait for the guard's answer."""
        until = time.monotonic() + _REPLY
        while self._answer is None and not self.gone:
            if time.monotonic() > until:
                self._guard.kill()  # it hangs, or somebody stopped it
            self.wait(_REPLY)
            self.hear()
        answer = self._answer
        if answer is None:
            raise ComponentFailed(self.death())
        if "started" in answer:
            return Process(spec, answer["pid"], answer["ticks"], log)
        if "unwritable" in answer:
            raise cannot_write(self._folder.path, OSError(answer["errno"], answer["unwritable"]))
        raise Refused(_cannot_start(spec, answer["reason"]))

    def wait(self, seconds: float) -> None:
        """Wait until there is something to hear, at most so long."""
        if self.gone:
            time.sleep(min(seconds, _TICK))
        else:
            self._channel.wait(seconds)

    def hear(self) -> None:
        """Take in what has happened since: ends of processes, the end of the guard."""
        if self._alone is None:
            for message in self._channel.hear():
                self._take_in(message)
            if self._channel.closed:
                self._take_over()
        if self._alone is not None:
            self._alone.hear()

    def _take_in(self, message: dict[str, Any]) -> None:
        if "ended" in message:
            self._ends[message["ended"]] = message["status"]
            for process in self.processes:
                process.status = self._ends.get(process.name)
        elif "stopped" in message:
            self._ended = message["stopped"]
        elif "guard" not in message:
            self._answer = message

    def _send(self, message: dict[str, Any], *descriptors: int) -> None:
        if not self._channel.say(message, descriptors, _REPLY):
            self._guard.kill()  # it hangs, or somebody stopped it; what it got of this is worth nothing

    def stop(self, seconds: float) -> None:
        """Ask everything to end within some seconds; `go_on` until it has."""
        self._deadline = time.monotonic() + seconds
        self._send({"stop": seconds})
        if self._alone:
            self._alone.stop(lambda: self._deadline)

    def hurry(self, seconds: float) -> None:
        """Bring the deadline of a stop nearer."""
        self._deadline = min(self._deadline, time.monotonic() + seconds)
        self._send({"hurry": seconds})

    def go_on(self, seconds: float) -> None:
        """Go on with a stop, for so long at most. A guard that should have ended everything long ago is ended."""
        self.wait(seconds)
        self.hear()
        if not self.gone and not self.stopped and time.monotonic() > self._deadline + _AFTER_DEADLINE:
            self._guard.kill()

    def finish(self) -> None:
        """Go on with a stop until everything has ended."""
        while not self.stopped:
            self.go_on(_TICK)

    def death(self) -> Finding:
        """Return the finding for a guard that has died."""
        lines = last_lines(self._folder.path / _LOG, 4)
        said = "".join(f"\n  {each}" for each in lines)
        cause = "Its last lines are above" if lines else "Somebody killed it, or the system did when memory ran out"
        return Finding("DR654", f"The guard of the run has ended.{said}", f"{cause}; the graph was stopped.")

    def _take_over(self) -> None:
        self._guard.wait()
        self._alone = Takeover(self._folder.path, self.processes, self._mark, self._begun)
        if self._deadline:
            self._alone.stop(lambda: self._deadline)

    def close(self) -> None:
        """Let the guard go: after a stop, or when nothing was started."""
        self._channel.close()
        try:
            self._guard.wait(_REPLY)
        except subprocess.TimeoutExpired:
            self._guard.kill()
            self._guard.wait()


_RESOURCES = "The system has no memory, processes or descriptors left for it: look at `ulimit -a`."


def _cannot_start(spec: ProcessSpec, reason: str) -> Finding:
    hint = "Look at the plan's command: dynamo-recipe plan. Arguments longer than the system allows are refused too."
    return Finding("DR609", f"{spec.name} cannot be started: {reason}.", hint)


def _start_guard(folder: RunFolder) -> "tuple[subprocess.Popen[bytes], Channel]":
    """Start the guard in a session of its own: what the terminal sends to the command does not reach it.

    Raises OSError.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            # Above 2, whatever the caller has closed: Popen gives the guard 0 to 2 of its own.
            control = fcntl.fcntl(theirs, fcntl.F_DUPFD_CLOEXEC, 3)
            try:
                return _popen(folder, control), Channel(ours)
            finally:
                os.close(control)
        except OSError:
            ours.close()
            raise


def _popen(folder: RunFolder, control: int) -> "subprocess.Popen[bytes]":
    mode = f"utf8={sys.flags.utf8_mode}"
    words = [sys.executable, "-I", "-S", "-X", mode, "-c", _PROGRAM, _HOME, folder.path.name, str(control)]
    with open(folder.path / _LOG, "wb") as log:
        return subprocess.Popen(
            words,
            cwd=folder.path,
            env={name: os.environ[name] for name in _GUARD_ENVIRONMENT if name in os.environ},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(control, folder.lock),
        )


@contextlib.contextmanager
def guarded(folder: RunFolder, grace: float) -> Iterator[Guarded]:
    """Start the guard of a run, and be ready to take its place; let it go at the end."""
    with adopting():
        run = Guarded(folder, grace)
        try:
            yield run
        finally:
            run.close()
