"""Messages between the command of a run and its guard: JSON objects, one a line, and descriptors that go with them."""

import contextlib
import json
import os
import select
import socket
import time
from collections.abc import Sequence
from typing import Any

_CHUNK = 1 << 16
_MOST_DESCRIPTORS = 64


class Channel:
    """One end of a socket pair. Nothing here waits, unless it is told for how long."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        end.setblocking(False)  # recv_fds leaves its flags out: MSG_DONTWAIT would not do
        self.closed = False  # the other end has gone
        self._incoming = b""
        self._outgoing = b""
        self._passing: list[int] = []  # descriptors that go with the next bytes
        self._passed: list[int] = []

    def fileno(self) -> int:
        """Return the socket's descriptor, for polling."""
        return self._end.fileno()

    def say(self, message: dict[str, Any], descriptors: Sequence[int] = (), patience: float = 0.0) -> bool:
        """Send a message, or as much of it as goes within some seconds; the rest goes with `flush`.

        Returns whether all has gone. To an end that has gone everything goes.
        """
        self._outgoing += json.dumps(message).encode() + b"\n"
        self._passing += descriptors
        until = time.monotonic() + patience
        while not self.flush():
            if time.monotonic() >= until:
                return False
            self.wait(until - time.monotonic(), select.POLLOUT)
        return True

    def flush(self) -> bool:
        """Send what could not be sent yet; tell whether nothing is left."""
        if self.closed:
            self._outgoing = b""
        with contextlib.suppress(BlockingIOError):
            while self._outgoing:
                try:
                    sent = socket.send_fds(self._end, [self._outgoing[:_CHUNK]], self._passing)
                except (BrokenPipeError, ConnectionError):
                    sent = len(self._outgoing)  # that it has gone is heard of when we listen
                self._outgoing = self._outgoing[sent:]
                self._passing = []
        return not self._outgoing

    def hear(self) -> list[dict[str, Any]]:
        """Return the messages that have come since; `closed` says whether more can come."""
        messages: list[dict[str, Any]] = []
        with contextlib.suppress(BlockingIOError):
            while not self.closed:
                messages += self._receive()
        return messages

    def _receive(self) -> list[dict[str, Any]]:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._end, _CHUNK, _MOST_DESCRIPTORS)
        except ConnectionError:
            data, descriptors = b"", []
        for each in descriptors:
            os.set_inheritable(each, False)
        self._passed += descriptors
        self.closed = not data
        *lines, self._incoming = (self._incoming + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def passed(self, count: int) -> list[int]:
        """Return the first so many descriptors that have come, fewer where there are fewer. They are the caller's."""
        passed, self._passed = self._passed[:count], self._passed[count:]
        return passed

    def wait(self, seconds: float, what: int = select.POLLIN) -> None:
        """Wait until something can be heard, at most so long."""
        poll = select.poll()  # select.select knows no descriptor above 1023
        poll.register(self._end, what)
        poll.poll(1000 * max(0.0, seconds))

    def close(self) -> None:
        """Close this end."""
        self._end.close()
