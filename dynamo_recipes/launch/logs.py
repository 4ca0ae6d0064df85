"""Logs of processes: to files byte for byte, and to the terminal line by line with the process's name in front.

A process never waits for us: files are written chunk by chunk, and only lines that are shown are looked at. The
standard library alone, and little of it: the guard of a run imports this at every start.
"""

import errno
import fcntl
import os
import select
import selectors
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from dynamo_recipes.launch.throttle import LONGEST, Lines, Throttle

Show = Callable[[str, str], None]  # process name, line

MOST = 64 << 20  # bytes of one log file; then it becomes NAME.log.1, and that NAME.log.2

_CHUNK = 1 << 18  # also what a pipe holds. The system allows 64 MiB to all pipes of a user: enough for 256 processes.
_LITTLE = 1 << 20  # bytes a second of all processes together; of so few, more are waited for
REST = 0.1  # seconds that are waited
_END = 1 << 16  # bytes at the end of a log in which its last lines are looked for
_LAST_WORDS = 1.0  # seconds that a stranger who keeps writing is read at the end
_OURS = "logs"  # the name before lines of our own

# What counts as printable and yet is not seen: fillers, and variation selectors but for the two styles of emoji.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0").union(
    map(chr, range(0xFE00, 0xFE0E)), map(chr, range(0xE0100, 0xE01F0))
)


class _Log:
    """A log file. What cannot be written is lost, and said to be lost in the file once writing works again."""

    __slots__ = ("_file", "_gap", "_most", "_path", "trouble")

    def __init__(self, path: str, most: int) -> None:
        self._path = path
        self._most = most
        self._gap = ""  # why the lines before this are missing
        self.trouble = ""  # why some lines have been lost
        self._file = self._open()

    def write(self, data: bytearray, end: int) -> None:
        """Append data up to its `end`."""
        if self._gap:
            data = bytearray(f"\n[lines before this one are missing: {self._gap}]\n".encode()) + data[:end]
            end = len(data)
        start, self._gap = 0, ""
        try:
            while start < end:
                start += self._write_some(data, start, end)
        except OSError as error:
            self._lost(error)
            self.close()

    def close(self) -> None:
        """Close the file; a later write opens it again."""
        if self._file >= 0:
            with suppress(OSError):  # some file systems tell only now that the disk is full
                os.close(self._file)
        self._file = -1

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def _write_some(self, data: bytearray, start: int, end: int) -> int:
        """Write as much as the file has room for, up to the end of a line; return how much it was."""
        size = self._size()
        room = self._most - size
        if room < end - start:
            end = data.rfind(b"\n", start, start + max(0, room)) + 1
            if not end and size:
                self._rotate()
                return 0
            end = end or start + room
        with memoryview(data) as view:
            return os.write(self._file, view[start:end])

    def _size(self) -> int:
        """Return the file's size. It is looked at each time: others may cut it, and when it was removed we begin anew.

        Raises OSError where it cannot be opened.
        """
        if self._file >= 0 and not os.fstat(self._file).st_nlink:
            self.trouble = "the file was removed"
            self.close()
        if self._file < 0:
            self._file = self._open()
        return os.fstat(self._file).st_size

    def _rotate(self) -> None:
        """Make room: keep what there is under another name, or else lose it. New lines are worth more than old ones."""
        with suppress(OSError):
            os.replace(f"{self._path}.1", f"{self._path}.2")
        try:
            os.replace(self._path, f"{self._path}.1")
        except OSError as error:
            self._lost(error)
            os.ftruncate(self._file, 0)
        else:
            self.close()

    def _lost(self, error: OSError) -> None:
        self._gap = self.trouble = error.strerror or str(error)


class _Stream:
    """Where the output of one process goes."""

    __slots__ = ("lines", "log", "name")

    def __init__(self, name: str, log: _Log, lines: Lines) -> None:
        self.name = name
        self.log = log
        self.lines = lines


class Pump:
    """Reads the output of all processes in one thread. Without `show`, it only writes files.

    Raises OSError when the system has no thread or descriptors left for it.
    """

    def __init__(self, show: Show | None, most: int = MOST) -> None:
        self._show = show
        self._most = most
        self._throttle = Throttle()
        self._seen: dict[str, int] = {}
        self._buffer = bytearray(_CHUNK)
        self._second = time.monotonic()
        self._much = 0  # bytes since then
        self._calm = False
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        self._closing = False
        self._until = 0.0
        self._thread = threading.Thread(target=self._work, name="logs", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:
            self._forget()
            raise OSError(errno.EAGAIN, str(error)) from error

    def add(self, name: str, output: int, path: os.PathLike[str]) -> None:
        """Pump a pipe into a file, after what that has already; the pipe is closed at its end."""
        log = _Log(os.fspath(path), self._most)
        lines = Lines(name, self._throttle, lambda line: self._put(name, readable(line)))
        with suppress(OSError):
            fcntl.fcntl(output, fcntl.F_SETPIPE_SZ, _CHUNK)
        self._seen.setdefault(name, 0)
        self._throttle.add(name)
        try:
            self._selector.register(output, selectors.EVENT_READ, _Stream(name, log, lines))
        except (OSError, ValueError, KeyError):
            log.close()
            raise
        os.write(self._wake_write, b".")

    def seen(self, name: str) -> int:
        """Return how many bytes of a process have been read and written to its log (or lost) so far."""
        return self._seen.get(name, 0)

    def close(self) -> None:
        """Pass on what is left, without waiting for pipes that strangers still hold, and end the thread."""
        self._until = time.monotonic() + _LAST_WORDS
        self._closing = True
        os.write(self._wake_write, b".")
        self._thread.join()
        self._forget()

    def _forget(self) -> None:
        os.close(self._wake_read)
        os.close(self._wake_write)
        self._selector.close()

    def _work(self) -> None:
        while self._turn():
            pass
        for key in list(self._selector.get_map().values()):
            if isinstance(key.data, _Stream):
                self._finish(key.fd, key.data)
        if self._throttle.wait(0) is not None:
            self._put(_OURS, self._throttle.untold())

    def _turn(self) -> bool:
        """Read each pipe that has something, once; tell whether there will be more."""
        closing = self._closing  # read before the look: what was written before closing is still passed on
        ready = self._selector.select(0 if closing else self._throttle.wait(time.monotonic()))
        streams = [key for key, _ in ready if isinstance(key.data, _Stream)]
        sizes = [self._read(key.fd, key.data) for key in streams]
        if len(streams) < len(ready):
            with suppress(BlockingIOError):
                os.read(self._wake_read, _CHUNK)
        if self._throttle.wait(time.monotonic()) == 0:
            self._put(_OURS, self._throttle.untold())
        if streams and not closing and self._is_calm(sum(sizes)):
            self._rest()
        return not closing or (bool(streams) and time.monotonic() < self._until)

    def _is_calm(self, size: int) -> bool:
        """Tell whether little was written in the second before this one: whoever writes much must not wait."""
        now = time.monotonic()
        if now - self._second >= 1.0:
            self._calm = self._much < _LITTLE and now - self._second < 2.0
            self._second, self._much = now, 0
        self._much += size
        return self._calm

    def _rest(self) -> None:
        """Let lines gather: to be woken for each of them would cost more than they do. A close is heard at once."""
        poll = select.poll()
        poll.register(self._wake_read, select.POLLIN)
        poll.poll(1000 * REST)

    def _read(self, output: int, stream: _Stream) -> int:
        """Read once; return how much there was."""
        try:
            size = os.readv(output, [self._buffer])
        except BlockingIOError:
            return 0
        except OSError:
            size = 0
        if not size:
            self._finish(output, stream)
            return 0
        stream.log.write(self._buffer, size)
        self._seen[stream.name] += size
        if self._show:
            stream.lines.take(self._buffer, size)
        if stream.log.trouble:
            self._throttle.incomplete(stream.name, stream.log.trouble, time.monotonic())
        return size

    def _finish(self, output: int, stream: _Stream) -> None:
        self._selector.unregister(output)
        with suppress(OSError):
            os.close(output)
        stream.log.close()
        stream.lines.end()

    def _put(self, name: str, text: str) -> None:
        """Show a line. A terminal that has gone stops the showing, never the reading: processes would block."""
        try:
            if self._show:
                self._show(name, text)
        except (OSError, ValueError, RuntimeError):
            self._show = None


def readable(line: bytes) -> str:
    """Return a line that does nothing to a terminal: control characters and escape sequences are shown, not obeyed.

    So are characters that are not seen or turn the direction of writing, with which a line could look like another.
    """
    text = _uncoloured(line[:LONGEST].decode("utf-8", "replace").rstrip("\r"))
    if text.isascii() and text.isprintable():  # nearly every line: not to be looked at character by character
        return text
    return "".join(each if _harmless(each) else _escaped(each) for each in text)[:LONGEST]


def _harmless(character: str) -> bool:
    return character == "\t" or (character.isprintable() and character not in _UNSEEN)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _uncoloured(text: str) -> str:
    """Return text without colour codes, which engines write even into pipes."""
    if "\x1b[" not in text:
        return text
    parts = text.split("\x1b[")
    kept = [parts[0]]
    for part in parts[1:]:
        codes, sign, rest = part.partition("m")
        kept.append(rest if sign and not codes.strip("0123456789;:") else f"\x1b[{part}")
    return "".join(kept)


def last_lines(path: os.PathLike[str], count: int = 12) -> tuple[str, ...]:
    """Return the last lines of a log, made readable; where it has too few, also of the one before it."""
    end, whole = _end(os.fspath(path))
    lines = _lines(end)
    if whole and len(lines) < count:
        lines = _lines(_end(f"{os.fspath(path)}.1")[0] + end)
    return tuple(readable(line) for line in lines[-count:])


def _end(path: str) -> tuple[bytes, bool]:
    """Return the end of a file, and whether that is all of it."""
    try:
        with open(path, "rb") as file:
            start = max(0, file.seek(0, os.SEEK_END) - _END)
            file.seek(start)
            return file.read(), not start
    except OSError:
        return b"", True


def _lines(data: bytes) -> list[bytes]:
    return [line for line in data.splitlines() if line.strip()]
