"""Python environments for engines: made by uv, one for each set of wheels, kept in the cache folder."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding
from dynamo_recipes.launch.folders import cache_root, cannot_write, write_whole
from dynamo_recipes.launch.signals import Signals
from dynamo_recipes.plan.model import Install

Say = Callable[[str], None]

_MARKER = ".dynamo-recipes-complete"
# Settings of uv that change what gets installed.
_INDEX_SETTINGS = (
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_OVERRIDE",
    "UV_CONSTRAINT",
    "UV_EXCLUDE_NEWER",
    "UV_PRERELEASE",
)
# Variables of the caller's own environment that must not leak into one we make.
_FOREIGN = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "CONDA_PREFIX", "UV_PROJECT_ENVIRONMENT")


def prepare(install: Install, python: str | None, say: Say, signals: Signals) -> str:
    """Return the interpreter of an environment that has what the plan installs; make it when it is not there.

    `python` is a version or path as `uv venv --python` takes it; None takes the plan's range. Two runs never make
    the same environment at once; one that was broken off is made anew, from uv's cache. Raises Refused with DR603
    or DR604.
    """
    folder = folder_of(install, python)
    if is_made(folder):
        return interpreter_of(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder.parent / f"{folder.name}.lock", say, signals) as lock:
            if not is_made(folder):
                _make(folder, install, python, _Uv(say, signals, lock))
    except OSError as error:
        raise cannot_write(folder, error) from error
    return interpreter_of(folder)


def folder_of(install: Install, python: str | None) -> Path:
    """Return where the environment for a plan is kept, made or not; `python` is as in `prepare`."""
    return cache_root() / "environments" / _key(install, python)


def interpreter_of(folder: Path) -> str:
    """Return the interpreter of an environment."""
    return str(folder / "bin" / "python")


def is_made(folder: Path) -> bool:
    """Tell whether an environment is there and whole."""
    return os.path.exists(folder / _MARKER) and os.path.exists(interpreter_of(folder))


def clean_environment() -> dict[str, str]:
    """Return this process's environment without what belongs to another Python environment."""
    return {name: value for name, value in os.environ.items() if name not in _FOREIGN}


def _key(install: Install, python: str | None) -> str:
    settings = {name: os.environ[name] for name in _INDEX_SETTINGS if name in os.environ}
    text = json.dumps([install.requirements, install.options, python or install.python, settings, os.uname().machine])
    first = install.requirements[0].replace("==", "-").split("[")[0]
    return f"{first}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


@contextmanager
def _locked(path: Path, say: Say, signals: Signals) -> Iterator[int]:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another run is making this environment: waiting for it")
            with signals.interruptible():
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def _make(folder: Path, install: Install, python: str | None, uv: "_Uv") -> None:
    _enough_disk(folder.parent, install.disk_mib or 0)
    if folder.exists():
        uv.say("an earlier installation was broken off: starting it again from uv's cache")
        shutil.rmtree(folder)
    size = f"about {install.disk_mib} MiB, " if install.disk_mib else ""
    uv.say(f"making an environment for {', '.join(install.requirements)} ({size}once)")
    uv.run("venv", "--no-project", "--python", python or install.python, str(folder))
    options = ["--python", interpreter_of(folder), "--compile-bytecode", *install.options]
    uv.run("pip", "install", *options, *install.requirements)
    write_whole(folder / _MARKER, json.dumps({"requirements": install.requirements}) + "\n")


def _uv() -> str:
    """Return the uv that came with us, else the one on the PATH."""
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if found is None:
        raise Refused(Finding("DR604", "uv is not installed.", "Install it: pip install uv."))
    return found


def _enough_disk(folder: Path, needed_mib: int) -> None:
    free_mib = shutil.disk_usage(folder).free >> 20
    if free_mib < needed_mib:
        message = f"The environment needs about {needed_mib} MiB, and {folder} has {free_mib} MiB free."
        hint = "Free some space, or set XDG_CACHE_HOME to a folder on a larger disk."
        raise Refused(Finding("DR603", message, hint))


class _Uv:
    """Runs uv and passes on what it says.

    uv holds the lock too: when this process is killed, no other run touches the environment before uv has ended.
    """

    def __init__(self, say: Say, signals: Signals, lock: int) -> None:
        self.say = say
        self.signals = signals
        self.lock = lock

    def run(self, *words: str) -> None:
        """Run uv. Raises Refused with uv's own reason."""
        self.signals.check()
        process = subprocess.Popen(
            [_uv(), *words], env=clean_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, start_new_session=True, text=True, errors="replace", pass_fds=(self.lock,),
        )  # fmt: skip
        lines: list[str] = []
        try:
            with self.signals.interruptible():
                for line in process.stderr or ():
                    lines.append(line.rstrip())
                    self._pass_on(line, failed=any(each.startswith("error") for each in lines))
                process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stderr:
                process.stderr.close()
        if process.returncode:
            raise _failure(lines, process.returncode)

    def _pass_on(self, line: str, failed: bool) -> None:
        """Pass on progress: neither the list of packages, nor advice for a shell, nor the failure told later."""
        if line.strip() and not failed and not line.startswith((" + ", "warning:", "Activate with", "hint")):
            self.say(line.strip())


def _failure(lines: list[str], status: int) -> Refused:
    """Return uv's own reason as one paragraph."""
    start = next((at for at, line in enumerate(lines) if line.lstrip().startswith(("error", "×"))), 0)
    words = " ".join(" ".join(line.strip(" ×╰─▶├│·") for line in lines[start:]).split())
    reason = words[:800] or f"exit status {status}"
    if "No space left on device" in reason or "os error 28" in reason:
        return Refused(
            Finding(
                "DR603",
                f"The disk ran full while the environment was made. uv: {reason}",
                "Free some space, or set XDG_CACHE_HOME to a folder on a larger disk.",
            )
        )
    reason = reason.removeprefix("error: ")
    hint = "Check the network, the proxy and uv's index settings, then run again: what was fetched is kept."
    return Refused(Finding("DR604", f"The engine's environment could not be made. uv says: {reason}", hint))
