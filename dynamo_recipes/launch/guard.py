"""The guard of a run: the parent of its processes, which ends them all when the run's own command has died.

A program of its own (`_start_guard` in `guarded.py` starts it), small and with nothing but the standard library and its
neighbours here, so that it is up in a moment and lives through what kills others. It talks with the command over a
`Channel`. It is told:

    {"run": {name, folder, marker, grace, runner}}                once, first; answers {"guard": [pid, start time]}
    {"start": {name, group, argv, env, folder, log, secrets}}     with two descriptors: where the output is written
                                                                  to and read from; {"started": ...} or {"refused": ...}
    {"stop": seconds}, {"hurry": seconds}                         end everything by then; {"stopped": [what is left]}

and tells at any time {"ended": name, "status": n}. Where the notes about the run cannot be written, it answers
{"unwritable": reason, "errno": n} and starts nothing. When the command has died, the guard stops the run as if it had
been asked to, and goes on writing the logs meanwhile, without the `secrets`, values of variables. It holds the lock of
the run's folder.
"""

import contextlib
import errno
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from dynamo_recipes.launch import procfs, state
from dynamo_recipes.launch.channel import Channel
from dynamo_recipes.launch.family import (
    KILLED,
    Descendants,
    Leader,
    Members,
    Steps,
    ending,
    stop_order,
    stopping,
    ticks,
)
from dynamo_recipes.launch.logs import Pump
from dynamo_recipes.launch.masking import Masks
from dynamo_recipes.launch.notes import Notes
from dynamo_recipes.launch.subreaper import adopt_orphans

_TICK = 0.02  # seconds between two steps of stopping
_QUIET = 0.25  # seconds between two looks at whether there are new processes
_CHUNK = 1 << 16


class Guard:
    """One run's processes, and the channel to its command."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._poll = select.poll()
        self._alone = False  # the command has died
        self._runner: int | None = None  # a descriptor that is readable when it has
        self._leaders: list[Leader] = []
        self._outputs: dict[str, tuple[int, Path]] = {}  # name -> read end of its pipe, log file
        self._secrets: set[str] = set()  # in no log
        self._notes: Notes | None = None
        self._descendants = Descendants()
        self._trouble: OSError | None = None  # why there are no notes
        self._grace = 0.0
        self._deadline = 0.0
        self._stopping: Steps | None = None
        self._stopped = False
        self._pump: Pump | None = None

    def run(self, woken: int) -> None:
        """Work until the command has gone and nothing of the run is left. `woken` is readable after a signal."""
        self._poll.register(woken, select.POLLIN)
        self._poll.register(self._channel.fileno(), select.POLLIN)
        try:
            while not (self._alone and self._stopped):
                self._turn(woken)
            if self._pump:
                self._pump.close()
        finally:
            if self._alone and not self._stopped:  # a fault of ours must not be what leaves processes behind
                for _ in ending(self._members, signal.SIGKILL, time.monotonic() + KILLED):
                    time.sleep(_TICK)

    def _turn(self, woken: int) -> None:
        ready = {each for each, _ in self._poll.poll(1000 * (_TICK if self._stopping else _QUIET))}
        if woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(woken, _CHUNK)
            self._reap()
        if ready & {self._channel.fileno(), self._runner} and not self._alone:
            self._hear(died=self._runner in ready)
        self._step()
        if self._notes and not self._stopped:
            self._notes.look()
        self._channel.flush()

    def _hear(self, died: bool) -> None:
        """Take what the command says; its end is the order to stop."""
        for message in self._channel.hear():
            self._obey(message)
        if self._channel.closed or died:
            self._poll.unregister(self._channel.fileno())
            if self._runner is not None:
                self._poll.unregister(self._runner)
            self._go_on_alone()

    def _obey(self, message: dict[str, Any]) -> None:
        if "run" in message:
            self._begin(**message["run"])
        elif "start" in message:
            self._secrets.update(message["start"].pop("secrets", ()))
            self._start(**message["start"])
        elif "stop" in message:
            self._stop(message["stop"])
        elif "hurry" in message:
            self._deadline = min(self._deadline, time.monotonic() + message["hurry"])

    def _begin(self, name: str, folder: str, marker: str, grace: float, runner: list[int]) -> None:
        me = (os.getpid(), _started(os.getpid()))
        self._grace = grace
        self._runner = procfs.held(runner[0], runner[1])
        if self._runner is not None:
            self._poll.register(self._runner, select.POLLIN)
        first = state.State(name, procfs.place(), marker, (runner[0], runner[1]), me, me[1], ticks(), (), ())
        try:
            self._notes = Notes(Path(folder), first, self._descendants)
        except OSError as error:
            self._unwritable(error)
        else:
            self._channel.say({"guard": me})

    def _start(self, name: str, group: str, argv: list[str], env: dict[str, str], folder: str, log: str) -> None:
        descriptors = self._channel.passed(2)
        if len(descriptors) < 2:  # the system leaves out those for which we have no number free
            for each in descriptors:
                os.close(each)
            self._channel.say({"refused": name, "reason": os.strerror(errno.EMFILE)})
            return
        write, read = descriptors
        if not self._noted(read):
            os.close(read)
            os.close(write)
            return
        try:
            popen = subprocess.Popen(
                argv,
                env=env,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=write,
                stderr=write,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:  # ValueError: text that the locale's encoding cannot hold
            os.close(read)
            self._channel.say({"refused": name, "reason": getattr(error, "strerror", None) or str(error)})
            return
        finally:
            os.close(write)
        popen.returncode = 0  # it is waited for here, by number, as every other descendant
        leader = Leader(name, group, popen.pid, _started(popen.pid))
        self._leaders.append(leader)
        self._outputs[name] = (read, Path(log))
        self._channel.say({"started": name, "pid": leader.pid, "ticks": leader.started})

    def _noted(self, read: int) -> bool:
        """Note the pipe that a process will write to; tell the command when that cannot be done."""
        try:
            if self._notes is None:
                raise self._trouble or OSError(errno.EIO, os.strerror(errno.EIO))
            self._notes.pipe(read)
        except OSError as error:
            self._unwritable(error)
            return False
        return True

    def _unwritable(self, error: OSError) -> None:
        self._trouble = error
        self._channel.say({"unwritable": error.strerror or str(error), "errno": error.errno})

    def _go_on_alone(self) -> None:
        self._alone = True
        if not self._stopped:
            self._take_logs()
            self._stop(self._grace)

    def _take_logs(self) -> None:
        """Go on writing the logs. Where that cannot be, they end here: the rest must be ended still."""
        with contextlib.suppress(OSError):
            self._pump = Pump(None, masks=Masks(self._secrets, resumed=True))
        for name, (read, log) in self._outputs.items():
            try:
                if self._pump is None:
                    raise OSError
                self._pump.add(name, read, log)
            except OSError:
                os.close(read)
        self._outputs.clear()

    def _stop(self, seconds: float) -> None:
        if self._stopping is None and not self._stopped:
            self._deadline = time.monotonic() + seconds
            self._stopping = stopping(stop_order(self._leaders), self._members, lambda: self._deadline)

    def _step(self) -> None:
        if self._stopping is None:
            return
        if next(self._stopping, self) is self:
            self._stopping, self._stopped = None, True
            left = sorted(self._members())
            if self._notes and not left:
                self._notes.forget()
            self._channel.say({"stopped": left})

    def _members(self) -> Members:
        self._reap()
        return self._descendants.scan()

    def _reap(self) -> None:
        """Learn of every end: of leaders, which is told, and of orphans that became our children."""
        while True:
            try:
                pid, wait_status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            leader = next((each for each in self._leaders if each.pid == pid and each.status is None), None)
            if leader:
                leader.ended(wait_status)
                self._channel.say({"ended": leader.name, "status": leader.status})
                read, _ = self._outputs.pop(leader.name, (None, None))
                if read is not None:
                    os.close(read)


def _started(pid: int) -> int:
    found = procfs.look(pid)
    return found.started if found else 0


def main() -> None:
    """Guard the run of the command at the other end of the socket whose descriptor is the last word."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        # The command alone decides. Not SIG_IGN: the processes of the run would inherit that.
        signal.signal(number, lambda *_: None)
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    adopt_orphans()
    Guard(Channel(socket.socket(fileno=int(sys.argv[-1])))).run(read)
