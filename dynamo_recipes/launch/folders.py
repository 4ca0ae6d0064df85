"""Where the tool keeps things: XDG folders, one folder for each run, files written whole or not at all."""

import errno
import fcntl
import os
import pwd
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding
from dynamo_recipes.launch import leftovers
from dynamo_recipes.launch.signals import Signals

_APP = "dynamo-recipes"
_MOMENT = 2.0  # seconds between the end of everything in a run and the end of its guard, at most
_TICK = 0.02


def cache_root() -> Path:
    """Return the folder for what can be made again."""
    return _xdg("XDG_CACHE_HOME", ".cache")


def state_root() -> Path:
    """Return the folder for the state of runs and for logs."""
    return _xdg("XDG_STATE_HOME", ".local/state")


def _xdg(variable: str, fallback: str) -> Path:
    """Return a folder of ours; a relative path in the variable counts as unset, as the XDG rules say."""
    given = os.environ.get(variable, "")
    return (Path(given) if given.startswith("/") else home() / fallback) / _APP


def home() -> Path:
    """Return the caller's home folder; where neither HOME nor the user database knows one, a temporary folder."""
    given = os.environ.get("HOME", "")
    if given.startswith("/"):
        return Path(given)
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return Path(tempfile.gettempdir())


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run, and the descriptor of the lock that holds its name."""

    path: Path
    lock: int = -1

    @property
    def logs(self) -> Path:
        """Where each process writes its log."""
        return self.path / "logs"


def runs_root() -> Path:
    """Return the folder that has one folder for each run."""
    return state_root() / "runs"


@contextmanager
def run_folder(name: str, say: Callable[[str], None], signals: Signals, patience: float = 130.0) -> Iterator[RunFolder]:
    """Make and hold the folder of a run. What an earlier run of that name left is ended and removed.

    `patience`: seconds to wait for the guard of an earlier run that lost its command.

    Raises Refused: DR605 while another run of that name holds it, DR608 when it cannot be written, DR610 when it is
    not known what an earlier run left.
    """
    path = runs_root() / name
    with _writable(path):
        path.mkdir(parents=True, exist_ok=True)
        lock = _lock(path / "lock")
    try:
        with _writable(path / "lock"):  # some network file systems know no locks
            _hold(lock, path, say, signals, patience)
        leftovers.end(path, say, signals)
        with _writable(path):
            _clear(path)
            (path / "logs").mkdir()
        yield RunFolder(path, lock)
    finally:
        os.close(lock)


def _lock(path: Path) -> int:
    """Open a lock, under a number above 2 whatever the caller has closed: the guard gets it too."""
    first = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        return fcntl.fcntl(first, fcntl.F_DUPFD_CLOEXEC, 3)
    finally:
        os.close(first)


def _hold(lock: int, path: Path, say: Callable[[str], None], signals: Signals, patience: float) -> None:
    """Take the lock. Where the run that has it lost its command, its guard is ending it: wait.

    By looking again and again: another command that waits too can be the one to get it, and run for days.
    """
    last = time.monotonic() + patience
    until, told = time.monotonic() + _MOMENT, False
    while not _taken(lock):
        signals.check()
        if time.monotonic() > last:
            raise _active(path)
        if leftovers.is_ending(path):
            if not told:
                say(f"an earlier run named {path.name} is being ended: waiting for it")
            until, told = time.monotonic() + _MOMENT, True
        elif leftovers.runner(path) or time.monotonic() > until:
            raise _active(path)
        time.sleep(_TICK)


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _active(path: Path) -> Refused:
    runner, guard = leftovers.runner(path), leftovers.guard(path)
    rename = "Or give this recipe another `name:`."
    if runner or not guard:
        who, way = (f" (process {runner})", f"kill {runner}, or ") if runner else ("", "")
        hint = f"Stop it: {way}Ctrl-C where it was started. {rename}"
        return Refused(Finding("DR605", f"A run named `{path.name}` is active{who}.", hint))
    message = f"A run named `{path.name}` lost its command, and its guard (process {guard}) has not ended it yet."
    hint = f"If that guard hangs, end it: kill -9 {guard}; the next start then ends what is left. {rename}"
    return Refused(Finding("DR605", message, hint))


def _clear(path: Path) -> None:
    for each in path.iterdir():
        if each.name == "lock":
            continue
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink()


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error) from error


def cannot_write(path: Path | str, error: OSError) -> Refused:
    """Return the refusal for a file or folder that could not be written."""
    if error.errno == errno.ENOSPC:
        return Refused(Finding("DR603", f"No space is left for {path}.", "Free some space on that disk."))
    hint = "Check the folder and its permissions, or set XDG_STATE_HOME and XDG_CACHE_HOME to other folders."
    return Refused(Finding("DR608", f"{path} cannot be written: {error.strerror or error}.", hint))


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees all of it or the old one."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
