"""Versions of Python that are installed here: this one, those on the PATH, and those that uv keeps.

Starts programs only, never scripts: what stands on the PATH under the name of an interpreter may be a shim of a version
manager, and some of these download what they lack. Asking uv would start them, and take a second.
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from dynamo_recipes.launch.children import Child

_NAME = re.compile(r"python3(\.\d{1,2})?")
_UV_FOLDER = re.compile(r"cpython-(\d+\.\d+\.\d+)-")  # cpython-3.12.4-linux-x86_64-gnu: one of a pre-release differs
_CODE = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
_VERSION = re.compile(r"\d{1,2}\.\d{1,3}\.\d{1,3}")
_MOST = 32  # interpreters that are started
_PROGRAMS = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")  # of Linux; of macOS, for one and more architectures


class Asked:
    """Interpreters that were asked for their versions; `versions` waits for the answers."""

    def __init__(self) -> None:
        own = os.path.realpath(sys.executable) if sys.executable else ""
        found = dict.fromkeys(each for each in on_path(os.environ.get("PATH", "")) if each != own)
        self._children = [Child([each, "-I", "-S", "-c", _CODE]) for each in list(found)[:_MOST]]

    def versions(self, until: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the versions, oldest first, and a line where an interpreter does not answer until then."""
        answers = [each.answer(until) for each in self._children]
        told = {each.text.strip() for each in answers if _VERSION.fullmatch(each.text.strip())}
        own = ".".join(map(str, sys.version_info[:3]))
        slow = sum(each.problem == "it does not answer" for each in answers)
        problems = (f"Python: {slow} of the interpreters on the PATH do not answer",) if slow else ()
        found = {own, *told, *kept_by_uv(_uv_folder())}
        return tuple(sorted(found, key=lambda each: tuple(map(int, each.split("."))))), problems


def on_path(path: str) -> Iterator[str]:
    """Yield the real files of interpreters in the folders of a PATH; nothing that is a script or not named Python."""
    for folder in path.split(os.pathsep):
        for name in _names(folder):
            real = os.path.realpath(os.path.join(folder, name))
            # The link of a version manager may lead to the manager itself.
            if _NAME.fullmatch(os.path.basename(real)) and _is_program(real):
                yield real


def kept_by_uv(folder: Path) -> tuple[str, ...]:
    """Return the versions that uv has installed in its folder, by the names of their folders."""
    found = (_UV_FOLDER.match(name) for name in _listed(folder))
    return tuple(sorted(each[1] for each in found if each))


def _uv_folder() -> Path:
    given = os.environ.get("UV_PYTHON_INSTALL_DIR")
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return Path(given) if given else Path(data, "uv", "python")


def _names(folder: str) -> list[str]:
    return sorted(name for name in _listed(Path(folder)) if _NAME.fullmatch(name)) if folder else []


def _listed(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except (OSError, ValueError):
        return []


def _is_program(file: str) -> bool:
    try:
        if not os.path.isfile(file) or not os.access(file, os.X_OK):
            return False
        with open(file, "rb") as opened:
            return opened.read(4) in _PROGRAMS
    except (OSError, ValueError):
        return False
