"""What an expression of a program stands for when the program is read and not run: a constant, a parser, or unknown."""

import ast
import re
from typing import Any, NamedTuple


class _Unknown:
    """A value that the text of a program does not tell."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


class Env(NamedTuple):
    """A value that comes from the environment: from one of these variables."""

    names: tuple[str, ...]


class External(NamedTuple):
    """A name from outside the wheel: `argparse.BooleanOptionalAction`."""

    text: str


class Defined(NamedTuple):
    """A function or class of the wheel; `held` are the variables of the function around it."""

    module: str
    node: ast.stmt
    held: dict[str, Any]


class Member(NamedTuple):
    """A member of an enumeration."""

    kind: str
    name: str
    value: Any


class Method(NamedTuple):
    """A method of a value that is known."""

    of: Any
    name: str


class Bound(NamedTuple):
    """A method of the wheel's own classes, with the object that it is called on and the class that has it."""

    function: Defined
    owner: Any
    kind: Defined


class Super(NamedTuple):
    """What `super()` stands for in a method of a class."""

    owner: Any
    kind: Defined


class Instance:
    """An object of one of the wheel's classes."""

    def __init__(self, kind: Defined) -> None:
        self.kind = kind
        self.held: dict[str, Any] = {}


class Parser:
    """A parser, or a group of one: the words of each `add_argument`. `engine`: the engine's own flags are in it too."""

    def __init__(self) -> None:
        self.added: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        self.engine = False


_OPAQUE = (_Unknown, Env, External, Defined, Method, Bound, Super, Instance, Parser)


def plain(value: Any) -> bool:
    """Tell whether a value is a constant all through."""
    if isinstance(value, dict):
        return all(plain(key) and plain(each) for key, each in value.items())
    if isinstance(value, list | set | frozenset) or type(value) is tuple:
        return all(map(plain, value))
    return not isinstance(value, _OPAQUE)


def truth(value: Any) -> bool | None:
    """Tell whether a value counts as true; None where that is not known."""
    if isinstance(value, _Unknown | Env | External):
        return None
    return True if isinstance(value, _OPAQUE) else bool(value)


def either(one: Any, other: Any) -> Any:
    """Return what may be the one or the other."""
    variables = [name for each in (one, other) if isinstance(each, Env) for name in each.names]
    if variables:
        return Env(tuple(variables))
    names = [each for each in (one, other) if isinstance(each, str)]
    if len(names) == 2 and all(re.fullmatch(r"[A-Z][A-Z0-9_]+", each) for each in names):
        return Env(tuple(names))  # two names of variables, of which the one or the other is read
    return one if plain(one) and plain(other) and one == other else UNKNOWN


def of_environment(*values: Any) -> Any:
    """Return what is made of some values: of the environment where one of them is; else unknown."""
    names = [name for each in values if isinstance(each, Env) for name in each.names]
    return Env(tuple(names)) if names else UNKNOWN
