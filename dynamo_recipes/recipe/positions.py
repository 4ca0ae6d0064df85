"""Where each value of a YAML text stands, and the value itself. Knows nothing about recipes."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from dynamo_recipes.findings import Path, Where

Data: TypeAlias = "str | int | float | bool | list[Data] | dict[str, Data] | None"
Mark = tuple[int, int]


@dataclass
class Node:
    """One value of the text.

    `mark` is its (line, column), both from 1; `file` says of which text, and `by` who set it when it was not the text
    itself: `variant h200`, `parameter context`, `--set`.

    `size` counts it and all below it, `height` the levels below it, aliases followed.
    """

    mark: Mark
    value: Data = None
    size: int = 1
    height: int = 0
    children: "dict[str | int, Node]" = field(default_factory=dict)
    keys: dict[str, Mark] = field(default_factory=dict)
    file: str = ""  # empty: the document's own
    by: str = ""


@dataclass(frozen=True)
class Document:
    """A parsed text: its data, and the place of everything in it."""

    file: str
    root: Node

    @property
    def data(self) -> Data:
        """The whole text as plain data."""
        return self.root.value

    def replaced(self, path: Path, change: "Callable[[Data], Data]") -> "Document":
        """Return the same text with another value at a path that it has."""
        return Document(self.file, _replaced(self.root, path, change))

    def nearest(self, path: Path) -> Node:
        """Return the value at `path`, or its nearest parent when it is not written."""
        node = self.root
        for step in path:
            child = node.children.get(step)
            if child is None:
                break
            node = child
        return node

    def where(self, path: Path, key: bool = False) -> Where:
        """Return the place of the value at `path`, or of its key; of the nearest parent when it is not written.

        Mappings and sequences are shown at their key: that is the line a reader looks for.
        """
        node, mark = self.root, self.root.mark
        for step in path:
            child = node.children.get(step)
            if child is None:
                break
            scalar = not isinstance(child.value, (dict, list))
            mark = child.mark if scalar and not key else node.keys.get(str(step), child.mark)
            node = child
        return Where(node.file or self.file, *mark, path)


def _replaced(node: Node, path: Path, change: Callable[[Data], Data]) -> Node:
    if not path:
        return replace(node, value=change(node.value))
    child = _replaced(node.children[path[0]], path[1:], change)
    children = {**node.children, path[0]: child}
    if isinstance(node.value, list):
        values: list[Data] = [each.value for each in children.values()]
        return replace(node, value=values, children=children)
    return replace(node, value={str(step): each.value for step, each in children.items()}, children=children)
