"""What the functions of a program do with parsers, followed on their syntax trees: statements and calls."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from tools.flags.modules import Modules
from tools.flags.reading import Held, Reader
from tools.flags.values import (
    UNKNOWN,
    Bound,
    Defined,
    Env,
    External,
    Instance,
    Method,
    Parser,
    Super,
    of_environment,
    plain,
    truth,
)

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_KEPT = (list, tuple, set, frozenset, dict, str, int, float)
_BUILTINS: dict[str, Any] = {each.__name__: each for each in (*_KEPT, sorted, len, zip, range, enumerate, reversed)}
_OF_ANY = ("list", "tuple", "zip", "enumerate", "reversed")
_FLAG = re.compile(r"--[a-z][a-z-]*[a-z]")
_READS = ("os.environ.get", "os.getenv", "os.environ.pop", "os.environ.setdefault")


class Run:
    """One run of a program.

    `parsers`: those that it made, in their order; `compared`: the flags that it looks for in its words by itself.
    """

    def __init__(self, modules: Modules) -> None:
        self.modules = modules
        self.parsers: list[Parser] = []
        self.compared: set[str] = set()
        self._running: list[ast.stmt] = []  # the functions that are being run, one inside the other
        self._done: dict[tuple[int, str] | None, Any] = {}

    def start(self, module: str, function: str) -> Any:
        """Run a function, of whose arguments nothing is known; return what it gives."""
        reader = Reader(self.modules, module, {}, self.call)
        what = reader.named(module, function)
        node = what.node if isinstance(what, Defined) else None
        made = [*node.args.args, *node.args.kwonlyargs] if isinstance(node, _FUNCTIONS) else []
        return self.call(reader, what, [], {each.arg: UNKNOWN for each in made})

    def call(self, reader: Reader, what: Any, args: list[Any], words: dict[str, Any]) -> Any:
        """Return what a call gives."""
        if isinstance(what, Method):
            return self._method(what, args, words)
        if isinstance(what, External):
            return self._outside(reader, what.text, args)
        if isinstance(what, Bound):
            static = any(ast.unparse(each) == "staticmethod" for each in _decorators(what.function))
            held = {} if static else {"super": Super(what.owner, what.kind)}
            return self._function(what.function, args if static else [what.owner, *args], words, held)
        if isinstance(what, Defined):
            return self._defined(reader, what, args, words)
        return of_environment(*args)

    def _defined(self, reader: Reader, what: Defined, args: list[Any], words: dict[str, Any]) -> Any:
        if isinstance(what.node, ast.ClassDef):
            if any(each.endswith("ArgumentParser") for each in reader.kinds(what)):
                return self._parser()
            return self._made(reader, what, args, words)
        if isinstance(what.node, _FUNCTIONS) and args and isinstance(args[0], Parser) and "flag_name" in words:
            args[0].added.append(((words["flag_name"],), {**words, "by": what.node.name}))
            return UNKNOWN
        if getattr(what.node, "name", "") == "env_or_default" and args and isinstance(args[0], str):
            return Env((args[0],))
        return self._function(what, args, words, {})

    def _made(self, reader: Reader, kind: Defined, args: list[Any], words: dict[str, Any]) -> Any:
        """Return an object of a class, after its `__init__`, or with the fields of a dataclass."""
        made = Instance(kind)
        init = reader.attribute(made, "__init__")
        if isinstance(init, Bound):
            self.call(reader, init, args, words)
        elif isinstance(kind.node, ast.ClassDef):
            fields = [
                each.target.id
                for each in kind.node.body
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
            ]
            made.held |= {**dict(zip(fields, args, strict=False)), **words}
        return made

    def _parser(self) -> Parser:
        self.parsers.append(Parser())
        return self.parsers[-1]

    def _method(self, what: Method, args: list[Any], words: dict[str, Any]) -> Any:
        if isinstance(what.of, Parser):
            if what.name == "add_argument":
                what.of.added.append((tuple(args), words))
            return what.of if what.name.startswith("add_") and what.name != "add_argument" else UNKNOWN
        mutes = isinstance(what.of, list | dict) and what.name in ("append", "extend", "update", "items", "values")
        if (mutes or plain([what.of, args, words])) and not isinstance(what.of, Env):
            try:
                found = getattr(what.of, what.name)(*args, **words)
            except Exception:  # whatever it is, the real program would not have come so far
                return UNKNOWN
            return list(found) if type(found).__name__.startswith("dict_") else found
        return of_environment(what.of, *args)

    def _outside(self, reader: Reader, name: str, args: list[Any]) -> Any:
        """Return what a call of something outside the wheel gives."""
        if name.endswith("ArgumentParser"):
            return self._parser()
        if name in _READS and args and isinstance(args[0], str):
            return Env((args[0],))
        parsers = [each for each in args if isinstance(each, Parser)]
        if name.endswith(".add_cli_args") and parsers:
            parsers[0].engine = True
            return parsers[0]
        if name == "getattr" and len(args) > 1 and isinstance(args[1], str):
            return reader.attribute(args[0], args[1])
        return _built_in(reader, name, args)

    def _function(self, what: Defined, args: list[Any], words: dict[str, Any], more: Held) -> Any:
        """Run a function of the wheel; return what it gives."""
        node = what.node
        if not isinstance(node, _FUNCTIONS) or self._running.count(node) > 1:
            return UNKNOWN
        given = [*args, *words.values()]
        key = (id(node), repr((args, words))) if all(each is UNKNOWN or plain(each) for each in given) else None
        if key in self._done:
            return self._done[key]  # it would do the same again
        outer = Reader(self.modules, what.module, dict(what.held), self.call)
        reader = Reader(self.modules, what.module, {**what.held, **more}, self.call)
        reader.held |= _bound(node.args, args, words, outer)
        self.compared.update(_compared(node))
        self._running.append(node)
        found = _Body(reader).run(node.body)
        self._running.pop()
        if key:
            self._done[key] = found
        return found


def _built_in(reader: Reader, name: str, args: list[Any]) -> Any:
    """Return what a function of Python gives, where its arguments are known."""
    listed = [reader.items(each) for each in args]
    # The parts of a list may be unknown, not those of what is compared, counted or written out.
    known = plain(args) or (name in _OF_ANY and None not in listed)
    if name not in _BUILTINS or not known:
        return of_environment(*args)
    items = [each if found is None else found for each, found in zip(args, listed, strict=True)]
    try:
        made: Any = _BUILTINS[name](*items)
    except (TypeError, ValueError):
        return of_environment(*args)
    return made if type(made) in _KEPT else list(made)


class _Body:
    """Runs the statements of one function."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.given: Any = None
        self.gives = False

    def run(self, statements: list[ast.stmt]) -> Any:
        """Run the statements; return what the function gives."""
        self._block(statements)
        return self.given

    def _block(self, statements: list[ast.stmt]) -> bool:
        """Run statements in their order; tell whether it is sure that those after the block are not reached."""
        return any(self._statement(each) for each in statements)

    def _statement(self, node: ast.stmt) -> bool:
        reader = self.reader
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            self._assign(node)
        elif isinstance(node, ast.Expr):
            reader.value(node.value)
        elif isinstance(node, ast.Return):
            self._give(reader.value(node.value))
        elif isinstance(node, ast.If):
            return self._if(node)
        elif isinstance(node, ast.For | ast.AsyncFor):
            self._for(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            reader.held[node.name] = Defined(reader.module, node, reader.held)
        else:
            for block in _blocks(node):
                self._block(block)
        return isinstance(node, ast.Return | ast.Raise | ast.Continue | ast.Break)

    def _give(self, value: Any) -> None:
        """Take note of what the function gives; where it may give several things, unknown ones do not count."""
        if not self.gives or self.given is UNKNOWN or self.given is None:
            self.given = value
        self.gives = True

    def _assign(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        if isinstance(node, ast.AugAssign):
            whole = ast.BinOp(_read(node.target), node.op, node.value)
            self.reader.bind(node.target, self.reader.value(whole))
        elif node.value is not None:
            value = self.reader.value(node.value)
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                self.reader.bind(target, value)

    def _if(self, node: ast.If) -> bool:
        test = truth(self.reader.value(node.test))
        if test is not None:
            return self._block(node.body if test else node.orelse)
        ends = [self._block(each) for each in (node.body, node.orelse)]
        return all(ends) and bool(node.orelse)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        items = self.reader.items(self.reader.value(node.iter))
        for each in [UNKNOWN] if items is None else items:
            self.reader.bind(node.target, each)
            self._block(node.body)
        self._block(node.orelse)


def _blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Yield the blocks of `with`, `while`, `try` and `match`: each may be run."""
    for part in ("body", "handlers", "cases", "orelse", "finalbody"):
        for each in getattr(node, part, []):
            yield each.body if hasattr(each, "body") and part in ("handlers", "cases") else [each]


def _read(target: ast.expr) -> ast.expr:
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    return target


def _compared(node: ast.stmt) -> Iterator[str]:
    for test in ast.walk(node):
        if isinstance(test, ast.Compare):
            for each in ast.walk(test):
                if isinstance(each, ast.Constant) and isinstance(each.value, str) and _FLAG.fullmatch(each.value):
                    yield each.value


def _decorators(function: Defined) -> list[ast.expr]:
    return function.node.decorator_list if isinstance(function.node, _FUNCTIONS) else []


def _bound(made: ast.arguments, args: list[Any], words: dict[str, Any], outer: Reader) -> Held:
    """Return the variables with which a function begins."""
    named = [*made.posonlyargs, *made.args]
    found: Held = {each.arg: UNKNOWN for each in (*named, *made.kwonlyargs)}
    for one, default in zip(reversed(named), reversed(made.defaults), strict=False):
        found[one.arg] = outer.value(default)
    for one, other in zip(made.kwonlyargs, made.kw_defaults, strict=True):
        found[one.arg] = outer.value(other) if other else UNKNOWN
    found |= {one.arg: value for one, value in zip(named, args, strict=False)}
    if made.vararg:
        found[made.vararg.arg] = tuple(args[len(named) :])
    found |= {key: value for key, value in words.items() if key in found}
    if made.kwarg:
        found[made.kwarg.arg] = {key: value for key, value in words.items() if key not in found}
    return found
