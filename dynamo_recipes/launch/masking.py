"""Secrets in what we write: `***` stands there instead, in logs, on the terminal and in messages.

Bytes in, bytes out, chunk by chunk: a value may be split over chunks, so the beginning of one is held back until it is
known what follows. The standard library alone, and little of it: the guard of a run imports this at every start.
"""

import os
from collections.abc import Iterable, Iterator

MASK = "***"
SHORTEST = 4  # characters; a shorter value is in too many words
SHORTEST_LINE = 8  # characters of a line of a value that has several

Span = tuple[int, int]

_MASK = MASK.encode()
# What stands for characters in a JSON string. Not from `json`: it brings in more than all of this.
_JSON = {code: f"\\u{code:04x}" for code in range(32)} | {
    ord(each): f"\\{sign}" for each, sign in zip('"\\\b\f\n\r\t', '"\\bfnrt', strict=True)
}


class Masks:
    """What must not be shown: some values, each as it is, as JSON and Python write it, and line by line.

    `resumed`: streams may begin in the middle of a value, the rest of which somebody else has read.
    """

    def __init__(self, values: Iterable[str] = (), resumed: bool = False) -> None:
        spellings = {each for value in values for each in _spellings(value)}
        self._texts = sorted(spellings, key=lambda each: (-len(each), each))
        self.patterns = tuple(os.fsencode(each) for each in self._texts)
        self._resumed = resumed

    def text(self, text: str) -> str:
        """Return a text without the values."""
        for each in self._texts:
            text = text.replace(each, MASK)
        return text

    def stream(self) -> "Masked | None":
        """Return what masks the output of one process; None when there is nothing to mask."""
        return Masked(self.patterns, self._resumed) if self.patterns else None


def _spellings(value: str) -> Iterator[str]:
    """Yield the ways in which a value may be written. White space around it tells nothing."""
    whole = value.strip()
    lines = (line.strip() for line in whole.splitlines())
    for each in (whole, *(line for line in lines if len(line) >= SHORTEST_LINE)):
        if len(each) >= SHORTEST:
            yield each
            yield (escaped := each.translate(_JSON))
            yield "".join(letter if " " <= letter <= "~" else _unicode_escape(letter) for letter in escaped)
            yield repr(each)[1:-1]


def _unicode_escape(letter: str) -> str:
    """Return a character as JSON writes it in ASCII: its UTF-16 units."""
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


class Masked:
    """The output of one process, without the values."""

    __slots__ = ("_covered", "_held", "_patterns", "_resumed")

    def __init__(self, patterns: tuple[bytes, ...], resumed: bool = False) -> None:
        self._patterns = patterns
        self._resumed = resumed
        self._held = bytearray()  # may be the beginning of a value
        self._covered = 0  # bytes of it that are part of a value for which the mask is written already

    def take(self, data: bytearray, size: int) -> tuple[bytearray, int]:
        """Return what can be passed on of data up to `size`, and its length; nothing is copied when nothing is found.

        What is returned may be `data` itself.
        """
        if self._held:
            data = self._held + data[:size]
            size = len(data)
        return self._passed(data, size, min(_begun(data, size, each) for each in self._patterns))

    def end(self) -> bytearray:
        """Return what was held back."""
        return self._passed(self._held, len(self._held), len(self._held))[0]

    def _passed(self, data: bytearray, size: int, keep: int) -> tuple[bytearray, int]:
        """Return data up to `keep`, masked; hold the rest."""
        spans = [span for span in self._spans(data, size) if span[0] < keep]
        told, self._covered = self._covered, 0
        if not spans and not self._held and keep == size:
            return data, size
        out, at = bytearray(), 0
        for start, end in spans:
            out += data[at:start]
            out += b"" if told and not start else _MASK
            at = end
        out += data[at:keep]
        self._held, self._covered = data[keep:size], max(0, max(at, told) - keep)
        return out, len(out)

    def _spans(self, data: bytearray, size: int) -> list[Span]:
        """Return where values stand, in order; those that overlap are one."""
        found = [span for each in self._patterns for span in _found(data, size, each)]
        if self._covered:
            found.append((0, self._covered))
        if self._resumed and size:
            self._resumed = False
            found += [(0, length) for each in self._patterns if (length := _ending(data, size, each))]
        return _joined(sorted(found))


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in spans:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _found(data: bytearray, size: int, value: bytes) -> Iterator[Span]:
    """Yield where a value stands; of those that overlap, as many as are needed to see how far they reach."""
    at = data.find(value, 0, size)
    while at >= 0:
        yield at, at + len(value)
        further = data.rfind(value, at + 1, min(size, at + 2 * len(value) - 1))
        at = further if further >= 0 else data.find(value, at + len(value), size)


def _begun(data: bytearray, size: int, value: bytes) -> int:
    """Return where, at the end of the data, a value begins that goes on later; the end when none does."""
    start = max(0, size - len(value) + 1)
    at = data.find(value[:1], start, size)
    while at >= 0 and not value.startswith(data[at:size]):
        at = data.find(value[:1], at + 1, size)
    return at if at >= 0 else size


def _ending(data: bytearray, size: int, value: bytes) -> int:
    """Return how long the end of a value is with which the data begins; 0 when it begins otherwise, or is short."""
    head = bytes(data[: min(size, len(value) - 1)])
    at = value.find(head[:SHORTEST], 1) if len(head) >= SHORTEST else -1
    while at >= 0 and not head.startswith(value[at:]):
        at = value.find(head[:SHORTEST], at + 1)
    return len(value) - at if at >= 0 else 0


_hidden = Masks()


def hide(masks: Masks) -> None:
    """Let `hidden` mask these: the secrets of the run of this process, from now on."""
    global _hidden  # a process has one run, and its crash report knows nothing of it
    _hidden = masks


def hidden(text: str) -> str:
    """Return a text without the secrets of the run of this process."""
    return _hidden.text(text)
