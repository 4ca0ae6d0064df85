"""Where the tool keeps things: XDG folders, one folder for each run, files written whole or not at all."""

import errno
import fcntl
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding

_APP = "dynamo-recipes"


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
    """The folder of one run."""

    path: Path

    @property
    def logs(self) -> Path:
        """Where each process writes its log."""
        return self.path / "logs"


@contextmanager
def run_folder(name: str) -> Iterator[RunFolder]:
    """Make and hold the folder of a run. What an earlier run of that name left is removed.

    Raises Refused (DR605) while another run of that name holds it, DR608 when it cannot be written.
    """
    path = state_root() / "runs" / name
    with _writable(path):
        path.mkdir(parents=True, exist_ok=True)
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _hold(lock, name)
        with _writable(path):
            _clear(path)
            (path / "logs").mkdir()
        yield RunFolder(path)
    finally:
        os.close(lock)


def _hold(lock: int, name: str) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refused(
            Finding("DR605", f"A run named `{name}` is active.", "Stop it, or give this recipe another `name:`.")
        ) from None


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


def write_whole(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file so that a reader sees all of it or the old one."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
