"""`${NAME}`, `${NAME:-default}`, `${NAME:?message}` in the values of a recipe; `$$` is a dollar.

A value lands as data: what it holds is never read as YAML, as a path of the recipe or as shell.
"""

import re

from dynamo_recipes.findings import Finding, Path, finding
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.recipe.overlays import mapping
from dynamo_recipes.recipe.parameters import Given, Parameters, Value
from dynamo_recipes.recipe.positions import Data, Document, Node
from dynamo_recipes.recipe.secrets import is_secret_name

MOST_CHARACTERS = 1 << 20  # of all values together, after it

_REFERENCE = re.compile(r"\$\$|\$\{([^{}]*)\}|\$\{")
_BODY = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:(:-|:\?)(.*))?", re.DOTALL)
_LITERAL = ("schema", "extends", "parameters", "variants")  # what they say is needed before
_FORMS = "Write ${NAME}, ${NAME:-default} or ${NAME:?message}; $$ is a dollar."


class Interpolation:
    """One pass over a text. `alone` has the paths of values that are one reference: their type is the field's."""

    def __init__(self, document: Document, given: Given) -> None:
        self._document = document
        self._given = given
        self._parameters = Parameters(document, given)
        self._characters = 0
        self.found: list[Finding] = list(self._parameters.found)
        self.alone: set[Path] = set()

    def result(self) -> Document:
        """Return the text with its values in place; what has none stays as it was written."""
        root = self._document.root
        if not isinstance(root.value, dict):
            return self._document
        children = {
            name: child if name in _LITERAL or str(name).startswith("x-") else self._node(child, (name,))
            for name, child in root.children.items()
        }
        return Document(self._document.file, mapping(root, children, root.keys))

    def _node(self, node: Node, path: Path) -> Node:
        if isinstance(node.value, str):
            return self._text(node, path) if "$" in node.value else node
        if not node.children:
            return node
        children = {step: self._node(child, (*path, step)) for step, child in node.children.items()}
        if all(children[step] is child for step, child in node.children.items()):
            return node
        if isinstance(node.value, dict):
            return mapping(node, children, node.keys)
        values: list[Data] = [child.value for child in children.values()]
        return Node(node.mark, values, children=children, file=node.file, by=node.by)

    def _text(self, node: Node, path: Path) -> Node:
        """Return a value with its references replaced; unchanged when one of them cannot be."""
        text, parts, names, at = str(node.value), list[Data](), [node.by], 0
        for reference in _REFERENCE.finditer(text):
            value = self._value(reference, path)
            if value is None or self._is_too_much(value, path):
                return node
            parts += [text[at : reference.start()], value.data]
            names.append(value.by)
            at = reference.end()
        parts.append(text[at:])
        written = [each for each in parts if each != ""]
        one = len(parts) == 3 and parts[0] == parts[2] == ""  # a reference alone keeps the type of a parameter
        if one and names[1]:
            self.alone.add(path)
        data = parts[1] if one else "".join(as_text(each) for each in written)
        return Node(node.mark, data, file=node.file, by=", ".join(dict.fromkeys(each for each in names if each)))

    def _is_too_much(self, value: Value, path: Path) -> bool:
        before, self._characters = self._characters, self._characters + len(as_text(value.data))
        if before <= MOST_CHARACTERS < self._characters:
            text = f"The values of `${{...}}` come to more than {MOST_CHARACTERS} characters."
            self._note(finding("DR105", path, text, "Name fewer, or shorter ones."))
        return self._characters > MOST_CHARACTERS

    def _value(self, reference: "re.Match[str]", path: Path) -> Value | None:
        if reference[0] == "$$":
            return Value("$", "")
        body = _BODY.fullmatch(reference[1] or "")
        if body is None:
            self._note(finding("DR124", path, f"`{shown(reference[0], 40)}` is no reference.", _FORMS))
            return None
        name, sign, rest = body.groups()
        if is_secret_name(name):
            text = f"`${{{shown(name)}}}` would write a secret into the recipe."
            self._note(finding("DR112", path, text, "Use `env` with `{secret: NAME}`: it is looked up at the start."))
            return None
        return self._look_up(name, sign, rest, path)

    def _look_up(self, name: str, sign: str | None, rest: str, path: Path) -> Value | None:
        is_parameter = name in self._parameters.values
        value = self._parameters.values[name] if is_parameter else self._given.get(name)
        if value is not None and (value.data != "" or not sign):
            return value
        if sign == ":-":
            return Value(rest, f"default of {name}")
        what = f"The parameter `{name}`" if is_parameter else f"`{name}`"
        text = f"{what} has no value: {shown(rest, 200)}." if sign and rest else f"{what} has no value."
        by_option = f"--set parameters.{name}=VALUE, " if is_parameter else ""
        hint = (
            f"Give one: {by_option}the variable {name} of the environment or of an --env-file; or ${{{name}:-default}}."
        )
        self._note(finding("DR125", path, text, hint))
        return None

    def _note(self, found: Finding) -> None:
        if len(self.found) < 1000:
            self.found.append(found.at(self._document.where(found.where.path)))


def as_text(value: Data) -> str:
    """Return a value as it stands inside a longer text, in YAML's spelling."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return value if isinstance(value, str) else str(value)
