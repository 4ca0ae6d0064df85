"""Logs of processes: to files byte for byte, and to the terminal line by line with the process's name in front.

Secrets are masked in both.

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

from dynamo_recipes.launch.logfile import MOST, LogFile
from dynamo_recipes.launch.masking import Masked, Masks
from dynamo_recipes.launch.readable import readable
from dynamo_recipes.launch.throttle import Lines, Throttle

Show = Callable[[str, str], None]  # process name, line

_CHUNK = 1 << 18  # also what a pipe holds. The system allows 64 MiB to all pipes of a user: enough for 256 processes.
_LITTLE = 1 << 20  # bytes a second of all processes together; of so few, more are waited for
REST = 0.1  # seconds that are waited
_LAST_WORDS = 1.0  # seconds that a stranger who keeps writing is read at the end
_OURS = "logs"  # the name before lines of our own


class _Stream:
    """Where the output of one process goes."""

    __slots__ = ("lines", "log", "masked", "name")

    def __init__(self, name: str, log: LogFile, lines: Lines, masked: Masked | None) -> None:
        self.name = name
        self.log = log
        self.lines = lines
        self.masked = masked


class Pump:
    """Reads the output of all processes in one thread. Without `show`, it only writes files. `masks`: no secrets.

    Raises OSError when the system has no thread or descriptors left for it.
    """

    def __init__(self, show: Show | None, most: int = MOST, masks: Masks | None = None) -> None:
        self._show = show
        self._masks = masks or Masks()
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
        log = LogFile(os.fspath(path), self._most)
        lines = Lines(name, self._throttle, lambda line: self._put(name, readable(line)))
        with suppress(OSError):
            fcntl.fcntl(output, fcntl.F_SETPIPE_SZ, _CHUNK)
        self._seen.setdefault(name, 0)
        self._throttle.add(name)
        try:
            stream = _Stream(name, log, lines, self._masks.stream())
            self._selector.register(output, selectors.EVENT_READ, stream)
        except (OSError, ValueError, KeyError):
            log.close()
            raise
        os.write(self._wake_write, b".")

    def seen(self, name: str) -> int:
        """Return how many bytes of a process have been read and written to its log (masked, held back, lost) so far."""
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
        self._pass_on(stream, *(stream.masked.take(self._buffer, size) if stream.masked else (self._buffer, size)))
        self._seen[stream.name] += size
        return size

    def _pass_on(self, stream: _Stream, data: bytearray, size: int) -> None:
        stream.log.write(data, size)
        if self._show:
            stream.lines.take(data, size)
        if stream.log.trouble:
            self._throttle.incomplete(stream.name, stream.log.trouble, time.monotonic())

    def _finish(self, output: int, stream: _Stream) -> None:
        self._selector.unregister(output)
        with suppress(OSError):
            os.close(output)
        if stream.masked and (rest := stream.masked.end()):
            self._pass_on(stream, rest, len(rest))
        stream.log.close()
        stream.lines.end()

    def _put(self, name: str, text: str) -> None:
        """Show a line. A terminal that has gone stops the showing, never the reading: processes would block."""
        try:
            if self._show:
                self._show(name, text)
        except (OSError, ValueError, RuntimeError):
            self._show = None
