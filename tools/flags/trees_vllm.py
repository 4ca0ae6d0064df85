"""The flags of vLLM's engine by its syntax trees: nothing of it is run.

`add_cli_args` of `vllm/engine/arg_utils.py` names each flag in a call of its own; what the flag takes comes from the
annotation of a config field, changed in a few places before the call.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tools.flags.hints_vllm import Hints

_FILE = Path("vllm", "engine", "arg_utils.py")
_CONVERTERS = {
    "int": "int",
    "float": "float",
    "str": None,
    "optional_type(json.loads)": "json?",
    "parse_type(json.loads)": "json",
}
_SWITCHES = ("store_true", "store_false", "argparse.BooleanOptionalAction")


class _Source(NamedTuple):
    """Where a flag's words come from: a field of a config class."""

    kind: str
    field: str


class _Rules(NamedTuple):
    """What `arg_utils.py` of this version does with annotations."""

    sizes: tuple[str, ...]  # fields that take 4k
    json: str  # the type of configs
    none_is_choice: bool


def names(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the flags of an unpacked vLLM by their first long names, and what each takes as far as a tree tells.

    An entry without `type` and `choices` takes any text; `computed` marks one that a tree cannot tell of.
    """
    tree = ast.parse(Path(folder, _FILE).read_text(encoding="utf-8"))
    hints, rules = Hints(folder), _rules(tree)
    found: dict[str, dict[str, Any]] = {}
    for function in _functions(tree):
        reader = _Reader(hints, rules)
        for each in _statements(function.body):
            for entry in reader.entries(each):
                found[entry["names"][0]] = entry
    return found


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "add_cli_args":
            yield node


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements in order, those inside of conditions too."""
    for each in body:
        if isinstance(each, ast.If):
            yield from _statements(each.body)
            yield from _statements(each.orelse)
        else:
            yield each


def _rules(tree: ast.Module) -> _Rules:
    functions = {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}
    making = functions.get("_compute_kwargs") or functions["get_kwargs"]
    sets = [each for each in ast.walk(making) if isinstance(each, ast.Set | ast.Tuple)]
    texts = {each.value for one in sets for each in one.elts if isinstance(each, ast.Constant)}
    json = "object" if "_expand_json_human_readable_numbers" in functions else "plain_object"
    return _Rules(tuple(sorted(map(str, texts))), json, ".append(None)" in ast.unparse(making))


class _Reader:
    """Reads the statements of one function: which name holds which config's words, and which flags there are."""

    def __init__(self, hints: Hints, rules: _Rules) -> None:
        self.hints, self.rules = hints, rules
        self.held: dict[str, _Source | str] = {}  # variable -> a config class, or one of its fields
        self.changed: dict[_Source, dict[str, Any]] = {}

    def entries(self, statement: ast.stmt) -> Iterator[dict[str, Any]]:
        """Take in one statement; yield the flag that it adds."""
        if isinstance(statement, ast.Assign | ast.AugAssign):
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            self._assigned(target, statement.value, isinstance(statement, ast.AugAssign))
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_argument":
                yield self._flag(node)

    def _assigned(self, target: ast.expr, value: ast.expr, adds: bool) -> None:
        if isinstance(target, ast.Name):
            source = self._source(value)
            if source is not None:
                self.held[target.id] = source
        elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            source = self._source(target.value)
            if isinstance(source, _Source) and target.slice.value in ("type", "choices"):
                change: dict[str, Any] = {"computed": True} if adds else _converted(value)
                self.changed.setdefault(source, {}).update(change)

    def _source(self, node: ast.expr) -> _Source | str | None:
        """Return the config class whose words an expression stands for, or the field."""
        if isinstance(node, ast.Name):
            return self.held.get(node.id)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "get_kwargs":
            return ast.unparse(node.args[0])
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            kind = self._source(node.value)
            return _Source(kind, str(node.slice.value)) if isinstance(kind, str) else None
        if isinstance(node, ast.Dict):
            return next(
                (self._source(value) for key, value in zip(node.keys, node.values, strict=True) if not key), None
            )
        return None

    def _flag(self, node: ast.Call) -> dict[str, Any]:
        spelled = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        if len(spelled) != len(node.args):
            raise SystemExit(f"arg_utils.py, line {node.lineno}: a flag's name is not written out.")
        entry = self._taken(node)
        if entry.pop("negated", False) or (entry.get("values") == 0 and not _plain_switch(node)):
            entry["off"] = [f"--no-{each[2:]}" for each in spelled if each.startswith("--")]
        return {"names": sorted(spelled, key=lambda each: not each.startswith("--")), **entry}

    def _taken(self, node: ast.Call) -> dict[str, Any]:
        """Return what a flag takes."""
        words = {each.arg: each.value for each in node.keywords}
        if None not in words:
            return _literal(words)
        source = self._source(words[None])
        field = self.hints.field(*source) if isinstance(source, _Source) else None
        if field is None or not isinstance(source, _Source):
            raise SystemExit(f"arg_utils.py, line {node.lineno}: no config field is known for this flag.")
        found = self.hints.entry(field, source.field, self.rules.sizes, self.rules.json)
        if "choices" in found and not self.rules.none_is_choice:
            found["type"] = found.get("type", "text").removesuffix("?")
        found |= self.changed.get(source, {})
        return {key: value for key, value in found.items() if (key, value) != ("type", "text")}


def _plain_switch(node: ast.Call) -> bool:
    actions = [each.value for each in node.keywords if each.arg == "action"]
    return any(isinstance(each, ast.Constant) for each in actions)


def _literal(words: dict[str | None, ast.expr]) -> dict[str, Any]:
    """Return what a flag takes whose words are written at its place."""
    found: dict[str, Any] = {}
    if "action" in words and ast.unparse(words["action"]).strip("'") in _SWITCHES:
        found["values"] = 0
    if "nargs" in words:
        found["values"] = ast.literal_eval(words["nargs"])
    if "type" in words:
        found |= _converted(words["type"])
    if "choices" in words:
        found |= _choices(words["choices"])
    return found


def _choices(node: ast.expr) -> dict[str, Any]:
    try:
        return {"choices": list(ast.literal_eval(node))}
    except ValueError:
        # A list that names the platform is longer on another machine.
        return {"computed": True} | ({"open": True} if "current_platform" in ast.unparse(node) else {})


def _converted(node: ast.expr) -> dict[str, Any]:
    text = ast.unparse(node)
    if text in _CONVERTERS:
        return {} if _CONVERTERS[text] is None else {"type": _CONVERTERS[text]}
    if isinstance(node, ast.Lambda):
        return {"type": "folded"} if ".lower().replace('-', '_')" in text else {}
    return {"computed": True}
