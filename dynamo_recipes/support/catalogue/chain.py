"""The parsers that read a program's command line one after another, each leaving the rest to the next.

`dynamo.vllm`: Dynamo's own, from 1.5 the router's, then vLLM's. `dynamo.sglang` likewise. `dynamo.trtllm` has no engine
parser: what is left must be `--trtllm.<key> <value>` (`dynamo/{vllm,sglang,trtllm}/args.py`, ai-dynamo 1.0.2 to 1.6.1).
"""

from functools import cache
from typing import Any, NamedTuple

from dynamo_recipes.support.catalogue import flexible
from dynamo_recipes.support.catalogue.model import Catalogue, Parser, catalogue
from dynamo_recipes.support.catalogue.reading import Problem, Reading, Use, Word, parse
from dynamo_recipes.support.catalogue.rewriting import rewritten

DOTTED = "--trtllm."


class Chain(NamedTuple):
    """The parsers of a program and its engine. `dotted`: the rest is `--trtllm.<key> <value>`."""

    catalogues: tuple[Catalogue, ...]
    parsers: tuple[Parser, ...]
    dotted: bool = False


@cache
def chain(component: str, release: str, engine: str | None = None, engine_version: str | None = None) -> Chain | None:
    """Return the chain of a Dynamo program, and of the engine behind it; None when a catalogue is missing."""
    program = catalogue(component, release)
    if program is None:
        return None
    if engine is None:
        return Chain((program,), program.parsers, dotted=program.dotted)
    behind = catalogue(engine, engine_version or "")
    if behind is None:
        return None
    return Chain((program, behind), (*program.parsers, *(_changed(each, program.engine) for each in behind.parsers)))


def _changed(parser: Parser, changes: dict[str, Any]) -> Parser:
    """Return the engine's parser with what the program before it adds."""
    return parser.changed(changes) if changes else parser


def read(chain: Chain, words: tuple[Word, ...], whole: bool = True) -> Reading:
    """Return what a chain makes of a command line, with a problem for each word that none of its parsers takes.

    `whole` is False for a part of a command line: what is required may be in another.
    """
    uses: list[Use] = []
    problems: list[Problem] = []
    for parser in chain.parsers:
        if parser.flexible:
            words, broken = flexible.unfolded(words)
            problems += broken
        words = rewritten(words, parser.rewrites)
        reading = parse(parser, words)
        uses += reading.uses
        problems += reading.problems
        words = reading.rest
        if whole and not any(use.flag.name in parser.files for use in uses):
            used = {use.flag.name for use in reading.uses}
            missing = [each for each in parser.flags if each.required and each.name not in used]
            problems += [Problem("required", 0, each.name, each) for each in missing]
    if chain.dotted:
        problems += dotted(words)
    else:
        problems += [Problem("unknown" if each.text.startswith("-") else "stray", each.at, each.text) for each in words]
    return Reading(tuple(uses), tuple(problems))


def dotted(words: tuple[Word, ...]) -> list[Problem]:
    """Return what is wrong with words that must be `--trtllm.<key> <value>` (`dynamo/trtllm/dynamic_flags.py`)."""
    found: list[Problem] = []
    tree: dict[str, Any] = {}
    at = 0
    while at < len(words):
        word, at = words[at], at + 1
        keys = word.text.removeprefix(DOTTED).split(".")
        if not word.text.startswith(DOTTED) or not all(keys):
            found.append(Problem("unknown" if word.text.startswith("-") else "stray", word.at, word.text))
        elif at == len(words) or words[at].text.startswith("--"):
            found.append(Problem("no value", word.at, word.text))
        else:
            at += 1
            if not _put(tree, keys):
                found.append(Problem("twice", word.at, word.text))
    return found


def _put(tree: dict[str, Any], keys: list[str]) -> bool:
    """Put a value at its keys; return False where one of them has a value already that is no mapping."""
    for key in keys[:-1]:
        tree = tree.setdefault(key, {})
        if not isinstance(tree, dict):
            return False
    tree[keys[-1]] = None
    return True
