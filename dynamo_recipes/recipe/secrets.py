"""Which names carry secrets, and which values look like one. A finding about one never shows it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from dynamo_recipes.findings import CODES, Finding, Path, Where, dotted, finding
from dynamo_recipes.recipe.near import near, shown
from dynamo_recipes.recipe.positions import Data

# Names of variables and flags whose value is a secret: HF_TOKEN, api-key, DB_PASSWORD; not MAX_TOKENS, TOKENIZER_PATH.
_NAME = re.compile(
    r"(^|[_.-])((auth|access|hf|hub|bearer|api|refresh)[_-]?tokens?|token|secret|passw(or)?d|passphrase|credentials?"
    r"|(api|access|private|secret|encryption)[_-]?key)$",
    re.IGNORECASE,
)
# Flags about the tokens of text rather than about access.
_TEXT_TOKEN = re.compile(
    r"(eos|bos|pad|unk|stop|image|video|audio|end|start|special|mask|sep)[_-]?token$", re.IGNORECASE
)
# Well-known forms of keys: hub, model vendors, code hosts, cloud.
_VALUE = re.compile(
    r"\bhf_[A-Za-z0-9]{30,}|\bnvapi-[\w-]{20,}|\bsk-[\w-]{20,}|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{22,}"
    r"|\bAKIA[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_HINT = "Write `{secret: NAME}` there: the value is looked up when the graph starts."
_FLAG_HINT = "Give it by a variable of `env` with `{secret: NAME}`: a command line can be read by others."

_MASK = "***"
_SHORTEST = 4  # masking shorter ones would make messages unreadable
_HEAD = 8  # as much of a shortened value is recognised
_MOST_MASKED = 20  # each is looked for in every message


def is_secret_name(name: str) -> bool:
    """Tell whether a variable or flag of this name holds a secret."""
    return bool(_NAME.search(name)) and not _TEXT_TOKEN.search(name)


def looks_secret(text: str) -> bool:
    """Tell whether a text has the form of a well-known kind of key."""
    return len(text) >= 20 and bool(_VALUE.search(text))


def literal_secrets(data: Data) -> Iterator[Finding]:
    """Yield a finding for each secret that is written into the recipe."""
    for each in _secrets(data):
        place = f"`{shown(dotted(each.path))}`"
        hint = _FLAG_HINT if "args" in each.path else _HINT
        if each.flag or _is_secret(_names(each.path)):
            yield finding("DR112", each.path, f"{place} holds a secret in plain text.", hint)
        else:
            yield finding("DR112", each.path, f"{place} looks like an access key.", hint)


def masked(found: Iterable[Finding], data: Data, known: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Return findings that show no secret of a text: the same value may stand in a wrong place too, or be a key.

    `known`: more values that are secrets.
    """
    found = tuple(found)
    texts = _texts(data, known) if found else set()
    spellings = {shown(each, len(each)) for text in texts for each in (text, text.replace("_", "-"))}  # flags: `a-b`
    values = sorted(spellings, key=len, reverse=True)
    if len(texts) > _MOST_MASKED:
        return tuple(replace(each, message=f"{CODES[each.code]}.", hint="", where=_pathless(each)) for each in found)
    return tuple(_without(each, values) for each in found)


def hidden(text: str, data: Data) -> str:
    """Return a recipe's own text with its secrets masked."""
    return _mask(text, sorted(_texts(data), key=len, reverse=True))


def _texts(data: Data, known: Iterable[str] = ()) -> set[str]:
    """Return the secrets of a text that are long enough to be masked."""
    texts = {*(str(each.value) for each in _secrets(data)), *_inner_keys(data), *known}
    return {text for text in texts if len(text) >= _SHORTEST}


def _inner_keys(data: Data) -> Iterator[str]:
    """Yield keys below a secret's name: `HF_TOKEN: {swordfish}` is a mapping, and the secret its key."""
    for each in _scalars(data):
        names = _names(each.path)
        first = next((at for at, name in enumerate(names) if is_secret_name(name)), len(names))
        yield from (name for name in names[first + 1 :] if not near(name, ("secret", "value")))


def _pathless(found: Finding) -> Where:
    return replace(found.where, path=())


def _without(found: Finding, values: list[str]) -> Finding:
    path = tuple(_mask(step, values) if isinstance(step, str) else step for step in found.where.path)
    where = replace(found.where, path=path)
    return replace(found, message=_mask(found.message, values), hint=_mask(found.hint, values), where=where)


def _mask(text: str, values: list[str]) -> str:
    """Replace values, and the starts of them that a shortened name ends with."""
    for value in values:
        head = value[:_HEAD]
        at = text.find(head)
        while at >= 0:
            end = at + _alike(text[at:], value)
            if end - at == len(value) or text[end : end + 1] == "…":
                text = text[:at] + _MASK + text[end:]
            at = text.find(head, at + 1)
    return _VALUE.sub(_MASK, text)


def _alike(text: str, value: str) -> int:
    """Return how many characters two texts have in common at their start."""
    pairs = zip(text, value, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(text), len(value)))


class _Scalar(NamedTuple):
    """A value, where it stands, and the flag that it belongs to when it is a word of a command line."""

    path: Path
    value: Data
    flag: str = ""


def _secrets(data: Data) -> Iterator[_Scalar]:
    for each in _scalars(data):
        named = _is_secret((*_names(each.path), each.flag)) and each.value not in ("", None, True, False)
        if named or (isinstance(each.value, str) and looks_secret(each.value)):
            yield each


def _is_secret(names: Iterable[str]) -> bool:
    return any(is_secret_name(name) for name in names)


def _names(path: Path) -> tuple[str, ...]:
    """Return the names below `env` or `args` that a path leads through."""
    if path[-1:] == ("secret",) and path[-3:-2] == ("env",) and len(path) in (3, 5):
        return ()  # {secret: NAME} of a variable is the reference itself
    start = next((at for at, step in enumerate(path) if step in ("env", "args")), len(path))
    return tuple(step for step in path[start + 1 :] if isinstance(step, str))


def _scalars(data: Data) -> Iterator[_Scalar]:
    """Yield every value, and every key that looks like a secret."""
    stack: list[_Scalar] = [_Scalar((), data)]
    while stack:
        each = stack.pop()
        if isinstance(each.value, dict):
            stack += [_Scalar((*each.path, key), inner) for key, inner in each.value.items()]
            yield from (_Scalar((*each.path, key), key) for key in each.value if looks_secret(key))
        elif isinstance(each.value, list):
            stack += _words(each.path, each.value)
        else:
            yield each


def _words(path: Path, words: list[Data]) -> Iterator[_Scalar]:
    """Yield the entries of a list with the flag of each: `--api-key=x`, or the word after `--api-key`."""
    before = ""
    for index, word in enumerate(words):
        flag, joined, value = word.partition("=") if isinstance(word, str) and word.startswith("-") else ("", "", word)
        yield _Scalar((*path, index), value if joined else word, flag if joined else "" if flag else before)
        before = "" if joined else flag
