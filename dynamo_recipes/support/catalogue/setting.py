"""From a key of `args` and its value to words of a command line, as the flag's arity and type want them."""

import json
from typing import Any

from dynamo_recipes.recipe import references
from dynamo_recipes.support.catalogue import types
from dynamo_recipes.support.catalogue.model import Flag
from dynamo_recipes.support.catalogue.names import Found

# A word; or a mapping or list, which becomes JSON and may have `{file: NAME}` in it.
Piece = str | dict[str, Any] | list[Any]

_TREES = (
    "text",
    "any",
    "json",
    "object",
    "text_or_json",
    "strict_json",
    "sections",
    "lora",
    "conditions",
    "structural_tag",
    "settings",
)


class Misshapen(ValueError):
    """A value that no words of the flag can say."""

    def __init__(self, message: str, hint: str) -> None:
        """Take what is wrong, and what to write instead."""
        super().__init__(message)
        self.message, self.hint = message, hint


def pieces(found: Found, value: Any) -> tuple[Piece, ...]:
    """Return the words that set a flag. Raises Misshapen. `value` is not null: that removes a flag."""
    flag = found.flag
    if flag is None or found.rest:
        return (f"--{found.name}", _piece(value)) if flag is None else _named(f"--{found.name}", _text(value))
    if flag.values == 0 or found.off:
        return (_switch(flag, found.off, value),)
    if value is True and flag.values == "?":
        return (flag.name,)
    if isinstance(value, list):
        return _several(flag, value)
    return _named(flag.name, _one(flag, value))


def _switch(flag: Flag, negation: bool, value: Any) -> str:
    if not isinstance(value, bool):
        raise Misshapen(f"`{flag.name}` is a switch: it takes no value.", "Write true or false.")
    if value is not negation:
        return flag.name
    if not flag.off:
        raise Misshapen(
            f"`{flag.name}` has no negation: it can be switched on, not off.",
            "Leave it out; in a worker, null removes a flag of the engine's.",
        )
    return flag.off[0]


def _one(flag: Flag, value: Any) -> Piece:
    """Return the word of a value that stands alone."""
    base = flag.type.removesuffix(types.OPTIONAL)
    tree = isinstance(value, dict | list) and references.name_of(value) is None
    if (
        isinstance(value, bool) and base not in ("bool", "json", "any", "text_or_json", "strict_json", "structural_tag")
    ) or (tree and (base not in _TREES or flag.choices)):
        wanted = f"one of {_listed(flag.choices)}" if flag.choices else types.of(base).wanted
        raise Misshapen(f"`{flag.name}` takes {wanted}.", 'Text stands in quotes: "true".' if value is True else "")
    return _piece(value)


def _listed(choices: tuple[str | int | float, ...]) -> str:
    return ", ".join(map(str, choices[:12])) + (", …" if len(choices) > 12 else "")


def _several(flag: Flag, values: list[Any]) -> tuple[Piece, ...]:
    if flag.values == 1 and flag.repeats:
        return tuple(word for value in values for word in _named(flag.name, _one(flag, value)))
    if flag.values in (1, "?"):
        if flag.type.removesuffix(types.OPTIONAL) not in ("any", "json", "text_or_json", "strict_json"):
            raise Misshapen(f"`{flag.name}` takes one value, not a list.", "Write one value.")
        return (flag.name, values)
    words = [_one(flag, value) for value in values]
    if any(isinstance(word, str) and word.startswith("-") for word in words):
        if len(words) == 1:
            return _named(flag.name, words[0])
        raise Misshapen(
            f"`{flag.name}` takes several values, and one that starts with `-` would be read as a flag.",
            "Pass the words on with `raw: [..]`.",
        )
    return (flag.name, *words)


def _named(name: str, word: Piece) -> tuple[Piece, ...]:
    """Return a flag and its value, in one word where the value would be read as a flag."""
    return (f"{name}={word}",) if isinstance(word, str) and word.startswith("-") else (name, word)


def _piece(value: Any) -> Piece:
    return value if isinstance(value, dict | list) else _text(value)


def _text(value: Any) -> str:
    """Return a value as one word: JSON's spelling of true, false and trees, else as it stands."""
    if isinstance(value, bool | dict | list) or value is None:
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return str(value)


def sample(piece: Piece) -> str:
    """Return a piece as a text to judge: a file stands for some path."""
    if isinstance(piece, str):
        return piece
    return "file" if references.name_of(piece) is not None else _text(_without_files(piece))


def _without_files(value: Any) -> Any:
    if references.name_of(value) is not None:
        return "file"
    if isinstance(value, dict):
        return {key: _without_files(inner) for key, inner in value.items()}
    return [_without_files(each) for each in value] if isinstance(value, list) else value
