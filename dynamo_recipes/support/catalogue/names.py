"""Which flag a key of `args` means, in any of the spellings that its parsers take."""

from typing import Any, NamedTuple

from dynamo_recipes.support.catalogue.chain import DOTTED, Chain
from dynamo_recipes.support.catalogue.flexible import LEVEL
from dynamo_recipes.support.catalogue.model import Flag, Parser
from dynamo_recipes.support.spelling import canonical


class Found(NamedTuple):
    """The flag of a key. `rest` is what follows it in a dotted key: `.kv_connector`.

    `off`: the key is its negation. No flag: the key is a dotted one of TensorRT-LLM, or `names` were all possible.
    """

    flag: Flag | None
    off: bool = False
    rest: str = ""
    names: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What stands for the flag, however it was spelled: its first long name without dashes."""
        return (self.flag.name.lstrip("-") if self.flag else "") + self.rest


def find(chain: Chain, key: str) -> Found | None:
    """Return the flag that the parsers of a chain take for a key; the first parser that takes it has it."""
    name, dot, rest = canonical(key).partition(".")
    if chain.dotted and dot and f"--{name}." == DOTTED:
        return Found(None, rest=canonical(key))
    for parser in chain.parsers:
        if dot and not parser.flexible:
            continue
        found = _in(parser, name, key.lstrip("-").partition(".")[0])
        if found is not None:
            return found._replace(rest=dot + rest)
    return None


def _in(parser: Parser, name: str, written: str) -> Found | None:
    if parser.flexible and name == "O":
        name = LEVEL
    for spelling in (f"--{name}", f"-{name}", f"--{written}"):
        if spelling in parser.spellings:
            return _found(parser, spelling)
    close = [each for each in parser.spellings if each.startswith(f"--{name}")] if parser.abbreviations else []
    if len(close) > 1:
        return Found(None, names=tuple(close))
    return _found(parser, close[0]) if close else None


def _found(parser: Parser, spelling: str) -> Found:
    flag = parser.flag(spelling)
    return Found(flag, off=spelling in flag.off)


def normal(chain: Chain | None, key: str, value: Any) -> tuple[str, Any]:
    """Return one name and value for all ways to write a flag: its own name, where it is known, and never a negation.

    Without a chain, or for a key that it does not know, the key in canonical spelling.
    """
    found = find(chain, key) if chain else None
    if found is None or found.flag is None:
        return canonical(key), value
    return found.name, (not value) if found.off and isinstance(value, bool) else value
