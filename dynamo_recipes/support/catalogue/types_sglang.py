"""Converters of SGLang's flags. Each has the verdict of the real one.

Rests on `sglang/srt/utils/common.py`, `sglang/srt/server_args.py` (`LoRAPathAction`; from 0.5.14
`sglang/srt/arg_groups/argparse_actions.py`) and `sglang/srt/model_executor/cuda_graph_config.py`, SGLang 0.5.9 to
0.5.21.
"""

import json
import math
import re
from typing import NoReturn

_AMOUNT = re.compile(r"\d+(\.\d+)?(k|M|G|T)|\d+(Ki|Mi|Gi|Ti)")
_LONE = re.compile("[\ud800-\udfff]")


def amount(text: str) -> object:
    """Take a whole number, or one with a decimal (k, M, G, T) or binary suffix (Ki, ...), which takes no fraction."""
    return text if _AMOUNT.fullmatch(text.strip()) else int(text)


def strict_json(text: str) -> object:
    """Take JSON as orjson does: without NaN, numbers that are too large, and halves of surrogate pairs."""
    value = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    if _LONE.search(json.dumps(value, ensure_ascii=False)):
        raise ValueError
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError
    return number


def sections(text: str) -> object:
    """Take a mapping of mappings. Which keys they may have is in the catalogue."""
    value = json.loads(text)
    if not isinstance(value, dict) or not all(isinstance(each, dict) for each in value.values()):
        raise ValueError
    return value


def lora(text: str) -> object:
    """Take any text; what looks like JSON must be it, and name an adapter and its path."""
    text = text.strip()
    if text.startswith("{") and text.endswith("}") and not {"lora_name", "lora_path"} <= set(json.loads(text)):
        raise ValueError
    return text
