"""What argparse makes of a command line, by a catalogue: the same verdict as the real parser, and all that is wrong.

Copies the rules of `_parse_optional`, `consume_optional` and `_get_values` of the standard library's argparse as of
Python 3.10 to 3.13, for parsers without positional arguments.
"""

import re
from typing import Literal, NamedTuple

from dynamo_recipes.support.catalogue import types
from dynamo_recipes.support.catalogue.model import Flag, Parser

Kind = Literal[
    "unknown",
    "stray",
    "ambiguous",
    "type",
    "choice",
    "no value",
    "switch",
    "required",
    "ends",
    "key",
    "refused",
    "spelling",
    "twice",
]

_NUMBER = re.compile(r"^-\d+$|^-\d*\.\d+$")


class Word(NamedTuple):
    """A word of a command line. `at` is its index in what the author wrote."""

    text: str
    at: int = 0


class Use(NamedTuple):
    """A flag that a parser took, and the values with it."""

    flag: Flag
    spelling: str
    values: tuple[str, ...]
    at: int


class Problem(NamedTuple):
    """Why a parser would refuse a word. `names`: the flags between which it could not choose."""

    kind: Kind
    at: int
    text: str
    flag: Flag | None = None
    names: tuple[str, ...] = ()


class Reading(NamedTuple):
    """What a parser, or a chain of them, makes of words; `rest` is for the next one."""

    uses: tuple[Use, ...] = ()
    problems: tuple[Problem, ...] = ()
    rest: tuple[Word, ...] = ()


class Option(NamedTuple):
    """How a word that starts with a dash is understood. No spelling: it is none of this parser's."""

    spelling: str = ""
    joined: str | None = None  # what follows in the same word: `x` of `--flag=x`
    ambiguous: tuple[str, ...] = ()


def words_of(texts: "list[str] | tuple[str, ...]") -> tuple[Word, ...]:
    """Return the words of a command line, each with its index."""
    return tuple(Word(text, at) for at, text in enumerate(texts))


def option(parser: Parser, text: str) -> Option | None:
    """Return how a parser understands a word; None: it is a value."""
    if not text.startswith("-") or text == "-":
        return None
    if text in parser.spellings:
        return Option(text)
    name, equals, joined = text.partition("=")
    if equals and name in parser.spellings:
        return Option(name, joined)
    close = _abbreviated(parser, text)
    if len(close) > 1:
        return Option(ambiguous=tuple(each.spelling for each in close))
    if close:
        return close[0]
    return None if _NUMBER.match(text) or " " in text else Option()


def _abbreviated(parser: Parser, text: str) -> list[Option]:
    """Return the flags that a word may be short for: `--tens=2` if abbreviations are allowed, `-O3` in any case."""
    if text.startswith("--"):
        name, equals, joined = text.partition("=")
        if not parser.abbreviations:
            return []
        return [Option(each, joined if equals else None) for each in parser.spellings if each.startswith(name)]
    return [
        Option(each, text[2:]) if each == text[:2] else Option(each)
        for each in parser.spellings
        if each == text[:2] or each.startswith(text)
    ]


def parse(parser: Parser, words: tuple[Word, ...]) -> Reading:
    """Return what one parser takes of words, as its `parse_known_args` does. Looks for nothing that is required."""
    uses: list[Use] = []
    problems: list[Problem] = []
    rest: list[Word] = []
    at, end = 0, next((index for index, each in enumerate(words) if each.text == "--"), len(words))
    options = [option(parser, each.text) for each in words[:end]]
    while at < end:
        word, found = words[at], options[at]
        if found is None or (not found.spelling and not found.ambiguous):
            rest.append(word)
        elif found.ambiguous:
            problems.append(Problem("ambiguous", word.at, word.text, names=found.ambiguous))
        else:
            following = _values_after(options, at + 1, end)
            at += _take(parser, found, words[at : at + 1 + following], uses, problems)
        at += 1
    return Reading(tuple(uses), tuple(problems), (*rest, *words[end:]))


def _values_after(options: list[Option | None], start: int, end: int) -> int:
    """Return how many values, words that are no options, follow one another."""
    at = start
    while at < end and options[at] is None:
        at += 1
    return at - start


def _take(parser: Parser, found: Option, words: tuple[Word, ...], uses: list[Use], problems: list[Problem]) -> int:
    """Take an option and its values, the words after it; return how many of those."""
    word, flag = words[0], parser.flag(found.spelling)
    if flag.ends:
        problems.append(Problem("ends", word.at, word.text, flag))
    if flag.one_spelling and any(use.flag is flag and use.spelling != found.spelling for use in uses):
        problems.append(Problem("spelling", word.at, word.text, flag))
    if flag.refused:
        problems.append(Problem("refused", word.at, word.text, flag))
    if found.joined is not None:
        return _take_joined(parser, found, words, uses, problems)
    taken = _count(flag, len(words) - 1)
    if taken is None:
        problems.append(Problem("no value", word.at, word.text, flag))
        return 0
    values = tuple(each.text for each in words[1 : 1 + taken])
    uses.append(Use(flag, found.spelling, values, word.at))
    problems += wrong_values(flag, values, word.at)
    return taken


def _take_joined(
    parser: Parser, found: Option, words: tuple[Word, ...], uses: list[Use], problems: list[Problem]
) -> int:
    """Take an option with what is joined to it; return how many of the words after it that took."""
    word, flag, joined = words[0], parser.flag(found.spelling), found.joined or ""
    if flag.values in (1, "?", "*", "+"):
        uses.append(Use(flag, found.spelling, (joined,), word.at))
        problems += wrong_values(flag, (joined,), word.at)
        return 0
    following = Option(f"-{joined[:1]}", joined[1:] or None)  # `-xyz` is `-x -y -z`
    if flag.values == 0 and not found.spelling.startswith("--") and following.spelling in parser.spellings:
        uses.append(Use(flag, found.spelling, (), word.at))
        return _take(parser, following, words, uses, problems)
    problems.append(Problem("switch" if flag.values == 0 else "no value", word.at, word.text, flag))
    return 0


def _count(flag: Flag, there: int) -> int | None:
    """Return how many of the values that are there a flag takes; None: there are too few."""
    if flag.values == "?":
        return min(there, 1)
    if flag.values in ("*", "+"):
        return there if there or flag.values == "*" else None
    wanted = int(flag.values)
    return wanted if there >= wanted else None


def wrong_values(flag: Flag, values: tuple[str, ...], at: int = 0) -> list[Problem]:
    """Return what is wrong with the values of a flag."""
    found: list[Problem] = []
    for text in values:
        if not types.takes(flag.type, text):
            found.append(Problem("type", at, text, flag))
        elif flag.choices and not _chosen(flag, text):
            found.append(Problem("choice", at, text, flag))
        elif flag.keys and (strange := _strange(flag, text)):
            found.append(Problem("key", at, strange[0], flag, strange))
    return found


def _chosen(flag: Flag, text: str) -> bool:
    return types.is_none(flag.type, text) or types.of(flag.type).convert(text) in flag.choices


def _strange(flag: Flag, text: str) -> tuple[str, ...]:
    """Return the keys of a mapping that a flag does not take; `a.b` for those of a mapping in it, where they are known.

    What the keys may hold is not looked at.
    """
    if types.is_none(flag.type, text):
        return ()
    found = types.of(flag.type).convert(text)
    if not isinstance(found, dict):
        return ()
    tops = {each.partition(".")[0] for each in flag.keys}
    inner = {top: {each.partition(".")[2] for each in flag.keys if each.startswith(f"{top}.")} for top in tops}
    wrong = [key for key in found if key not in tops or "." in key]
    wrong += [
        f"{key}.{below}"
        for key, value in found.items()
        if isinstance(value, dict) and inner.get(key)
        for below in value
        if below not in inner[key]
    ]
    return tuple(wrong)
