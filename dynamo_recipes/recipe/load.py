"""From bytes to a Document: YAML with limits, places and one meaning. Knows no recipe key.

Depth, nodes and aliases are counted on the event stream before anything is composed: libyaml's own composer
crashes the interpreter on deep nesting, and aliases can grow without bound.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding, Where
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.recipe.positions import Document, Mark, Node
from dynamo_recipes.recipe.scalars import plain

MOST_BYTES = 1 << 20
MOST_DEPTH = 100
MOST_NODES = 20_000
MOST_FINDINGS = 100
# libyaml compares each %TAG directive with all before it.
MOST_TAG_DIRECTIVES = 100

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(raw: bytes, file: str) -> tuple[Document | None, tuple[Finding, ...]]:
    """Return the document and what is wrong with it; no document when the text cannot be understood at all."""
    found = _text_findings(raw, file)
    if found:
        return None, (found,)
    composer = _Composer(file)
    try:
        for event in _events(raw):
            composer.take(event)
        root = composer.finish()
    except yaml.YAMLError as error:
        return None, (*composer.found, _syntax(error, raw, file))
    except Refused as refused:
        return None, (*composer.found, *refused.findings)
    return Document(file, root), tuple(composer.found)


def _events(raw: bytes) -> Iterator[Any]:
    return iter(yaml.parse(raw, Loader=_Loader))


def _text_findings(raw: bytes, file: str) -> Finding | None:
    if len(raw) > MOST_BYTES:
        return Finding(
            "DR105",
            f"The file is larger than {MOST_BYTES} bytes.",
            "Move data into its own file.",
            Where(file),
        )
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        mark = _end(raw[: error.start].decode("utf-8-sig"))
        return Finding("DR101", f"Byte {error.start} is not UTF-8.", "Save the file as UTF-8.", Where(file, *mark))
    if raw.count(b"%TAG") > MOST_TAG_DIRECTIVES:
        return Finding("DR104", "Tags (`%TAG`) are not used in recipes.", "Remove the directives.", Where(file))
    return None


def _end(text: str) -> Mark:
    """Return the place behind a text."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return len(lines), len(lines[-1]) + 1


def _syntax(error: yaml.YAMLError, raw: bytes, file: str) -> Finding:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if isinstance(error, yaml.reader.ReaderError):  # it has no mark; the first such character is the one
        where = Where(file, *_end(raw.decode("utf-8-sig").partition(chr(error.character))[0]))
    else:
        where = Where(file, mark.line + 1, mark.column + 1) if mark else Where(file)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not valid YAML"
    context = getattr(error, "context", None)
    message = f"{problem} {context}".strip() if context else str(problem)
    return Finding("DR102", f"YAML: {shown(message, 200)}.", _syntax_hint(message), where)


def _syntax_hint(message: str) -> str:
    if "cannot start any token" in message:
        return "Indent with spaces, and quote text that starts with @, ` or %."
    if "mapping values are not allowed" in message:
        return "Quote the text before this colon, or check the indentation."
    if "control characters" in message or "special characters" in message:
        return "Remove the control character, or write it as an escape in double quotes."
    return "Check the indentation, quotes and brackets at this place."


class _Composer:
    """Builds nodes from events with an explicit stack, so that nesting never becomes recursion."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Finding] = []
        self.documents = 0
        self.nodes = 0
        self.root: Node | None = None
        self.stack: list[tuple[Node, str | None]] = []  # open collections, each with the anchor it carries
        self.pending: list[tuple[str, Mark] | None] = []  # per open mapping: the key that waits for its value
        self.anchors: dict[str, Node] = {}
        self.handlers = {
            "ScalarEvent": self._scalar,
            "AliasEvent": self._alias,
            "MappingStartEvent": self._open,
            "SequenceStartEvent": self._open,
            "MappingEndEvent": self._close,
            "SequenceEndEvent": self._close,
            "DocumentStartEvent": self._document,
        }

    def take(self, event: Any) -> None:
        """Take one event of the parser."""
        handler = self.handlers.get(type(event).__name__)
        if handler:
            handler(event)

    def finish(self) -> Node:
        """Return the root; an empty text is an empty mapping, so that the missing keys are named."""
        if self.root is None:
            return Node((1, 1), {})
        if self.root.value is None:
            self.root.value = {}
        return self.root

    def _refuse(self, code: str, message: str, hint: str, mark: Mark) -> Refused:
        return Refused(Finding(code, message, hint, Where(self.file, *mark)))

    def _note(self, code: str, message: str, hint: str, mark: Mark) -> None:
        if len(self.found) < MOST_FINDINGS:
            self.found.append(Finding(code, message, hint, Where(self.file, *mark)))

    def _count(self, size: int, mark: Mark) -> None:
        self.nodes += size
        if self.nodes > MOST_NODES:
            raise self._refuse(
                "DR105",
                f"More than {MOST_NODES} values, aliases counted as often as they are used.",
                "Split the recipe, or move data into its own file.",
                mark,
            )

    def _depth(self, below: int, mark: Mark) -> None:
        if len(self.stack) + below >= MOST_DEPTH:
            raise self._refuse("DR105", f"Nested deeper than {MOST_DEPTH} levels.", "Flatten the recipe.", mark)

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise self._refuse(
                "DR104",
                "A second YAML document starts here.",
                "One file holds one recipe: remove the `---`.",
                _mark(event),
            )

    def _untagged(self, event: Any) -> None:
        if event.tag is not None:
            self._note(
                "DR104",
                f"The tag {shown(event.tag)} is not used in recipes.",
                "Remove the tag.",
                _mark(event),
            )

    def _scalar(self, event: Any) -> None:
        mark = _mark(event)
        self._untagged(event)
        if self._waits_for_key():
            self._key(event.value, mark)
            return
        node = Node(mark, plain(event.value) if event.implicit[0] else event.value)
        self._anchor(event.anchor, node)
        self._add(node)

    def _waits_for_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1][0].value, dict) and self.pending[-1] is None

    def _key(self, name: str, mark: Mark) -> None:
        parent = self.stack[-1][0]
        if name in parent.keys:
            first = parent.keys[name][0]
            self._note("DR103", f"`{shown(name)}` is already written on line {first}.", "Keep one of the two.", mark)
        elif name == "<<":
            self._note("DR104", "Merge keys (`<<`) are not part of YAML 1.2.", "Write the keys out.", mark)
        self._count(1, mark)
        parent.keys[name] = mark
        self.pending[-1] = (name, mark)

    def _alias(self, event: Any) -> None:
        mark = _mark(event)
        if self._waits_for_key():
            raise self._refuse("DR104", "An alias cannot be a key.", "Write the key out.", mark)
        node = self.anchors.get(event.anchor)
        if node is None:
            raise self._refuse(
                "DR104",
                f"The alias *{shown(event.anchor)} has no finished anchor before it.",
                "Write the value out.",
                mark,
            )
        self._count(node.size, mark)
        self._depth(node.height, mark)
        self._add(node, counted=True)

    def _open(self, event: Any) -> None:
        mark = _mark(event)
        if self._waits_for_key():
            raise self._refuse("DR104", "A key must be plain text, not a mapping or a list.", "Quote the key.", mark)
        self._depth(0, mark)
        self._untagged(event)
        self.anchors.pop(event.anchor, None)  # inside, the name means this collection, which is not finished
        is_mapping = type(event).__name__ == "MappingStartEvent"
        self.stack.append((Node(mark, {} if is_mapping else []), event.anchor))
        self.pending.append(None)

    def _close(self, _: Any) -> None:
        node, anchor = self.stack.pop()
        self.pending.pop()
        self._anchor(anchor, node)
        self._add(node)

    def _anchor(self, name: str | None, node: Node) -> None:
        if name is not None:
            self.anchors[name] = node

    def _add(self, node: Node, counted: bool = False) -> None:
        if not counted:
            self._count(1, node.mark)
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1][0]
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)
        if isinstance(parent.value, list):
            parent.children[len(parent.value)] = node
            parent.value.append(node.value)
        elif isinstance(parent.value, dict):
            name, _ = self.pending[-1] or ("", node.mark)
            parent.children[name] = node
            parent.value[name] = node.value
            self.pending[-1] = None


def _mark(event: Any) -> Mark:
    return event.start_mark.line + 1, event.start_mark.column + 1
