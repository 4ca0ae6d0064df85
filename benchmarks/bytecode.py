"""Whether our modules have byte-code that fits: without it every start compiles them, and the figures say nothing."""

import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path

_HEADER = 16  # magic, flags, then time and size of the source, or its hash: PEP 552


def reason_not_to_run(folder: Path, environment: Mapping[str, str] = os.environ) -> str:
    """Return why a measurement would be worthless, nothing when it would not."""
    if environment.get("PYTHONDONTWRITEBYTECODE"):
        return "PYTHONDONTWRITEBYTECODE is set: unset it"
    without = sorted(each for each in folder.rglob("*.py") if not _is_compiled(each))
    if without:
        return f"{len(without)} modules lack fitting byte-code ({without[0].name}): python -m compileall {folder.name}"
    return ""


def _is_compiled(source: Path) -> bool:
    compiled = Path(importlib.util.cache_from_source(str(source)))
    if not compiled.exists():
        return False
    with compiled.open("rb") as file:
        header = file.read(_HEADER)
    status = source.stat()
    expected = (importlib.util.MAGIC_NUMBER, 0, int(status.st_mtime) & 0xFFFFFFFF, status.st_size & 0xFFFFFFFF)
    found = (header[:4], *(int.from_bytes(header[at : at + 4], "little") for at in (4, 8, 12)))
    return found == expected
