"""One spelling for a flag, however a recipe writes it. Knows no flag."""

RAW = "raw"  # the key of words that are passed on as they are


def canonical(name: str) -> str:
    """Return one spelling for `--speedup_ratio`, `speedup_ratio` and `speedup-ratio`: the last.

    What follows a dot are keys of a mapping, in which an underscore is none.
    """
    flag, dot, keys = name.lstrip("-").partition(".")
    return flag.replace("_", "-") + dot + keys
