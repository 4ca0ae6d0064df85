"""From the author's `args` to arguments of a plan: words, and files as parts that `bind` makes paths of."""

from collections.abc import Mapping
from typing import Any

from dynamo_recipes.plan.model import Arg, Branch, FileRef, Text, Tree, Value
from dynamo_recipes.recipe import references
from dynamo_recipes.support import flags

_RAW_WORDS = "raw words"  # the reason of words passed on as they are: they come last, in their own order


def of_author(args: Mapping[str, Any]) -> tuple[Arg, ...]:
    """Return the arguments that a recipe's flags make, `raw` words last."""
    own = [Arg(_words(name, args[name]), "author") for name in sorted(args) if name != flags.RAW]
    raw = args.get(flags.RAW)
    if not isinstance(raw, list) or not raw:
        return tuple(own)
    return (*own, Arg(tuple(_value(each) for each in raw), "author", _RAW_WORDS))


def in_order(argv: tuple[Arg, ...]) -> tuple[Arg, ...]:
    """Return the program first, then flags by name, then the author's raw words."""
    program, *rest = argv
    return (program, *sorted(rest, key=lambda each: (each.because == _RAW_WORDS, str(each.words[0]))))


def _words(name: str, value: Any) -> tuple[Value, ...]:
    if references.inside(value):
        return (Text((flags.spelled(name),)), _value(value))
    return tuple(Text((word,)) for word in flags.words(name, value))


def _value(value: Any) -> Value:
    branch = _branch(value)
    if isinstance(branch, Text):
        return branch
    return Text((branch,)) if isinstance(branch, str) else Tree(branch)


def _branch(value: Any) -> Branch:
    name = references.name_of(value)
    if name is not None:
        return Text((FileRef(name),))
    if isinstance(value, dict):
        return {key: _branch(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(_branch(each) for each in value)
    leaf: str | int | float | bool | None = value
    return leaf
