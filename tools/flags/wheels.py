"""Wheels, unpacked once into the cache: only what a parser needs to be made."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from uv import find_uv_bin

# The documented Python, and a glibc that every wheel of an engine is made for.
_FOR = ("--python-version", "3.12", "--python-platform", "x86_64-manylinux_2_39")
_KEPT = (".py",)
_WHOLE = ("ai-dynamo-runtime",)  # its compiled part tells the names of Dynamo's parsers


def cache() -> Path:
    """Return the folder of unpacked wheels."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base, "dynamo-recipes", "flag-wheels")


def fetch(package: str, version: str) -> Path:
    """Return the folder of an unpacked wheel, from the indexes that uv is set up for.

    Raises SystemExit with uv's reason when there is none.
    """
    folder = cache() / f"{package}-{version}"
    if folder.is_dir():
        return folder
    cache().mkdir(parents=True, exist_ok=True)
    # A temporary folder of our own is renamed at the end: half a wheel is never taken for a whole one. uv's cache is
    # not used: it would keep gigabytes of compiled code that no parser needs.
    with tempfile.TemporaryDirectory(dir=cache(), prefix=".new-") as made:
        _install(f"{package}=={version}", Path(made, "wheel"))
        if package not in _WHOLE:
            _prune(Path(made, "wheel"))
        try:
            os.rename(Path(made, "wheel"), folder)
        except OSError:  # another process was faster
            if not folder.is_dir():
                raise
    return folder


def _install(requirement: str, folder: Path) -> None:
    words = ["pip", "install", "--no-deps", "--no-build", "--no-python-downloads", "--no-cache", "--link-mode", "copy"]
    done = subprocess.run(
        [find_uv_bin(), *words, *_FOR, "--python", sys.executable, "--target", str(folder), requirement],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"uv cannot unpack {requirement}: {done.stderr.strip()[-400:]}")


def _prune(folder: Path) -> None:
    """Remove what no parser needs: compiled code, data, tests."""
    for each in folder.rglob("*"):
        if each.is_file() and each.suffix not in _KEPT and ".dist-info" not in str(each):
            each.unlink()
    for each in sorted(folder.rglob("*"), reverse=True):
        if each.is_dir() and (each.name == "tests" or not any(each.iterdir())):
            shutil.rmtree(each)
