"""One text out of several: what it extends, itself, variants, options, and the values of `${...}`, in that order."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding, Path, Where
from dynamo_recipes.recipe import extends
from dynamo_recipes.recipe.interpolation import Interpolation
from dynamo_recipes.recipe.load import MOST_NODES
from dynamo_recipes.recipe.near import did_you_mean, shown
from dynamo_recipes.recipe.overlays import labelled, mapping, patched, removing_nothing, without
from dynamo_recipes.recipe.parameters import Given
from dynamo_recipes.recipe.positions import Document, Mark, Node
from dynamo_recipes.recipe.settings import Setting, patch_of

MOST_COMBINATIONS = 1000
COMPOSING = ("extends", "parameters", "variants")
_NOT_IN_VARIANTS = ("schema", "extends", "variants")


class Inputs(NamedTuple):
    """What a caller lays over a recipe, and the texts that it extends by their names (None: one cannot be read)."""

    variants: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    given: Given = Given()
    documents: Mapping[str, Document | None] = {}


class Composed(NamedTuple):
    """A text after all of it, what is wrong with the parts, and the paths whose type is that of their field."""

    document: Document
    findings: tuple[Finding, ...]
    retyped: frozenset[Path] = frozenset()


def composed(document: Document, inputs: Inputs) -> Composed:
    """Lay all over each other, and put values in. What is wrong with one part does not hide the rest."""
    found: list[Finding] = []
    texts, wrong = extends.layers(document, inputs.documents)
    found += wrong
    root = _folded(texts[0], texts[1:], found)
    chosen = _chosen(Document(document.file, root), inputs.variants, found)
    settings = list(_settings(inputs.settings, found))
    root = _folded(root, [*chosen, *settings], found)
    interpolation = Interpolation(Document(document.file, root), inputs.given)
    result = interpolation.result()
    result = Document(result.file, _rebased(result))
    found += interpolation.found
    if len(texts) > 1 and _nodes(result.root) > MOST_NODES:
        text = f"The recipe and what it extends come to more than {MOST_NODES} values."
        return Composed(document, (*found, Finding("DR105", text, "Extend less.", document.where(("extends",)))))
    return Composed(result, tuple(found), frozenset(interpolation.alone))


def _folded(root: Node, patches: Sequence[Node], found: list[Finding]) -> Node:
    for patch in patches:
        found += removing_nothing(root, patch)
        root = patched(root, patch)
    return root


def _settings(settings: Sequence[Setting], found: list[Finding]) -> Iterator[Node]:
    for each in settings:
        try:
            patch = patch_of(each)
            if "extends" in patch.children:  # what it names has been read by then
                text = f"{each.option} cannot set `extends`."
                raise Refused(Finding("DR123", text, "Write it into the recipe.", Where(patch.file)))
            yield patch
        except Refused as refused:
            found += refused.findings


# --- Variants ------------------------------------------------------------------------------------------------------


def _variants(root: Node) -> dict[str, Node]:
    """Return the variants by name, those of a wrong shape left out: its check tells."""
    section = root.children.get("variants")
    written = section.children if section is not None and isinstance(section.value, dict) else {}
    return {str(name): node for name, node in written.items() if isinstance(node.value, dict)}


def axis_of(name: str, variant: Mapping[str, object]) -> str:
    """Return a variant's axis; without one it is an axis of its own."""
    axis = variant.get("axis")
    return f"axis {axis}" if isinstance(axis, str) else f"variant {name}"


def combinations(document: Document) -> tuple[tuple[str, ...], ...]:
    """Return every choice of variants: from each axis none or one, in order of writing. Raises Refused (DR105)."""
    axes: dict[str, list[str]] = {}
    for name, node in _variants(document.root).items():
        axes.setdefault(axis_of(name, node.value if isinstance(node.value, dict) else {}), [""]).append(name)
    count = 1
    for each in axes.values():
        count *= len(each)
    if count > MOST_COMBINATIONS:
        text = f"The variants have {count} combinations, and {MOST_COMBINATIONS} is the most."
        raise Refused(
            Finding("DR105", text, "Put variants that exclude each other on one axis.", document.where(("variants",)))
        )
    return tuple(tuple(name for name in each if name) for each in product(*axes.values()))


def _chosen(document: Document, names: Sequence[str], found: list[Finding]) -> list[Node]:
    """Return the variants of these names as patches; every wrong word is told."""
    known = _variants(document.root)
    patches, axes, seen = [], dict[str, str](), set[str]()
    for name in names:
        variant = known.get(name)
        if variant is None:
            hint = did_you_mean(name, known) if known else "The recipe has no `variants`."
            found.append(Finding("DR121", f"`{shown(name)}` is no variant of the recipe.", hint, Where("--variant")))
            continue
        axis = axis_of(name, variant.value if isinstance(variant.value, dict) else {})
        first = axes.setdefault(axis, name)
        if first != name or name in seen:
            text = f"The variants `{shown(first)}` and `{shown(name)}` are of one axis."
            found.append(Finding("DR122", text, "Choose one of them.", Where("--variant")))
            continue
        seen.add(name)
        found += _misplaced(document, name, variant)
        patch = labelled(without(variant, "axis", *_NOT_IN_VARIANTS), variant.file, f"variant {name}")
        patches.append(patch)
    return patches


def _misplaced(document: Document, name: str, variant: Node) -> Iterator[Finding]:
    for key in _NOT_IN_VARIANTS:
        if key in variant.children:
            where = document.where(("variants", name, key), key=True)
            yield Finding("DR106", f"A variant cannot have `{key}`.", "Write it at the top of the recipe.", where)


# --- Paths and sizes -----------------------------------------------------------------------------------------------


def _rebased(document: Document) -> Node:
    """Return the text with the paths that other texts wrote: relative to them, and now to this one."""
    root = document.root
    for path in (("model",), ("files",)):
        section = root.children.get(path[0])
        if section is not None and isinstance(section.value, dict):
            wanted = ("path",) if path == ("model",) else tuple(section.children)
            moved = {step: _moved(child, document.file) for step, child in section.children.items() if step in wanted}
            if any(section.children[step] is not child for step, child in moved.items()):
                new = mapping(section, {**section.children, **moved}, section.keys)
                root = mapping(root, {**root.children, path[0]: new}, root.keys)
    return root


def _moved(node: Node, file: str) -> Node:
    here, there = posixpath.dirname(file), posixpath.dirname(node.file or file)
    if (
        here == there
        or node.file.startswith("--")
        or not isinstance(node.value, str)
        or node.value.startswith(("/", "~"))
    ):
        return node
    path = posixpath.relpath(posixpath.join(there or ".", node.value), here or ".")
    return Node(node.mark, path, file=node.file, by=node.by)


def _nodes(root: Node) -> int:
    stack, count = [root], 0
    while stack and count <= MOST_NODES:
        node = stack.pop()
        count += 1
        stack += node.children.values()
    return count


# --- Where each value comes from -----------------------------------------------------------------------------------


class Origin(NamedTuple):
    """One value of a recipe after all of it, and where it comes from."""

    path: Path
    value: object
    where: Where
    by: str

    def __str__(self) -> str:
        """Return the place, and in brackets what set the value when the text alone did not."""
        place = str(self.where)
        return f"{place} ({self.by})" if self.by and self.by != place else place


def origins(document: Document) -> tuple[Origin, ...]:
    """Return the origin of each value, in order of the paths; of empty mappings and lists too.

    What only says how to compose (`extends`, `parameters`, `variants`) is left out: it is in the values.
    """
    found: list[Origin] = []
    root = without(document.root, *COMPOSING)
    stack: list[tuple[Path, Node, Mark]] = [((), root, root.mark)]
    while stack:
        path, node, mark = stack.pop()
        if node.children:
            stack += [((*path, step), child, child.mark) for step, child in node.children.items()]
        elif path:
            found.append(Origin(path, node.value, Where(node.file or document.file, *mark, path), node.by))
    return tuple(sorted(found, key=lambda each: tuple((str(step.__class__), step) for step in each.path)))
