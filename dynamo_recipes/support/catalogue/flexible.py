"""What vLLM does to a command line before argparse reads it: dotted JSON keys, underscores, `-O3`.

Copies the rules of `FlexibleArgumentParser.parse_args` (vLLM 0.16 to 0.31, `vllm/utils/argparse_utils.py`).
"""

import json
from typing import Any

from dynamo_recipes.support.catalogue.reading import Problem, Word
from dynamo_recipes.support.catalogue.types import size

LEVEL = "optimization-level"  # `-O3` is short for it


def unfolded(words: tuple[Word, ...]) -> tuple[tuple[Word, ...], tuple[Problem, ...]]:
    """Return the words that argparse gets, and what breaks before it does."""
    return _joined(_spelled(words))


def _spelled(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Return words with dashes for underscores in flags, up to the first dot, and `-O3` written out."""
    found: list[Word] = []
    for index, (text, at) in enumerate(words):
        following = words[index + 1].text if index + 1 < len(words) else ""
        if text.startswith("--"):
            name, equals, value = text.partition("=")
            first, dot, rest = name[2:].partition(".")
            found.append(Word(f"--{first.replace('_', '-')}{dot}{rest}{equals}{value}", at))
        elif text == "-O" and following in ("0", "1", "2", "3"):
            found.append(Word(f"--{LEVEL}", at))
        elif text.startswith("-O") and text != "-O":
            found += [Word(f"--{LEVEL}", at), Word(text[2:].removeprefix("="), at)]
        else:
            found.append(Word(text, at))
    return tuple(found)


def _joined(words: tuple[Word, ...]) -> tuple[tuple[Word, ...], tuple[Problem, ...]]:
    """Return words with the dotted flags of one name as one flag with JSON, behind all others."""
    kept: list[Word] = []
    trees: dict[str, dict[str, Any]] = {}
    places: dict[str, int] = {}
    at = 0
    while at < len(words):
        word = words[at]
        name, equals, value = word.text.partition("=")
        at += 1
        if not word.text.startswith("-") or "." not in name:
            kept.append(word)
            continue
        if not equals:
            if at == len(words):
                return tuple(kept), (Problem("no value", word.at, word.text),)
            value, at = words[at].text, at + 1
        name, keys, value = _keyed(name, value)
        places.setdefault(name, word.at)
        _laid(trees.setdefault(name, {}), keys, _value(value))
    added = [Word(text, places[name]) for name, tree in trees.items() for text in (name, json.dumps(tree))]
    return (*kept, *added), ()


def _keyed(name: str, value: str) -> tuple[str, list[str], str]:
    """Return the flag, the keys and the value of a dotted flag; with `+` at its end the value is a list."""
    if name.endswith("+"):
        name, value = name[:-1], json.dumps(value.split(","))
    flag, *keys = name.split(".")
    return flag, keys, value


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return size(text)
    except ValueError:
        return text


def _laid(tree: dict[str, Any], keys: list[str], value: Any) -> None:
    """Lay a value into a tree: mappings merge, lists grow, all else is replaced."""
    for key in reversed(keys[1:]):
        value = {key: value}
    _merge(tree, {keys[0]: value})


def _merge(tree: dict[str, Any], other: dict[str, Any]) -> None:
    for key, value in other.items():
        there = tree.get(key)
        if isinstance(value, dict) and isinstance(there, dict):
            _merge(there, value)
        elif isinstance(value, list) and isinstance(there, list):
            tree[key] = there + value
        else:
            tree[key] = value
