"""JSON merge patches on parsed texts, each value keeping the place that it came from. Source: RFC 7396.

Short forms are opened on the way, so that a patch does not throw away what it does not name: `engine: vllm` under
a patch with `engine: {args: ...}` is `{name: vllm}`, and `parameters: {context: 8192}` over a declaration is its value.
A null in a worker's `args` stays where there is nothing to remove: it removes a flag of the engine's, for that worker.
"""

from collections.abc import Iterator

from dynamo_recipes.findings import Finding, Path, Where, dotted
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.recipe.positions import Node

_SHORT: dict[Path, str] = {
    ("model",): "id",
    ("engine",): "name",
    ("dynamo",): "version",
    ("frontend", "router"): "mode",
    ("hardware", "gpu"): "name",
}


def patched(base: Node, patch: Node, path: Path = ()) -> Node:
    """Return a new tree: `base` with what the patch says; a value of null removes."""
    base, patch = _opened(base, patch, path)
    if not isinstance(patch.value, dict):
        return patch
    if not isinstance(base.value, dict):
        base = Node(patch.mark, {}, file=patch.file, by=patch.by)
    children, keys = dict(base.children), dict(base.keys)
    for name, child in patch.children.items():
        before = children.get(name)
        if child.value is None and _removes(before, path):
            children.pop(name, None)
            keys.pop(str(name), None)
            continue
        new = children[name] = patched(before or _EMPTY, child, (*path, name))
        if before is None or (new.mark, new.file) != (before.mark, before.file):  # else it stands where it stood
            keys[str(name)] = patch.keys[str(name)]
    return mapping(base, children, keys)


def _removes(before: Node | None, path: Path) -> bool:
    """Tell whether null in the mapping at `path` removes what is there `before`; elsewhere it is a value."""
    if path[:1] == ("variants",):
        return len(path) == 1  # a whole variant; what one variant says is for its own time
    return before is not None or not (len(path) == 3 and (path[0], path[2]) == ("workers", "args"))


def mapping(like: Node, children: "dict[str | int, Node]", keys: "dict[str, tuple[int, int]]") -> Node:
    """Return a mapping that stands where another one does."""
    value = {str(name): child.value for name, child in children.items()}
    return Node(like.mark, value, children=children, keys=keys, file=like.file, by=like.by)


_EMPTY = Node((0, 0))


def _opened(base: Node, patch: Node, path: Path) -> tuple[Node, Node]:
    if isinstance(patch.value, dict) and isinstance(base.value, str) and path in _SHORT:
        return _as_mapping(base, _SHORT[path]), patch
    if (
        len(path) == 2
        and path[0] == "parameters"
        and isinstance(base.value, dict)
        and not isinstance(patch.value, dict)
    ):
        return base, _as_mapping(patch, "default")
    return base, patch


def _as_mapping(node: Node, key: str) -> Node:
    return mapping(node, {key: node}, {key: node.mark})


def without(node: Node, *names: str) -> Node:
    """Return a mapping without some keys."""
    children = {name: child for name, child in node.children.items() if name not in names}
    return mapping(node, children, {name: mark for name, mark in node.keys.items() if name not in names})


def labelled(node: Node, file: str, by: str = "") -> Node:
    """Return a copy of a tree that says of which file it is, and what set its values."""
    children = {name: labelled(child, file, by) for name, child in node.children.items()}
    return Node(node.mark, node.value, node.size, node.height, children, node.keys, node.file or file, by or node.by)


def removing_nothing(base: Node, patch: Node, path: Path = ()) -> Iterator[Finding]:
    """Yield a finding (DR129) for each null of a patch that removes nothing: most often a name is misspelt."""
    base, patch = _opened(base, patch, path)
    for name, child in patch.children.items() if isinstance(patch.value, dict) else ():
        place = (*path, name)
        before = base.children.get(name) if isinstance(base.value, dict) else None
        if child.value is None and before is None and _removes(before, path):
            where = Where(child.file, *patch.keys[str(name)], place)
            text = f"null removes nothing: there is no `{shown(dotted(place))}`."
            yield Finding(
                "DR129", text, "Check the name.", where, "error" if where.file.startswith("--") else "warning"
            )
        elif isinstance(child.value, dict):
            yield from removing_nothing(before or _EMPTY, child, place)
