"""What the converters of the parsers take, by the names of the catalogues. Each has the verdict of the real one.

Rests on `dynamo/common/configuration/utils.py` (ai-dynamo 1.0.2 to 1.6.1), `vllm/engine/arg_utils.py` and
`vllm/utils/argparse_utils.py` (vLLM 0.16 to 0.31) and `sglang/srt/server_args.py` (SGLang 0.5.9 to 0.5.21).
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from dynamo_recipes.support.catalogue import types_dynamo, types_sglang

_SUFFIXED = re.compile(r"(\d+(?:\.\d+)?)([kKmMgGtT])")
_QUOTED = re.compile(r'("(?:[^"\\]|\\.)*")')
_SIZE_IN_JSON = re.compile(r"\b\d+(?:\.\d+)?[kKmMgGtT]\b")
_POWERS = {suffix: (1000 if suffix.islower() else 1024) ** (1 + "kmgt".index(suffix.lower())) for suffix in "kKmMgGtT"}
_NONE = ("", "None")
OPTIONAL = "?"  # at the end of a type's name: the converter also takes "" and "None"


class Type(NamedTuple):
    """What a converter takes: a function that raises ValueError, and words for a person."""

    convert: Callable[[str], object]
    wanted: str


def _bool(text: str) -> bool:
    words = {"1": True, "true": True, "on": True, "yes": True, "": False, "0": False, "false": False}
    words |= {"off": False, "no": False}
    try:
        return words[text.strip().lower()]
    except KeyError:
        raise ValueError from None


def size(text: str) -> int:
    """Return a number with a decimal (k, m, g, t) or binary suffix (K, M, G, T), which takes no fraction."""
    found = _SUFFIXED.fullmatch(text.strip())
    if found is None:
        return int(text)
    number, suffix = found.groups()
    return int(float(number) * _POWERS[suffix]) if suffix.islower() else int(number) * _POWERS[suffix]


def _length(text: str) -> int:
    return -1 if text.strip().lower() == "auto" else size(text)


def _json(text: str) -> object:
    return json.loads(text)


def _plain_object(text: str) -> dict[str, object]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError
    return value


def _object(text: str) -> dict[str, object]:
    """Take what `json.loads` takes once numbers with suffixes outside of quotes are written out, if it is a mapping."""
    parts = _QUOTED.split(text)
    parts[::2] = [_SIZE_IN_JSON.sub(lambda found: str(size(found.group())), part) for part in parts[::2]]
    return _plain_object("".join(parts))


def _folded(text: str) -> str:
    return text.lower().replace("-", "_")


def _text_or_json(text: str) -> object:
    return json.loads(text) if re.match(r"(?s)^\s*{.*}\s*$", text) else text


TYPES: Mapping[str, Type] = {
    "text": Type(str, "text"),
    "path": Type(str, "the path of a file"),
    "any": Type(str, "text"),  # a converter of which we know no more
    "int": Type(int, "a whole number"),
    "float": Type(float, "a number"),
    "bool": Type(_bool, "true or false"),
    "size": Type(size, "a whole number, such as 4096 or 4k"),
    "length": Type(_length, "a whole number, such as 4096 or 4k, or auto"),
    "json": Type(_json, "JSON"),
    "object": Type(_object, "a mapping"),
    "plain_object": Type(_plain_object, "a mapping"),  # vLLM before 0.20
    "folded": Type(_folded, "text"),  # in any case, dashes for underscores
    "text_or_json": Type(_text_or_json, "text or a mapping"),
    "amount": Type(types_sglang.amount, "a whole number, such as 4096, 4k or 4Ki"),
    "strict_json": Type(types_sglang.strict_json, "JSON"),
    "sections": Type(types_sglang.sections, "a mapping of mappings"),
    "positive": Type(types_dynamo.positive, "a whole number above 0"),
    "natural": Type(types_dynamo.natural, "a whole number that is not negative"),
    "amount_or_0": Type(types_dynamo.amount, "a number that is not negative"),
    "name": Type(types_dynamo.name, "text that is not blank"),
    "settings": Type(types_dynamo.settings, "a mapping, or the path of a file with one"),
    "int_or_none": Type(types_dynamo.none_or(int), "a whole number or None"),
    "float_or_none": Type(types_dynamo.none_or(float), "a number or None"),
    "folder": Type(str, "the path of a folder"),  # that must be there: only the machine knows
    "renamed": Type(types_dynamo.renamed, "text"),
    "conditions": Type(types_dynamo.conditions, "a mapping of the settings of conditional disaggregation"),
    "structural_tag": Type(types_dynamo.structural_tag, "true, false or a mapping of the settings of structural tags"),
    "lora": Type(types_sglang.lora, "a path, a name and a path, or a mapping with lora_name and lora_path"),
}


def of(name: str) -> Type:
    """Return a type by its name in a catalogue; raises KeyError for a name that is not in the table."""
    return TYPES[name.removesuffix(OPTIONAL)]


def is_none(name: str, text: str) -> bool:
    """Tell whether the converter of a type makes None of a text."""
    return name.endswith(OPTIONAL) and text in _NONE


def takes(name: str, text: str) -> bool:
    """Tell whether the converter of a type takes a text."""
    if is_none(name, text):
        return True
    try:
        of(name).convert(text)
    except (ValueError, RecursionError):  # the second: JSON deeper than the interpreter's stack
        return False
    return True
