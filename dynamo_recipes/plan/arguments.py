"""From the author's `args` to arguments of a plan: words, and files as parts that `bind` makes paths of."""

from typing import Any

from dynamo_recipes.plan.model import Arg, Branch, FileRef, Text, Tree, Value
from dynamo_recipes.recipe import references

RAW_WORDS = "raw words"  # the reason of words passed on as they are: they come last, in their own order


def in_order(argv: tuple[Arg, ...]) -> tuple[Arg, ...]:
    """Return the program first, then flags by name, then the author's raw words."""
    program, *rest = argv
    return (program, *sorted(rest, key=lambda each: (each.because == RAW_WORDS, str(each.words[0]))))


def value_of(value: Any) -> Value:
    """Return a value of the author's as a plan has it: text, a file, or a tree with files in it."""
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
