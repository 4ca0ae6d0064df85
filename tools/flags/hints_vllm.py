"""What a flag takes by the annotation of a config field, read from the syntax tree: vLLM makes its flags from those."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

_BUILTIN = ("bool", "int", "float", "str", "dict", "list", "tuple", "set", "Any")
_WRAPPING = ("Annotated", "SkipValidation", "InitVar", "Optional")
_MANY = ("tuple", "list", "set")


class Field(NamedTuple):
    """A field of a config class, and the module whose names its annotation uses."""

    annotation: ast.expr
    module: "Module"


class Module(NamedTuple):
    """What a module of `vllm/config` defines: classes, and other names for types."""

    classes: dict[str, ast.ClassDef]
    aliases: dict[str, ast.expr]


class Leaf(NamedTuple):
    """One of the types of an annotation: its name, its arguments, and the values of a Literal."""

    name: str
    inner: tuple[ast.expr, ...] = ()
    values: tuple[Any, ...] = ()


@cache
def modules(folder: Path) -> dict[str, Module]:
    """Return the modules of `vllm/config` in an unpacked wheel, by name."""
    files = sorted(Path(folder, "vllm", "config").glob("*.py"))
    return {each.stem: _module(ast.parse(each.read_text(encoding="utf-8"))) for each in files}


def _module(tree: ast.Module) -> Module:
    found = Module({}, {})
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            found.classes[node.name] = node
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.aliases[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found.aliases[node.target.id] = node.value
    return found


class Hints:
    """The annotations of the config classes of one wheel."""

    def __init__(self, folder: Path) -> None:
        """Read the modules of a wheel."""
        self.modules = modules(folder)

    def field(self, kind: str, name: str) -> Field | None:
        """Return a field of a class or of one of its bases."""
        for module in self.modules.values():
            if kind not in module.classes:
                continue
            for node in module.classes[kind].body:
                if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
                    return Field(node.annotation, module)
            bases = [each.id for each in module.classes[kind].bases if isinstance(each, ast.Name)]
            return next((found for base in bases if (found := self.field(base, name))), None)
        return None

    def leaves(self, node: ast.expr, module: Module) -> Iterator[Leaf]:
        """Yield the types of an annotation: unions, and other names for types, taken apart."""
        if isinstance(node, ast.BinOp):
            yield from self.leaves(node.left, module)
            yield from self.leaves(node.right, module)
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                yield from self.leaves(ast.parse(node.value, mode="eval").body, module)
            else:
                yield Leaf("None")
        elif isinstance(node, ast.Subscript):
            yield from self._subscript(node, module)
        else:
            yield from self._name(node, module)

    def _subscript(self, node: ast.Subscript, module: Module) -> Iterator[Leaf]:
        name = ast.unparse(node.value).rpartition(".")[2]
        inner = tuple(node.slice.elts) if isinstance(node.slice, ast.Tuple) else (node.slice,)
        if name in _WRAPPING:
            yield from self.leaves(inner[0], module)
        elif name == "Union":
            for each in inner:
                yield from self.leaves(each, module)
        elif name == "Literal":
            yield Leaf("Literal", values=tuple(self._values(inner, module)))
        else:
            yield Leaf(name if name in _BUILTIN else "class", inner)

    def _values(self, nodes: tuple[ast.expr, ...], module: Module) -> Iterator[Any]:
        for each in nodes:
            if isinstance(each, ast.Constant):
                yield each.value
            else:
                for leaf in self.leaves(each, module):
                    yield from leaf.values

    def _name(self, node: ast.expr, module: Module) -> Iterator[Leaf]:
        name = ast.unparse(node).rpartition(".")[2]
        if name in _BUILTIN:
            yield Leaf(name)
            return
        for each in (module, *self.modules.values()):
            if name in each.classes:
                yield Leaf("config" if self._is_config(each.classes[name], each) else _kind(each.classes[name]))
                return
            if name in each.aliases:
                yield from self.leaves(each.aliases[name], each)
                return
        yield Leaf("class")

    def _is_config(self, node: ast.ClassDef, module: Module) -> bool:
        """Tell whether a class is one that JSON is made into."""
        marks = {ast.unparse(each).partition("(")[0] for each in node.decorator_list}
        bases = [each.id for each in node.bases if isinstance(each, ast.Name) and each.id in module.classes]
        return bool(marks & {"config", "dataclass"}) or any(
            self._is_config(module.classes[each], module) for each in bases
        )

    def entry(self, field: Field, name: str, sizes: tuple[str, ...], json: str) -> dict[str, Any]:
        """Return what a flag takes that is made from a field. `sizes`: fields that take 4k; `json`: type of configs."""
        there = {each.name: each for each in self.leaves(field.annotation, field.module)}
        optional = "None" in there
        found = self._of(there, name, sizes, json, field.module)
        if not optional or found.get("values") in (0, "?"):
            return found
        return {**found, "type": f"{found.get('type', 'text')}?"}

    def _of(
        self, there: dict[str, Leaf], name: str, sizes: tuple[str, ...], json: str, module: Module
    ) -> dict[str, Any]:
        if "config" in there:
            return {"type": json}
        if "bool" in there:
            return {"values": "?"} if set(there) == {"bool", "str", "None"} else {"values": 0}
        if "Literal" in there:
            return _literal(there["Literal"], "str" in there)
        for many in _MANY:
            if many in there:
                return self._many(there[many], module)
        return _one(there, name, sizes)

    def _many(self, leaf: Leaf, module: Module) -> dict[str, Any]:
        fixed = leaf.name == "tuple" and not any(
            isinstance(each, ast.Constant) and each.value is ... for each in leaf.inner
        )
        inner = {each.name: each for each in self.leaves(leaf.inner[0], module)}
        found: dict[str, Any] = {"values": len(leaf.inner) if fixed else "+"}
        if "Literal" in inner and len(inner) == 1:
            return found | _literal(inner["Literal"], False)
        kind = next(iter(inner)) if len(inner) == 1 else "str"
        return found | ({"type": kind} if kind in ("int", "float") else {})


def _kind(node: ast.ClassDef) -> str:
    """Return `dict` for a class of that kind: its values are JSON."""
    return "dict" if any(ast.unparse(each).partition("[")[0] == "dict" for each in node.bases) else "class"


def _literal(leaf: Leaf, free: bool) -> dict[str, Any]:
    found = {} if isinstance(leaf.values[0], str) else {"type": type(leaf.values[0]).__name__}
    return found if free else {**found, "choices": sorted(leaf.values)}


def _one(there: dict[str, Leaf], name: str, sizes: tuple[str, ...]) -> dict[str, Any]:
    if "int" in there:
        return {"type": "length" if name == "max_model_len" else "size" if name in sizes else "int"}
    if "float" in there:
        return {"type": "float"}
    if "dict" in there:
        return {"type": "text_or_json" if "str" in there or "class" in there else "json"}
    return {}
