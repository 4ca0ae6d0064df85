"""Starting and stopping processes: argv lists, a session each, one shared deadline. Knows no graph."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding
from dynamo_recipes.launch.environments import clean_environment
from dynamo_recipes.launch.folders import cannot_write, home
from dynamo_recipes.launch.logs import Pump
from dynamo_recipes.plan.bind import ProcessSpec, Secret

# The graph is what the plan says: settings of Dynamo in the caller's own environment must not change it.
FOREIGN_PREFIXES = ("DYN_", "ETCD_", "NATS_", "VLLM_", "SGLANG_", "TRTLLM_")
_TICK = 0.02  # seconds between looks at processes that are to end

Stopped = Callable[["Process", int], None]  # a process and its exit status


@dataclass
class Process:
    """A started process."""

    spec: ProcessSpec
    popen: subprocess.Popen[bytes]
    log: Path

    def ended(self) -> bool:
        """Tell whether it has ended. It is not reaped: its number, and so its group's, cannot be reused yet."""
        if self.popen.returncode is not None:
            return True
        flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
        return os.waitid(os.P_PID, self.popen.pid, flags) is not None

    def end(self) -> int:
        """End what is left of its session, reap it, and return its exit status (negative: a signal's number)."""
        if self.popen.returncode is None:
            self.send(signal.SIGKILL)
        return self.popen.wait()

    def send(self, number: int) -> None:
        """Send a signal: SIGKILL to all of its group, any other to the process alone, which tells its children."""
        if self.popen.returncode is not None:
            return
        try:
            (os.killpg if number == signal.SIGKILL else os.kill)(self.popen.pid, number)
        except (ProcessLookupError, PermissionError):
            return


def environment(spec: ProcessSpec, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of a process. `secrets` maps variables to values."""
    base = {name: value for name, value in clean_environment().items() if not name.startswith(FOREIGN_PREFIXES)}
    base["HOME"] = str(home())  # without it, Dynamo's frontend looks for the model's files in the wrong folder
    own = {name: "".join(_text(piece, secrets) for piece in pieces) for name, pieces in spec.env}
    return base | {"PYTHONUNBUFFERED": "1"} | own


def _text(piece: object, secrets: Mapping[str, str]) -> str:
    if isinstance(piece, Secret):
        return secrets[piece.variable]
    return piece if isinstance(piece, str) else str(getattr(piece, "value", ""))


def missing_secrets(specs: Iterable[ProcessSpec]) -> tuple[Finding, ...]:
    """Return a finding (DR606) for each secret that this environment does not have."""
    missing = sorted({(each.name, each.variable) for each in _wanted(specs) if each.variable not in os.environ})
    return tuple(
        Finding(
            "DR606",
            f"The secret `{name}` has no value: the variable {variable} is not set.",
            f"Set {variable} in the environment of this command.",
        )
        for name, variable in missing
    )


def look_up(specs: Iterable[ProcessSpec]) -> dict[str, str]:
    """Return the secrets of some processes, from this environment, where `missing_secrets` found none missing."""
    return {each.variable: os.environ[each.variable] for each in _wanted(specs)}


def _wanted(specs: Iterable[ProcessSpec]) -> set[Secret]:
    return {piece for spec in specs for _, pieces in spec.env for piece in pieces if isinstance(piece, Secret)}


def start(spec: ProcessSpec, folder: Path, secrets: Mapping[str, str], pump: Pump) -> Process:
    """Start a process in a session of its own, its output in `logs/NAME.log` of the run's folder."""
    log = folder / "logs" / f"{spec.name}.log"
    read, write = os.pipe()
    try:
        popen = subprocess.Popen(
            spec.words(),
            env=environment(spec, secrets),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=write,
            stderr=write,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:  # ValueError: text that the locale's encoding cannot hold
        os.close(read)
        hint = (
            "Look at the plan's command: dynamo-recipe plan. Arguments longer than the system allows are refused too."
        )
        raise Refused(
            Finding("DR609", f"{spec.name} cannot be started: {getattr(error, 'strerror', None) or error}.", hint)
        ) from error
    finally:
        os.close(write)
    process = Process(spec, popen, log)
    try:
        pump.add(spec.name, read, log)
    except OSError as error:
        process.end()
        os.close(read)
        raise cannot_write(log, error) from error
    return process


def stop(groups: Iterable[list[Process]], deadline: Callable[[], float], stopped: Stopped) -> None:
    """Stop processes group after group: SIGTERM, then wait; at the deadline SIGKILL to all that is left.

    `deadline` is asked again and again, as a second Ctrl-C brings it nearer; `stopped` hears of each end. Everything
    has ended on return.
    """
    groups = [[each for each in group if each.popen.returncode is None] for group in groups]
    for group in groups:
        for process in group:
            process.send(signal.SIGTERM)
        left = group
        while left and time.monotonic() < deadline():
            time.sleep(_TICK)
            left = [each for each in left if not _reaped(each, stopped)]
    for process in (each for group in groups for each in group if each.popen.returncode is None):
        stopped(process, process.end())


def _reaped(process: Process, stopped: Stopped) -> bool:
    if not process.ended():
        return False
    stopped(process, process.end())
    return True
