"""Show a recipe: as it is written, after all that is laid over it, or where each value comes from."""

import json
import re
from typing import Any, Literal

import yaml

from dynamo_recipes.app.composing import Source
from dynamo_recipes.app.planning import run_name
from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import dotted, errors_of
from dynamo_recipes.recipe import secrets
from dynamo_recipes.recipe.compose import COMPOSING, Origin, origins
from dynamo_recipes.recipe.load import load
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.recipe.overlays import without
from dynamo_recipes.recipe.positions import Data, Document
from dynamo_recipes.recipe.read import Reading, read
from dynamo_recipes.recipe.scalars import plain

Form = Literal["yaml", "json"]
_KEYS = [field.alias or name for name, field in Recipe.model_fields.items()]
_SPECIAL = re.compile(r"\$\$+|\$(?=\{)")  # a dollar that is alone before anything else means itself
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_LONGEST = 60  # characters of a value that a list of origins shows


def raw(source: Source) -> str:
    """Return the text as it is written, secrets masked. Raises Refused when it is no text."""
    document, found = load(source.raw, source.file)
    if document is None:
        raise Refused(*secrets.masked(found, None))
    return secrets.hidden(source.raw.decode("utf-8-sig"), document.data)


def composed(source: Source) -> Reading:
    """Return the recipe after all of it. Raises Refused with all that is wrong with it."""
    reading = read(source.raw, source.file, source.inputs)
    found = (*source.findings, *reading.findings)
    if errors_of(found) or reading.document is None:
        raise Refused(*found)
    return reading


def as_text(reading: Reading, variants: tuple[str, ...], form: Form) -> str:
    """Return the recipe as a recipe: a text that needs no other, with the name of the run. Byte-stable."""
    if reading.document is None or reading.recipe is None:
        raise ValueError("there is no recipe to show")
    data = without(reading.document.root, *COMPOSING).value
    named = {**data, "name": run_name(reading.recipe, reading.file, variants)} if isinstance(data, dict) else {}
    ordered = {key: _as_read(key, named[key]) for key in sorted(named, key=_rank)}
    if form == "json":
        text = json.dumps(ordered, indent=2, ensure_ascii=False)
        # A YAML reader refuses some of these, and takes others for the end of a line.
        return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"
    return yaml.dump(ordered, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def _rank(key: str) -> tuple[int, str]:
    return (_KEYS.index(key) if key in _KEYS else len(_KEYS), key)


def _as_read(key: str, value: Data) -> Data:
    """Return a section as it must be written; in an author's own ones no reference is looked for."""
    return value if key.startswith("x-") else _escaped(value)


def _escaped(value: Data) -> Data:
    """Return a value with `$` doubled where it would be read as a reference, and keys in order."""
    if isinstance(value, str):
        return _SPECIAL.sub(lambda found: found[0] * 2, value) if "$" in value else value
    if isinstance(value, list):
        return [_escaped(each) for each in value]
    return {key: _escaped(value[key]) for key in sorted(value)} if isinstance(value, dict) else value


class _Dumper(yaml.SafeDumper):
    """Writes what our loader reads as the same: texts that YAML 1.2 takes for a number are quoted."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """Write each value out."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = '"' if not isinstance(plain(text), str) or not text.isprintable() else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _number(dumper: yaml.SafeDumper, number: int) -> yaml.Node:
    # In ten digits a long one would be too long for a number.
    written = str(number) if isinstance(plain(str(number)), int) else hex(number)
    return dumper.represent_scalar("tag:yaml.org,2002:int", written)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(int, _number)


def listed(document: Document, form: Form) -> str:
    """Return where each value comes from: a line each, or JSON."""
    found = origins(document)
    if form == "json":
        return json.dumps({"origins": [as_data(each) for each in found]}, indent=2, ensure_ascii=False) + "\n"
    rows = [(shown(dotted(each.path), 200), _short(each.value), shown(str(each), 400)) for each in found]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    return "".join(f"{path:<{widths[0]}}  {value:<{widths[1]}}  {origin}\n" for path, value, origin in rows)


def _short(value: object) -> str:
    return shown(json.dumps(value, ensure_ascii=False), _LONGEST)


def as_data(origin: Origin) -> dict[str, Any]:
    """Return an origin as data."""
    where = origin.where
    place = {"file": where.file, "line": where.line or None, "column": where.column or None}
    return {"path": dotted(origin.path), "value": origin.value, **place, "by": origin.by or None}
