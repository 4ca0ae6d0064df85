"""The modules of an unpacked wheel as syntax trees: what they define, and where their names come from."""

import ast
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

_BLOCKS = (ast.If, ast.Try, ast.With)


class Module:
    """What a module defines and where its names come from."""

    def __init__(self, name: str, file: Path) -> None:
        self.name, self.package = name, file.name == "__init__.py"
        self.tree = ast.parse(file.read_bytes())

    @cached_property
    def defined(self) -> dict[str, ast.stmt]:
        """The functions and classes, by name."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return {each.name: each for each in _top(self.tree.body) if isinstance(each, kinds)}

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        """What is assigned to names, outside functions."""
        return dict(assigned(_top(self.tree.body)))

    @cached_property
    def imported(self) -> dict[str, tuple[str, str]]:
        """Where imported names come from: the module, and the name there; no name for a module itself."""
        whole = {
            each.asname or each.name.partition(".")[0]: (each.name if each.asname else each.name.partition(".")[0], "")
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Import)
            for each in node.names
        }
        return whole | {
            each.asname or each.name: (self._absolute(node), each.name)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom)
            for each in node.names
        }

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        up = node.level - (1 if self.package else 0)
        parts = self.name.split(".")
        base = parts[: len(parts) - up] if up else parts
        return ".".join([*base, *(node.module.split(".") if node.module else [])])


class Modules:
    """The modules of an unpacked wheel, read when they are asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, Module | None] = {}

    def get(self, name: str) -> Module | None:
        """Return a module by its dotted name; None where the wheel has none."""
        if name not in self._read:
            base = self.folder.joinpath(*name.split("."))
            file = next((each for each in (base.with_suffix(".py"), base / "__init__.py") if each.is_file()), None)
            self._read[name] = Module(name, file) if file else None
        return self._read[name]

    def find(self, module: str, name: str) -> tuple[str, ast.AST | None]:
        """Return where a name comes from that a module uses, through all that pass it on.

        That is a module and what defines the name there; or, from outside the wheel, a dotted name and None.
        """
        for _ in range(8):  # more hands than any name goes through
            there = self.get(module)
            if there is None:
                break
            found = there.defined.get(name) or there.constants.get(name)
            if found is not None:
                return module, found
            if name not in there.imported:
                deeper = f"{module}.{name}"
                return (deeper if self.get(deeper) else name), None
            module, name = there.imported[name]
        return ".".join(filter(None, (module, name))), None


def assigned(statements: Iterator[ast.stmt] | list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that statements assign to, and what."""
    for each in statements:
        targets = each.targets if isinstance(each, ast.Assign) else [getattr(each, "target", None)]
        value = getattr(each, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(value, ast.expr):
                yield target.id, value


def _top(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    for each in statements:
        yield each
        if isinstance(each, _BLOCKS):
            for part in ("body", "orelse", "finalbody"):
                yield from _top(getattr(each, part, []))
