"""Versions of what a machine has, as numbers that compare: drivers, CUDA, glibc, Python. Not Dynamo's own versions."""

from functools import lru_cache


@lru_cache(256)
def pair(version: str) -> tuple[int, int]:
    """Return the first two numbers: `580.65.06` gives 580 and 65, `13` gives 13 and 0."""
    first, second = (*version.split("."), "")[:2]
    return _number(first), _number(second)


def _number(part: str) -> int:
    return int("".join(filter(str.isdecimal, part)) or 0)
