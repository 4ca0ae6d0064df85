"""Logs of processes: to files byte for byte, and to the terminal line by line with the process's name in front."""

import os
import selectors
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Show = Callable[[str, str], None]  # process name, line

_CHUNK = 1 << 16
_LAST_WORDS = 1.0  # seconds that a stranger who keeps writing is read at the end
_LONGEST = 4096  # a longer line is cut on the terminal, not in the file


@dataclass
class _Stream:
    name: str
    file: int
    rest: bytearray = field(default_factory=bytearray)


class Pump:
    """Reads the output of all processes in one thread."""

    def __init__(self, show: Show) -> None:
        self._show: Show | None = show
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        self._closing = False
        self._until = 0.0
        self._thread = threading.Thread(target=self._work, name="logs", daemon=True)
        self._thread.start()

    def add(self, name: str, output: int, path: Path) -> None:
        """Pump a pipe into a file; the pipe is closed at its end."""
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._selector.register(output, selectors.EVENT_READ, _Stream(name, file))
        os.write(self._wake_write, b".")

    def close(self) -> None:
        """Pass on what is left, without waiting for pipes that strangers still hold, and end the thread."""
        self._until = time.monotonic() + _LAST_WORDS
        self._closing = True
        os.write(self._wake_write, b".")
        self._thread.join()
        os.close(self._wake_read)
        os.close(self._wake_write)
        self._selector.close()

    def _work(self) -> None:
        while True:
            closing = self._closing  # read before the look: what was written before closing is still passed on
            ready = self._selector.select(0 if closing else None)
            streams = [key for key, _ in ready if isinstance(key.data, _Stream)]
            for key in streams:
                self._read(key.fd, key.data)
            if closing and (not streams or time.monotonic() > self._until):
                break
            if len(streams) < len(ready):
                self._drain_wake()
        for key in list(self._selector.get_map().values()):
            if isinstance(key.data, _Stream):
                self._finish(key.fd, key.data)

    def _drain_wake(self) -> None:
        try:
            os.read(self._wake_read, _CHUNK)
        except BlockingIOError:
            return

    def _read(self, output: int, stream: _Stream) -> None:
        data = os.read(output, _CHUNK)
        if not data:
            self._finish(output, stream)
            return
        _write_all(stream.file, data)
        stream.rest += data
        *lines, rest = stream.rest.split(b"\n")
        stream.rest = bytearray(rest[:_LONGEST])
        for line in lines:
            self._pass_on(stream.name, bytes(line))

    def _finish(self, output: int, stream: _Stream) -> None:
        self._selector.unregister(output)
        os.close(output)
        os.close(stream.file)
        if stream.rest:
            self._pass_on(stream.name, bytes(stream.rest))

    def _pass_on(self, name: str, line: bytes) -> None:
        """Show a line. A terminal that has gone stops the showing, never the reading: processes would block."""
        try:
            if self._show:
                self._show(name, readable(line))
        except (OSError, ValueError):
            self._show = None


def _write_all(file: int, data: bytes) -> None:
    """Write to the log; a full disk loses log lines, never the run."""
    try:
        while data:
            data = data[os.write(file, data) :]
    except OSError:
        return


def readable(line: bytes) -> str:
    """Return a line that does nothing to a terminal: control characters and escape sequences are shown, not obeyed."""
    text = line[:_LONGEST].decode("utf-8", "replace").rstrip("\r")
    return "".join(each if each.isprintable() or each == "\t" else f"\\x{ord(each):02x}" for each in _uncoloured(text))


def _uncoloured(text: str) -> str:
    """Return text without colour codes, which engines write even into pipes."""
    if "\x1b[" not in text:
        return text
    parts = text.split("\x1b[")
    kept = [parts[0]]
    for part in parts[1:]:
        codes, sign, rest = part.partition("m")
        kept.append(rest if sign and all(each in "0123456789;" for each in codes) else f"\x1b[{part}")
    return "".join(kept)


def last_lines(path: Path, count: int = 12) -> tuple[str, ...]:
    """Return the last lines of a log, made readable."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _CHUNK))
            lines = file.read().splitlines()
    except OSError:
        return ()
    return tuple(readable(line) for line in lines[-count:] if line.strip())
