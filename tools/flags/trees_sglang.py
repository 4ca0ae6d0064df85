"""SGLang's flags by syntax trees: nothing of the wheel is imported.

To 0.5.11 `ServerArgs.add_cli_args` adds each flag by a call. From 0.5.14 most are fields with `Annotated` metadata,
which since 0.5.21 are spread over the modules of `sglang/srt/arg_groups/fields/`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SERVER = Path("sglang", "srt", "server_args.py")
_ACTIONS = Path("sglang", "srt", "arg_groups", "argparse_actions.py")
_FIELDS = Path("sglang", "srt", "arg_groups", "fields")
_CLASS, _FUNCTION = "ServerArgs", "add_cli_args"
_SWITCHES = ("store_true", "store_false", "store_const", "count", "append_const", "help", "version")
_NEGATED = "BooleanOptionalAction"

Words = dict[str, ast.expr]  # the keyword arguments of a call


def names(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the flags of an unpacked wheel by their first long name: names, negations, arity, literal choices."""
    server = _tree(folder / _SERVER)
    switches = {*_SWITCHES, *_without_values(server), *_without_values(_tree(folder / _ACTIONS))}
    sources = [server, *map(_tree, sorted((folder / _FIELDS).glob("*.py")))]
    found = [flag for each in sources for flag in _of_fields(each, switches)]
    found += [_flag(spelled, words, switches) for spelled, words in _calls(server)]
    return {each["names"][0]: each for each in found}


def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else ast.Module([], [])


def _without_values(tree: ast.Module) -> Iterator[str]:
    """Yield the classes of actions that take no value: their constructor sets `nargs` to 0 by itself."""
    for kind in (each for each in tree.body if isinstance(each, ast.ClassDef)):
        for made in (each for each in kind.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"):
            defaults = dict(zip([each.arg for each in made.args.args][::-1], made.args.defaults[::-1], strict=False))
            if "nargs" in defaults and _value(defaults["nargs"]) == 0:
                yield kind.name


def _calls(tree: ast.Module) -> Iterator[tuple[list[str], Words]]:
    """Yield the flags that the parser's function adds one by one."""
    for kind in (each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == _CLASS):
        for function in (each for each in kind.body if isinstance(each, ast.FunctionDef) and each.name == _FUNCTION):
            for call in (each for each in ast.walk(function) if isinstance(each, ast.Call)):
                if isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument":
                    yield [str(_value(each)) for each in call.args], _words(call)


def _of_fields(tree: ast.Module, switches: set[str]) -> Iterator[dict[str, Any]]:
    """Yield the flags that fields of classes stand for."""
    for kind in (each for each in tree.body if isinstance(each, ast.ClassDef)):
        for field in (each for each in kind.body if isinstance(each, ast.AnnAssign)):
            told = _annotation(field.annotation)
            if told is None or not isinstance(field.target, ast.Name):
                continue
            plain, words = told
            if "no_cli" in words and _value(words["no_cli"]):
                continue
            own = _value(words["cli_name"]) if "cli_name" in words else None
            aliases = _value(words["aliases"]) if "aliases" in words else None
            spelled = [own or "--" + field.target.id.replace("_", "-"), *(aliases or ())]
            yield _flag(spelled, _shaped(plain, words), switches)


def _annotation(node: ast.expr) -> tuple[ast.expr, Words] | None:
    """Return the type of a field and the words of its `Arg`; None for a field that is no flag."""
    if not (isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple)):
        return None
    if _name(node.value) not in ("A", "Annotated"):
        return None
    plain, *told = node.slice.elts
    for each in told:
        if isinstance(each, ast.Call):
            if _name(each.func) == "Arg":
                return plain, _words(each)
        elif isinstance(each, ast.JoinedStr | ast.BinOp) or isinstance(_value(each), str):  # only a help text
            return plain, {}
    return None


def _shaped(plain: ast.expr, words: Words) -> Words:
    """Return the words of a call for a field: its type decides on the arity where they do not."""
    more = words.get("action_kwargs")
    if isinstance(more, ast.Call):
        words = {**words, **_words(more)}
    elif isinstance(more, ast.Dict):
        pairs = zip(more.keys, more.values, strict=True)
        words = {**words, **{str(_value(key)): value for key, value in pairs if key is not None}}
    if "action" in words:
        return words
    inner = _required(plain)
    if _name(inner) == "bool":
        return {**words, "action": ast.Constant("store_true")}
    listed = isinstance(inner, ast.Subscript) and _name(inner.value) in ("List", "list")
    if listed and "type_parser" not in words and "nargs" not in words:
        return {**words, "nargs": ast.Constant("+")}
    if isinstance(inner, ast.Subscript) and _name(inner.value) == "Literal" and "choices" not in words:
        return {**words, "choices": inner.slice}
    return words


def _required(plain: ast.expr) -> ast.expr:
    """Return the X of `Optional[X]` and of `X | None`."""
    if isinstance(plain, ast.Subscript) and _name(plain.value) == "Optional":
        return plain.slice
    if isinstance(plain, ast.BinOp) and isinstance(plain.op, ast.BitOr):
        sides = [each for each in (plain.left, plain.right) if not _is_none(each)]
        return _required(sides[0]) if len(sides) == 1 else plain
    return plain


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _flag(spelled: list[str], words: Words, switches: set[str]) -> dict[str, Any]:
    """Return a flag as a catalogue has it, as far as a tree can tell."""
    found: dict[str, Any] = {"names": sorted(spelled, key=lambda each: not each.startswith("--"))}
    action = words.get("action")
    name = _value(action) if isinstance(action, ast.Constant) else _name(action)
    if name == _NEGATED:
        return {**found, "off": [f"--no-{each[2:]}" for each in spelled if each.startswith("--")], "values": 0}
    if name in switches:
        return {**found, "values": 0}
    if "nargs" in words:
        found["values"] = _value(words["nargs"])
    choices = _value(words["choices"]) if "choices" in words else None
    return {**found, "choices": list(choices)} if choices is not None else found


def _words(call: ast.Call) -> Words:
    return {each.arg: each.value for each in call.keywords if each.arg is not None}


def _name(node: ast.expr | None) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def _value(node: ast.expr) -> Any:
    """Return what an expression is if it is literal, else None."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None
