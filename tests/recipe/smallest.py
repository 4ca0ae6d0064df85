"""The smallest recipe, with one line of another content or one line more."""

LINES = {"schema": "schema: 1", "model": "model: a/b", "engine": "engine: mocker"}


def smallest(line: str) -> bytes:
    """Return the text; a line with the key of one of the three stands in its place, any other stands on line 4."""
    key = line.split(":", maxsplit=1)[0]
    return "\n".join({**LINES, key: line}.values()).encode()
