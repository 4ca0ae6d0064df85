"""Becoming the parent of descendants whose own parent ends, instead of process 1. Source: prctl(2)."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

_SET_CHILD_SUBREAPER = 36
_GET_CHILD_SUBREAPER = 37


def adopt_orphans(yes: bool = True) -> None:
    """Become a child subreaper, or be none any more."""
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, int(yes), 0, 0, 0)


@contextmanager
def adopting() -> Iterator[None]:
    """Adopt orphans for a while, then go back to what was before: a caller may adopt them for its own ends."""
    before = ctypes.c_int()
    ctypes.CDLL(None).prctl(_GET_CHILD_SUBREAPER, ctypes.byref(before), 0, 0, 0)
    adopt_orphans()
    try:
        yield
    finally:
        adopt_orphans(bool(before.value))
