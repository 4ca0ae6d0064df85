"""Processes that are measured while they run: the command, a script. Whatever happens, they are ended."""

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.measure import environment

COMMAND = str(Path(sys.executable).with_name("dynamo-recipe"))
_READY = "ready after"
_SHOWN = 2000  # characters of what a process said
_PATIENCE = 30.0  # seconds for a graph to stop; the recipes give it 15


class Failed(Exception):
    """Nothing could be measured; the text says why."""


class Started:
    """A process with a session of its own. `begun` is in the time of time.perf_counter."""

    def __init__(self, argv: Sequence[str], log: Path, env: dict[str, str]) -> None:
        self._argv = argv
        self._log = log
        self._ready: float | None = None
        with log.open("wb") as errors:
            self.begun = time.perf_counter()
            self.process = subprocess.Popen(
                argv,
                env=environment() | env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                text=True,
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            if line.startswith(_READY):
                self._ready = time.perf_counter()

    def look(self) -> None:
        """Raise Failed when it has ended."""
        if self.process.poll() is not None:
            raise self.failed(f"ended with status {self.process.returncode}")

    def ready(self, within: float) -> float:
        """Wait for the ready line and return when it came. Raises Failed."""
        until = time.monotonic() + within
        while self._ready is None:
            self.look()
            if time.monotonic() > until:
                raise self.failed(f"not ready within {within:g} s")
            time.sleep(0.005)
        return self._ready

    def failed(self, what: str) -> Failed:
        """Return what is wrong together with what the process said last."""
        said = self._log.read_text(encoding="utf-8", errors="replace")[-_SHOWN:]
        return Failed(f"{shlex.join(self._argv)}: {what}\n{said}".rstrip())

    def end(self) -> None:
        """Ask it to end and wait; then end all that is left of its session."""
        # A script's processes are in its group; those of the command are not, and the command stops them itself.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_PATIENCE)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self._reader.join(_PATIENCE)
            if self.process.stdout and not self._reader.is_alive():
                self.process.stdout.close()


@contextmanager
def started(argv: Sequence[str], folder: Path, **env: str) -> Iterator[Started]:
    """Start a process and end it on leaving. Its log, and the state of runs, are in the folder."""
    process = Started(argv, folder / "stderr.log", {"XDG_STATE_HOME": str(folder / "state"), **env})
    try:
        yield process
    finally:
        process.end()
