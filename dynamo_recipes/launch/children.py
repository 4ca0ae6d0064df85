"""Short questions to programs that may hang: started together, asked until a moment, and left behind where need be."""

import os
import signal
import subprocess
from collections.abc import Sequence
from time import monotonic
from typing import NamedTuple

_AT_ONCE = 0.1  # seconds in which a process that is killed ends, unless it hangs in the kernel

# A process that no signal ends is left to the kernel; it is kept here, so that nobody waits for it.
_left_behind: list["subprocess.Popen[str]"] = []


class Answer(NamedTuple):
    """What a program wrote; or why there is nothing."""

    text: str = ""
    problem: str = ""


class Child:
    """A program that was started, in a session of its own and with nothing to read."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._problem = ""
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                text=True,
                errors="replace",
            )
        except (OSError, ValueError) as error:
            self._problem = getattr(error, "strerror", None) or str(error)

    def answer(self, until: float) -> Answer:
        """Return the answer, or end the program where none has come until then."""
        if self._process is None:
            return Answer(problem=self._problem)
        try:
            text, _ = self._process.communicate(timeout=max(0.0, until - monotonic()))
        except subprocess.TimeoutExpired:
            _end(self._process)
            return Answer(problem="it does not answer")
        status = self._process.returncode
        return Answer(text) if status == 0 else Answer(problem=f"it ended with {status}")


def _end(process: "subprocess.Popen[str]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(_AT_ONCE)
    except ProcessLookupError:
        process.poll()
    except subprocess.TimeoutExpired:
        _left_behind.append(process)
    if process.stdout:
        process.stdout.close()
