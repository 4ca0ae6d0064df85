"""Near names for a wrong one. Suggests, never chooses."""

from collections.abc import Iterable

_MOST = 3


def near(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return at most three known names that are close to `name`, nearest first."""
    import difflib  # only on an error: keeps it off the fast path

    by_lower = {each.lower(): each for each in sorted(known)}
    # A very long name is near to nothing, and comparing it would take long.
    found = difflib.get_close_matches(name[:80].lower(), by_lower, n=_MOST, cutoff=0.6)
    return tuple(by_lower[each] for each in found)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint: the near names, or all known ones when none is near."""
    known = tuple(known)
    close = near(name, known)
    if close:
        return "Did you mean " + " or ".join(close) + "?"
    return "Known: " + ", ".join(sorted(known)) + "." if known else ""


def shown(name: str, most: int = 60) -> str:
    """Return a name from a recipe as it may be printed: shortened, control characters made visible."""
    text = name if len(name) <= most else name[:most] + "…"
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)
