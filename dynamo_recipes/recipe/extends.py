"""Which texts a recipe extends, in the order in which they are laid over each other. It is given their texts."""

import posixpath
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from dynamo_recipes.findings import Finding, Path, finding
from dynamo_recipes.recipe.composition import MOST_BASES
from dynamo_recipes.recipe.load import MOST_NODES
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.recipe.overlays import labelled, without
from dynamo_recipes.recipe.positions import Document, Node

MOST_FILES = 50
_MOST_LAYERS = 200  # a file may be extended by several others, and counts each time
_MOST_VALUES = 3 * MOST_NODES  # of all layers


class Base(NamedTuple):
    """One entry of `extends`: as it is written, as a path from where the recipe's own path starts, and its place."""

    written: str
    name: str
    path: Path


def bases(document: Document) -> Iterator[Base]:
    """Yield what a text extends; entries that are no text are left to the check of its shape."""
    written = document.root.children.get("extends") if isinstance(document.data, dict) else None
    if written is None:
        return
    folder = posixpath.dirname(document.file)
    entries = written.value if isinstance(written.value, list) else [written.value]
    for number, entry in enumerate(entries[:MOST_BASES]):
        if isinstance(entry, str) and entry:
            path: Path = ("extends", number) if isinstance(written.value, list) else ("extends",)
            yield Base(entry, posixpath.normpath(posixpath.join(folder, entry)), path)


class _Chain:
    """Collects the layers below one recipe, the lowest first."""

    def __init__(self, documents: Mapping[str, Document | None]) -> None:
        self._documents = documents
        self._open: list[str] = []
        self._values = 0
        self.layers: list[Node] = []
        self.found: list[Finding] = []

    def add(self, document: Document, name: str) -> None:
        """Add what a text extends, then the text itself."""
        self._open.append(name)
        for base in bases(document):
            self._below(document, base)
        self._open.pop()
        self._values += document.root.size
        self.layers.append(labelled(document.root, document.file))

    def _below(self, document: Document, base: Base) -> None:
        where = document.where(base.path)
        extended = self._documents.get(base.name)
        if extended and extended.file in self._open:
            circle = " -> ".join([*self._open[self._open.index(extended.file) :], extended.file])
            text = f"The recipes extend each other in a circle: {shown(circle, 400)}."
            self._note(Finding("DR119", text, "Remove one of the `extends`.", where))
        elif base.name not in self._documents or self._is_full(extended):
            if not any(each.code == "DR105" for each in self.found):
                text = f"The recipe extends more than {MOST_FILES} files, or some of them too often."
                self._note(Finding("DR105", text, "Put what they share into one file.", where))
        elif extended:  # else: why it cannot be read has been said
            if isinstance(extended.data, dict) and extended.data.get("schema") != 1:
                wrong = finding("DR111", ("schema",), "`schema` must be 1.", "Each recipe says `schema: 1`.")
                self._note(wrong.at(extended.where(("schema",))))
            self.add(extended, extended.file)

    def _is_full(self, extended: Document | None) -> bool:
        values = self._values + (extended.root.size if extended else 0)
        return len(self.layers) >= _MOST_LAYERS or values > _MOST_VALUES

    def _note(self, found: Finding) -> None:
        if not any(each.code == found.code and each.where == found.where for each in self.found):  # met once more
            self.found.append(found)


def layers(document: Document, documents: Mapping[str, Document | None]) -> tuple[list[Node], tuple[Finding, ...]]:
    """Return all texts of a recipe, what it extends first and itself last, and what is wrong with how they extend.

    `documents` has each extended text by its name, None for one that could not be read. The text's own `file` is where
    it really is, links resolved.
    """
    chain = _Chain(documents)
    chain.add(document, posixpath.normpath(document.file))
    return [*(without(each, "extends") for each in chain.layers[:-1]), chain.layers[-1]], tuple(chain.found)
