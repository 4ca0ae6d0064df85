"""What is special about the frontend: with a chat processor of an engine, it hands on what it does not know.

Rests on `dynamo/frontend/main.py` `parse_args`, ai-dynamo 1.0.2 to 1.6.1.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from dynamo_recipes.findings import Finding
from dynamo_recipes.support.spelling import canonical

_PROCESSORS = ("vllm", "sglang")
_FLAGS = ("dyn-chat-processor", "chat-processor")


def processes_chats(args: Mapping[str, Any]) -> bool:
    """Tell whether the flags of a frontend ask for an engine's chat processor."""
    return any(canonical(key) in _FLAGS and value in _PROCESSORS for key, value in args.items())


def handed_on(found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings with unknown flags as warnings: the engine's parser, which is not looked at, may have them."""
    for each in found:
        if each.code in ("DR304", "DR309") and each.severity == "error":
            hint = "It is handed to the chat processor, whose flags are not checked."
            yield replace(each, severity="warning", hint=hint)
        else:
            yield each
