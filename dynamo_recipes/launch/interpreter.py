"""Questions to a Python interpreter that is not this one: short code, run in a process of its own."""

import os
import signal
import subprocess
from collections.abc import Sequence
from typing import NamedTuple

from dynamo_recipes.launch.environments import clean_environment
from dynamo_recipes.launch.signals import Signals


class Answer(NamedTuple):
    """The exit status and the output of some code; or why there is none."""

    status: int = 0
    text: str = ""
    problem: str = ""


def ask(python: str, code: str, words: Sequence[str], patience: float, signals: Signals) -> Answer:
    """Run code with some words as its arguments, for so many seconds at most. A signal breaks it off."""
    signals.check()
    try:
        process = subprocess.Popen(
            [python, "-c", code, *words],
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
            errors="replace",
        )
    except OSError as error:
        return Answer(problem=error.strerror or str(error))
    try:
        with signals.interruptible():
            text, _ = process.communicate(timeout=patience)
        return Answer(process.returncode, text)
    except subprocess.TimeoutExpired:
        return Answer(problem="it does not answer")
    finally:
        _end(process)


def _end(process: "subprocess.Popen[str]") -> None:
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout:
        process.stdout.close()
