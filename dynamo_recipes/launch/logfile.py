"""The log file of one process: written byte for byte, turned over at its size; and its last lines."""

import os
from contextlib import suppress

from dynamo_recipes.launch.readable import readable

MOST = 64 << 20  # bytes of one log file; then it becomes NAME.log.1, and that NAME.log.2

_END = 1 << 16  # bytes at the end of a log in which its last lines are looked for


class LogFile:
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
