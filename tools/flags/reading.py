"""The values of expressions in syntax trees. What a tree does not tell is UNKNOWN, and never guessed."""

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tools.flags.modules import Modules
from tools.flags.values import (
    UNKNOWN,
    Bound,
    Defined,
    Env,
    External,
    Instance,
    Member,
    Method,
    Parser,
    Super,
    either,
    of_environment,
    plain,
    truth,
)

Held = dict[str, Any]  # the variables of a function
_ENVIRONMENT = "os.environ"


class Reader:
    """Says what the expressions of one function stand for. `call` is asked what a call gives."""

    def __init__(self, modules: Modules, module: str, held: Held, call: Callable[..., Any]) -> None:
        self.modules, self.module, self.held, self.call = modules, module, held, call

    def value(self, node: ast.AST | None) -> Any:
        """Return what an expression stands for."""
        found = getattr(self, f"_{type(node).__name__.lower()}", None)
        return found(node) if found else UNKNOWN

    def _constant(self, node: ast.Constant) -> Any:
        return node.value

    def _name(self, node: ast.Name) -> Any:
        return self.held[node.id] if node.id in self.held else self.named(self.module, node.id)

    def named(self, module: str, name: str) -> Any:
        """Return what a name of a module stands for."""
        where, found = self.modules.find(module, name)
        if found is None:
            return External(where)
        if isinstance(found, ast.stmt):
            return Defined(where, found, {})
        return Reader(self.modules, where, {}, self.call).value(found)

    def _attribute(self, node: ast.Attribute) -> Any:
        return self.attribute(self.value(node.value), node.attr)

    def attribute(self, of: Any, name: str) -> Any:
        """Return an attribute of a value."""
        if isinstance(of, External):
            return self.named(of.text, name) if self.modules.get(of.text) else External(f"{of.text}.{name}")
        if isinstance(of, Member):
            return {"value": of.value, "name": of.name}.get(name, UNKNOWN)
        if isinstance(of, Instance):
            return of.held[name] if name in of.held else self._inherited(of.kind, name, of)
        if isinstance(of, Super):
            bases = [each for each in map(self._base(of.kind), _bases(of.kind)) if isinstance(each, Defined)]
            return next(
                (found for each in bases if (found := self._inherited(each, name, of.owner)) != UNKNOWN), UNKNOWN
            )
        if isinstance(of, Defined):
            members = {each.name: each for each in self.members(of)}
            return members[name] if name in members else self._inherited(of, name, of)
        return Method(of, name) if isinstance(of, Parser | str | list | tuple | dict | set | Env) else UNKNOWN

    def _base(self, kind: Defined) -> Callable[[ast.expr], Any]:
        return Reader(self.modules, kind.module, dict(kind.held), self.call).value

    def _inherited(self, kind: Defined, name: str, owner: Any) -> Any:
        """Return a method or a constant of a class, or of the first of its bases that has it."""
        if not isinstance(kind.node, ast.ClassDef):
            return UNKNOWN
        for each in kind.node.body:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name == name:
                return Bound(Defined(kind.module, each, kind.held), owner, kind)
            if isinstance(each, ast.Assign | ast.AnnAssign) and name in _targets(each) and each.value:
                return self._base(kind)(each.value)
        return self.attribute(Super(owner, kind), name)

    def kinds(self, kind: Any) -> Iterator[str]:
        """Yield the names of a class and of all that it is made from."""
        if isinstance(kind, External):
            yield kind.text.rpartition(".")[2]
        elif isinstance(kind, Defined) and isinstance(kind.node, ast.ClassDef):
            yield kind.node.name
            for base in _bases(kind):
                yield from self.kinds(self._base(kind)(base))

    def members(self, kind: Defined) -> Iterator[Member]:
        """Yield the members of an enumeration."""
        if isinstance(kind.node, ast.ClassDef) and any(each.endswith("Enum") for each in self.kinds(kind)):
            for each in kind.node.body:
                if isinstance(each, ast.Assign) and (names := _targets(each)):
                    yield Member(kind.node.name, names[0], self._base(kind)(each.value))

    def items(self, value: Any) -> list[Any] | None:
        """Return what a loop over a value goes through; None where that is not known."""
        if isinstance(value, Defined):
            return list(self.members(value)) or None
        if isinstance(value, str | list | set | frozenset | dict) or type(value) is tuple:
            return list(value)
        return None

    def _list(self, node: ast.List) -> Any:
        return list(self._elements(node.elts))

    def _tuple(self, node: ast.Tuple) -> Any:
        return tuple(self._elements(node.elts))

    def _set(self, node: ast.Set) -> Any:
        found = list(self._elements(node.elts))
        return set(found) if plain(found) else UNKNOWN

    def _elements(self, nodes: Iterable[ast.expr]) -> Iterator[Any]:
        for each in nodes:
            if isinstance(each, ast.Starred):
                items = self.items(self.value(each.value))
                yield from [UNKNOWN] if items is None else items
            else:
                yield self.value(each)

    def _dict(self, node: ast.Dict) -> Any:
        found: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            made = self.value(value)
            if key is None:
                found |= made if isinstance(made, dict) else {}
            else:
                name = self.value(key)
                found[name if plain(name) else UNKNOWN] = made
        return found

    def _joinedstr(self, node: ast.JoinedStr) -> Any:
        parts = [self.value(each.value if isinstance(each, ast.FormattedValue) else each) for each in node.values]
        return "".join(map(str, parts)) if plain(parts) else of_environment(*parts)

    def _binop(self, node: ast.BinOp) -> Any:
        one, other = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.Add) and type(one) is type(other) and isinstance(one, str | list | tuple | int):
            return one + other
        return of_environment(one, other)

    def _boolop(self, node: ast.BoolOp) -> Any:
        found = self.value(node.values[0])
        for each in node.values[1:]:
            if truth(found) is None:
                found = of_environment(found, self.value(each))
            elif truth(found) is isinstance(node.op, ast.And):
                found = self.value(each)
        return found

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        found = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return UNKNOWN if truth(found) is None else not truth(found)
        return -found if isinstance(node.op, ast.USub) and isinstance(found, int | float) else UNKNOWN

    def _ifexp(self, node: ast.IfExp) -> Any:
        test = self.value(node.test)
        if truth(test) is None:
            return either(self.value(node.body), self.value(node.orelse))
        return self.value(node.body if truth(test) else node.orelse)

    def _compare(self, node: ast.Compare) -> Any:
        one, other = self.value(node.left), self.value(node.comparators[0])
        kind = type(node.ops[0])
        if len(node.ops) > 1 or truth(one) is None or truth(other) is None:
            return of_environment(one, other)
        if kind in (ast.Is, ast.IsNot):
            return (one is other) is (kind is ast.Is)
        if kind in (ast.Eq, ast.NotEq) and plain(one) and plain(other):
            return (one == other) is (kind is ast.Eq)
        if kind in (ast.In, ast.NotIn) and isinstance(other, str | list | tuple | dict | set) and plain([one, other]):
            return (one in other) is (kind is ast.In)
        return UNKNOWN

    def _subscript(self, node: ast.Subscript) -> Any:
        of, key = self.value(node.value), self.value(node.slice)
        if of == External(_ENVIRONMENT):
            return Env((key,)) if isinstance(key, str) else UNKNOWN
        if isinstance(of, list | tuple | dict | str) and plain(key):
            try:
                return of[key]
            except (KeyError, IndexError, TypeError):
                return UNKNOWN
        return of_environment(of)

    def _listcomp(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> Any:
        found = self._looped(node.generators, lambda reader: reader.value(node.elt))
        return UNKNOWN if found is None else found

    _generatorexp = _setcomp = _listcomp

    def _dictcomp(self, node: ast.DictComp) -> Any:
        found = self._looped(node.generators, lambda reader: (reader.value(node.key), reader.value(node.value)))
        return dict(found) if found is not None and plain([key for key, _ in found]) else UNKNOWN

    def _looped(self, loops: list[ast.comprehension], made: Callable[["Reader"], Any]) -> list[Any] | None:
        """Return what a comprehension makes; None where it is not known what it goes over, or which it leaves out."""
        if not loops:
            return [made(self)]
        found: list[Any] = []
        items = self.items(self.value(loops[0].iter))
        for each in items or []:
            inner = Reader(self.modules, self.module, dict(self.held), self.call)
            inner.bind(loops[0].target, each)
            tests = [truth(inner.value(test)) for test in loops[0].ifs]
            more = inner._looped(loops[1:], made) if None not in tests else None
            if more is None:
                return None
            found += more if all(tests) else []
        return None if items is None else found

    def _await(self, node: ast.Await) -> Any:
        return self.value(node.value)

    def _call(self, node: ast.Call) -> Any:
        words: dict[str, Any] = {}
        for each in node.keywords:
            made = self.value(each.value)
            words |= {each.arg: made} if each.arg else made if isinstance(made, dict) else {}
        if isinstance(node.func, ast.Name) and node.func.id == "super" and "super" in self.held:
            return self.held["super"]
        return self.call(self, self.value(node.func), list(self._elements(node.args)), words)

    def _namedexpr(self, node: ast.NamedExpr) -> Any:
        found = self.value(node.value)
        self.bind(node.target, found)
        return found

    def bind(self, target: ast.AST | None, value: Any) -> None:
        """Give a value to what a statement assigns to."""
        if isinstance(target, ast.Name):
            self.held[target.id] = value
        elif isinstance(target, ast.Tuple | ast.List):
            items = self.items(value)
            known = items if items and len(items) == len(target.elts) else [UNKNOWN] * len(target.elts)
            for part, each in zip(target.elts, known, strict=True):
                self.bind(part, each)
        elif isinstance(target, ast.Attribute):
            owner = self.value(target.value)
            if isinstance(owner, Instance):
                owner.held[target.attr] = value
        elif isinstance(target, ast.Subscript):
            owner, key = self.value(target.value), self.value(target.slice)
            if isinstance(owner, dict) and plain(key):
                owner[key] = value


def _bases(kind: Defined) -> list[ast.expr]:
    return kind.node.bases if isinstance(kind.node, ast.ClassDef) else []


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [each.id for each in targets if isinstance(each, ast.Name)]
