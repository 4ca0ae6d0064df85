"""The values of a recipe's parameters: typed, and checked against their choices.

Who gives one: an option, the environment, an env file, the recipe; the first that does.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from dynamo_recipes.findings import Finding, Path
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.recipe.positions import Data, Document, Node
from dynamo_recipes.recipe.scalars import plain

_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "text"),
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "bool": ((bool,), "true or false"),
}


class Value(NamedTuple):
    """What a name stands for, and what gave it: `parameter context`, `environment HOME`."""

    data: Data
    by: str


class Given(NamedTuple):
    """The names and texts that a caller gives: of the environment, and of env files, the later over the earlier."""

    environment: Mapping[str, str] = {}
    env_file: Mapping[str, str] = {}

    def get(self, name: str) -> Value | None:
        """Return a text, the environment's before that of a file, as docker compose and uv do."""
        if name in self.environment:
            return Value(self.environment[name], f"environment {name}")
        return Value(self.env_file[name], f"env file {name}") if name in self.env_file else None


class Parameters:
    """The declared parameters of one text: the value of each (None without one), and what is wrong with them."""

    def __init__(self, document: Document, given: Given) -> None:
        self.values: dict[str, Value | None] = {}
        self.found: list[Finding] = []
        self._document = document
        for name, declared in _declared(document.root):
            self.values[name] = self._value(name, declared, given)

    def _value(self, name: str, declared: Node, given: Given) -> Value | None:
        default = declared.children.get("default")
        if default is not None and default.value is None:  # written as: none
            default = None
        kind = _kind(declared, default)
        if kind is None:  # of an unknown type: the check of the shape tells
            return None
        path: Path = ("parameters", name)
        told = given.get(name)
        if told and not (default and default.file.startswith("--set")):
            told = Value(_read(str(told.data), kind), told.by)
            origin = f", which {'the environment' if name in given.environment else 'an env file'} gives,"
        elif default:
            told, origin, path = Value(default.value, default.by), "", (*path, "default")
        else:
            return None
        self._check(name, told.data, kind, declared, path, origin)
        return Value(told.data, ", ".join(each for each in (told.by, f"parameter {name}") if each))

    def _check(self, name: str, data: Data, kind: str, declared: Node, path: Path, origin: str) -> None:
        kinds, words = _KINDS[kind]
        choices = declared.children["choices"].value if "choices" in declared.children else None
        if type(data) not in kinds:
            text, hint = f"The parameter `{shown(name)}`{origin} must be {words}.", f"Give it {words}."
        elif isinstance(choices, list) and data not in choices:
            text = f"The parameter `{shown(name)}`{origin} is none of its choices."
            hint = f"Choose one of {', '.join(shown(str(each)) for each in choices[:20])}."
        else:
            return
        self.found.append(Finding("DR126", text, hint, self._document.where(path)))


def _declared(root: Node) -> Iterator[tuple[str, Node]]:
    section = root.children.get("parameters")
    if section is not None and isinstance(section.value, dict):
        for name, node in section.children.items():
            if isinstance(node.value, dict):
                yield str(name), node
            elif not isinstance(node.value, list):  # the short form: a value alone
                yield str(name), Node(node.mark, {}, children={"default": node}, file=node.file, by=node.by)


def _kind(declared: Node, default: Node | None) -> str | None:
    """Return the type's name: as written, else that of the default, else text."""
    written = declared.children.get("type")
    if written is not None:
        return written.value if isinstance(written.value, str) and written.value in _KINDS else None
    if default is None:
        return "string"
    return next((kind for kind, (types, _) in _KINDS.items() if type(default.value) in types), None)


def _read(text: str, kind: str) -> Data:
    return text if kind == "string" else plain(text)
