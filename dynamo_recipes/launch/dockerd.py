"""Two questions to the Docker engine of this machine: which version, and whether NVIDIA's runtime is there.

Asked over its socket, within a time that is bounded as a whole. HTTP 1.0 because an answer then ends where the
connection does. Engines on other machines are not asked.
"""

import json
import os
import socket
import stat
from time import monotonic
from typing import Any, NamedTuple

_DEFAULT = "/var/run/docker.sock"
_MOST = 1 << 20  # bytes of an answer; `/info` has some 10 KiB


class Docker(NamedTuple):
    """A Docker engine; None is unknown. `problem` says why, where asking failed."""

    version: str | None = None
    nvidia: bool | None = None
    problem: str | None = None


def ask(patience: float = 1.0, host: str | None = None) -> Docker:
    """Ask the engine, for so many seconds at most for each question. `host` stands in for DOCKER_HOST.

    Where there is no socket there is no engine, and no problem.
    """
    host = host or os.environ.get("DOCKER_HOST") or f"unix://{_DEFAULT}"
    path = host.removeprefix("unix://")
    if path == host:
        return Docker(problem="Docker: DOCKER_HOST is no socket of this machine, and others are not asked")
    if not _is_socket(path):
        return Docker()
    try:
        version = _text(_get(path, "/version", patience).get("Version"))
    except (OSError, ValueError) as error:
        return Docker(problem=f"Docker: {_reason(error)}")
    try:
        runtimes = _get(path, "/info", patience).get("Runtimes")
    except (OSError, ValueError) as error:
        return Docker(version, problem=f"Docker: {_reason(error)}")
    return Docker(version, "nvidia" in runtimes if isinstance(runtimes, dict) else None)


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def _get(path: str, what: str, patience: float) -> dict[str, Any]:
    """Return the JSON object at a path of the engine's API. Raises OSError or ValueError."""
    until = monotonic() + patience
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(patience)
        connection.connect(path)
        connection.sendall(f"GET {what} HTTP/1.0\r\nHost: docker\r\n\r\n".encode())
        answer = bytearray()
        while more := connection.recv(1 << 16):
            answer += more
            left = until - monotonic()
            if left <= 0:
                raise TimeoutError
            if len(answer) > _MOST:
                raise ValueError("its answer is too long")
            connection.settimeout(left)
    head, _, body = bytes(answer).partition(b"\r\n\r\n")
    if head.split(b" ", 2)[1:2] != [b"200"]:
        raise ValueError("its answer is no success")
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("its answer is no JSON") from None
    if not isinstance(data, dict):
        raise ValueError("its answer is no object")
    return data


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer"
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or "it cannot be asked"
