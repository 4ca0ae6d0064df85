"""Tags of cluster add-ons such as `v0.1.0-alpha.14-rc1`: their order, and ranges of them. Not Dynamo's versions."""

import re
from typing import Any

# Not compiled on import: few recipes are for a cluster.
_TAG = r"v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?:-([0-9A-Za-z.-]{1,100}))?(?:\+.*)?"
_BOUND = r"(>=|<=|==|>|<)\s*(\S+)"
_FINAL = (1,)  # comes after every pre-release


def key(tag: str) -> tuple[Any, ...] | None:
    """Return what a tag sorts by; None for text that is no such tag.

    As semver has it, but that `-rc1` behind a pre-release comes before it: alpha.9, alpha.14-rc1, alpha.14, final.
    """
    found = re.fullmatch(_TAG, tag.strip())
    if found is None:
        return None
    numbers = tuple(int(each or 0) for each in found.groups()[:3])
    stages = found[4].split("-") if found[4] else []
    return (numbers, *((0, *_parts(each)) for each in stages), _FINAL)


def _parts(stage: str) -> list[tuple[int, int, str]]:
    """Return numbers and words of `alpha.14` or `rc1`; numbers come before words."""
    return [(0, int(each), "") if each.isdecimal() else (1, 0, each) for each in re.findall(r"\d+|[A-Za-z]+", stage)]


def within(tag: str, allowed: str) -> bool | None:
    """Tell whether a tag is in a range such as `>=v0.1.0-alpha.8,<v0.1.0-alpha.9`; None when one cannot be read."""
    value = key(tag)
    bounds = [re.fullmatch(_BOUND, each.strip()) for each in allowed.split(",")]
    limits = [(each[1], key(each[2])) for each in bounds if each]
    if value is None or len(limits) < len(bounds) or any(limit is None for _, limit in limits):
        return None
    return all(_holds(value, operator, limit or ()) for operator, limit in limits)


def _holds(value: tuple[Any, ...], operator: str, limit: tuple[Any, ...]) -> bool:
    return {
        ">=": value >= limit,
        "<=": value <= limit,
        "==": value == limit,
        ">": value > limit,
        "<": value < limit,
    }[operator]
