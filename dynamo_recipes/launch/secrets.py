"""The values of secrets: looked up when a graph starts, in the places that the site names, or in the usual ones.

Nothing here writes a value anywhere; a finding names places only.
"""

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from dynamo_recipes.findings import Finding
from dynamo_recipes.launch.folders import home
from dynamo_recipes.plan.bind import ProcessSpec, Secret

MOST_BYTES = 64 << 10  # of a file; the system takes variables of 128 KiB

_HUB = "huggingface"
_HUB_VARIABLE = "HF_TOKEN"


class Way(NamedTuple):
    """Where a site says that a secret is; what comes first counts."""

    env: str | None = None  # a variable
    file: Path | None = None
    kubernetes: str | None = None  # a Secret of the cluster, which processes here cannot have


class Found(NamedTuple):
    """The secrets of some processes, and what is missing."""

    values: dict[Secret, str]
    missing: tuple[Finding, ...]


class _Unusable(Exception):
    """A file whose content is no secret's value; the text says what is wrong with it."""


def wanted(specs: Iterable[ProcessSpec]) -> set[Secret]:
    """Return the secrets that some processes are given."""
    return {piece for spec in specs for _, pieces in spec.env for piece in pieces if isinstance(piece, Secret)}


def look_up(specs: Iterable[ProcessSpec], ways: Mapping[str, Way]) -> Found:
    """Return the values, and a finding (DR606) for each that is nowhere. `ways` maps logical names."""
    found: dict[Secret, str] = {}
    missing: dict[Finding, None] = {}
    for each in sorted(wanted(specs), key=lambda secret: (secret.name, secret.variable)):
        value = _mapped(each.name, ways[each.name]) if each.name in ways else _usual(each)
        if isinstance(value, Finding):
            missing[value] = None
        else:
            found[each] = value
    return Found(found, tuple(missing))


def _mapped(name: str, way: Way) -> str | Finding:
    """Return the value from where the site says that it is, or why it is not there."""
    if way.env is not None and way.env in os.environ:
        return os.environ[way.env]
    reasons, hints = [], []
    if way.env is not None:
        reasons.append(f"the variable {way.env} is not set")
        hints.append(f"Set {way.env} in the environment of this command")
    if way.file is not None:
        try:
            return _content(way.file)
        except _Unusable as error:
            reasons.append(f"the file {way.file} {error}")
            hints.append(f"put the value into {way.file}" if hints else f"Put the value into {way.file}")
    if not reasons:
        reasons = [f"the site maps it to the Kubernetes secret {way.kubernetes} alone, and it is wanted here"]
        hints = ["Give it an `env:` or `file:` in the site too"]
    return _missing(name, reasons, hints)


def _usual(secret: Secret) -> str | Finding:
    """Return the value from where it usually is: the variable of its own name, for the hub's token also its file."""
    if secret.variable in os.environ:
        return os.environ[secret.variable]
    reasons = [f"the variable {secret.variable} is not set"]
    hints = [f"Set {secret.variable} in the environment of this command"]
    if secret.name == _HUB or secret.variable == _HUB_VARIABLE:
        file = hub_token_file()
        try:
            if token := "".join(_content(file).split()):
                return token
            raise _Unusable("is empty")
        except _Unusable as error:
            reasons.append(f"the hub's token file {file} {error}")
            hints.append("log in with `hf auth login`")
    return _missing(secret.name, reasons, hints)


def hub_token_file() -> Path:
    """Return the file in which the hub's own tools keep the token.

    Source: environment variables of huggingface_hub: HF_TOKEN_PATH, else `token` in HF_HOME, which is
    $XDG_CACHE_HOME/huggingface, ~/.cache/huggingface.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or str(home() / ".cache")
    folder = os.environ.get("HF_HOME") or f"{cache}/huggingface"
    return Path(os.path.expanduser(os.environ.get("HF_TOKEN_PATH") or f"{folder}/token"))


def _missing(name: str, reasons: list[str], hints: list[str]) -> Finding:
    return Finding("DR606", f"The secret `{name}` has no value: {', and '.join(reasons)}.", f"{', or '.join(hints)}.")


def _content(file: Path) -> str:
    """Return a file's content without the newline at its end, as text that becomes the same bytes again.

    Raises _Unusable.
    """
    raw = _raw(file)
    if len(raw) > MOST_BYTES:
        raise _Unusable(f"has more than {MOST_BYTES >> 10} KiB")
    if b"\0" in raw:
        raise _Unusable("holds NUL, which no variable can")
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _Unusable("is not UTF-8") from None
    value = raw[:-1] if raw.endswith(b"\n") else raw
    if not value:
        raise _Unusable("is empty")
    return os.fsdecode(value)


def _raw(file: Path) -> bytes:
    """Return a file's bytes, of too many the first. A pipe or a device is not waited for."""
    try:
        opened = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(opened).st_mode):
                raise _Unusable("is not a regular file")
            return _read(opened)
        finally:
            os.close(opened)
    except FileNotFoundError:
        raise _Unusable("is not there") from None
    except OSError as error:
        raise _Unusable(f"cannot be read: {error.strerror}") from None


def _read(opened: int) -> bytes:
    raw = b""
    while len(raw) <= MOST_BYTES and (more := os.read(opened, MOST_BYTES + 1)):
        raw += more
    return raw
