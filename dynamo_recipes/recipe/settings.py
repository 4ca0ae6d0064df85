"""`--set PATH=VALUE` and `--set-string PATH=TEXT`: one value each, as a patch."""

import re
from typing import NamedTuple

from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding, Where
from dynamo_recipes.recipe.load import load
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.recipe.overlays import labelled
from dynamo_recipes.recipe.positions import Mark, Node

_SEGMENT = re.compile(r'"([^"]*)"|\'([^\']*)\'|([^."\'=]+)')
_MOST_SEGMENTS = 30  # no key of a recipe is deeper
_HINT = 'Write `workers.decode.replicas=2`; a name with a dot in quotes: `workers."a.b".replicas=2`.'
_NOWHERE: Mark = (0, 0)  # an option has no lines


class Setting(NamedTuple):
    """What stands after `--set` or, where the value is `text`, after `--set-string`."""

    words: str
    text: bool = False

    @property
    def option(self) -> str:
        """The option as it was written."""
        return "--set-string" if self.text else "--set"


def patch_of(setting: Setting) -> Node:
    """Return a setting as a patch. Raises Refused: DR123 for a wrong path, the loader's findings for a wrong value."""
    path, value = _split(setting)
    label = f"{setting.option} {shown('.'.join(path))}"
    node = Node((1, 1), value) if setting.text else _yaml(value, label)
    node = _flat(labelled(node, label, label))
    for name in reversed(path):
        node = Node(_NOWHERE, {name: node.value}, children={name: node}, keys={name: _NOWHERE}, file=label, by=label)
    return node


def _split(setting: Setting) -> tuple[tuple[str, ...], str]:
    """Return the segments of the path, and the text after the `=`."""
    words, at = setting.words, 0
    path: list[str] = []
    while len(path) < _MOST_SEGMENTS and (segment := _SEGMENT.match(words, at)):
        path.append(next(each for each in segment.groups() if each is not None))
        at = segment.end()
        sign, at = words[at : at + 1], at + 1
        if sign == "=":
            return tuple(path), words[at:]
        if sign != ".":
            break
    # What stands behind the `=` may be a secret: it is not shown.
    place = Where(f"{setting.option} {shown(words.partition('=')[0])}")
    raise Refused(Finding("DR123", f"{setting.option} needs PATH=VALUE.", _HINT, place))


def _yaml(value: str, label: str) -> Node:
    document, found = load(value.encode("utf-8", "surrogateescape"), label)
    if document is None or found:
        raise Refused(*found)
    # The loader takes an empty text for an empty recipe. Here it is null, which removes, as the word is.
    return document.root if document.root.value != {} or value.strip()[:1] == "{" else Node((1, 1), None)


def _flat(node: Node) -> Node:
    """Return a value whose places are the option itself: what stands on which column of it helps nobody."""
    children = {name: _flat(child) for name, child in node.children.items()}
    keys = dict.fromkeys(node.keys, _NOWHERE)
    return Node(_NOWHERE, node.value, node.size, node.height, children, keys, node.file, node.by)
