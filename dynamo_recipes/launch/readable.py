"""Lines of processes as a terminal may show them."""

from dynamo_recipes.launch.throttle import LONGEST

# What counts as printable and yet is not seen: fillers, and variation selectors but for the two styles of emoji.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0").union(
    map(chr, range(0xFE00, 0xFE0E)), map(chr, range(0xE0100, 0xE01F0))
)


def readable(line: bytes) -> str:
    """Return a line that does nothing to a terminal: control characters and escape sequences are shown, not obeyed.

    So are characters that are not seen or turn the direction of writing, with which a line could look like another.
    """
    text = _uncoloured(line[:LONGEST].decode("utf-8", "replace").rstrip("\r"))
    if text.isascii() and text.isprintable():  # nearly every line: not to be looked at character by character
        return text
    return "".join(each if _harmless(each) else _escaped(each) for each in text)[:LONGEST]


def _harmless(character: str) -> bool:
    return character == "\t" or (character.isprintable() and character not in _UNSEEN)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _uncoloured(text: str) -> str:
    """Return text without colour codes, which engines write even into pipes."""
    if "\x1b[" not in text:
        return text
    parts = text.split("\x1b[")
    kept = [parts[0]]
    for part in parts[1:]:
        codes, sign, rest = part.partition("m")
        kept.append(rest if sign and not codes.strip("0123456789;:") else f"\x1b[{part}")
    return "".join(kept)
