"""Where each value of a YAML text stands, and the value itself. Knows nothing about recipes."""

from dataclasses import dataclass, field
from typing import TypeAlias

from dynamo_recipes.findings import Path, Where

Data: TypeAlias = "str | int | float | bool | list[Data] | dict[str, Data] | None"
Mark = tuple[int, int]


@dataclass
class Node:
    """One value of the text. `mark` is its (line, column), both from 1.

    `size` counts it and all below it, `height` the levels below it, aliases followed.
    """

    mark: Mark
    value: Data = None
    size: int = 1
    height: int = 0
    children: "dict[str | int, Node]" = field(default_factory=dict)
    keys: dict[str, Mark] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """A parsed text: its data, and the place of everything in it."""

    file: str
    root: Node

    @property
    def data(self) -> Data:
        """The whole text as plain data."""
        return self.root.value

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
        return Where(self.file, *mark, path)
