"""The flags that an author wrote: checked, and made arguments of a plan. Imported only for recipes that have some."""

from collections.abc import Iterator, Mapping
from typing import Any

from dynamo_recipes.findings import Finding, Path
from dynamo_recipes.plan.arguments import RAW_WORDS, value_of
from dynamo_recipes.plan.model import Arg, Text, Value
from dynamo_recipes.recipe import references
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.support import flags
from dynamo_recipes.support.catalogue import check as checks
from dynamo_recipes.support.catalogue import programs
from dynamo_recipes.support.catalogue.chain import Chain
from dynamo_recipes.support.catalogue.frontend import handed_on, processes_chats
from dynamo_recipes.support.catalogue.names import find, normal
from dynamo_recipes.support.catalogue.programs import Program
from dynamo_recipes.support.catalogue.setting import pieces
from dynamo_recipes.support.resolve import Resolution
from dynamo_recipes.support.spelling import RAW

Section = tuple[Path, dict[str, Any]]  # where flags are written, and what is there


def check(recipe: Recipe, resolution: Resolution) -> Iterator[Finding]:
    """Yield what is wrong with the flags of a recipe, held against the versions that will run."""
    args = recipe.frontend.args
    if args:
        program = programs.frontend(resolution.release.version)
        found = checks.check_all([(("frontend", "args"), args)], program)
        yield from handed_on(found) if processes_chats(args) else found
        yield from checks.together(((("frontend", "args"), args),), program)
    yield from _flags_of_workers(recipe, resolution)


def _flags_of_workers(recipe: Recipe, resolution: Resolution) -> Iterator[Finding]:
    shared: Section = (("engine", "args"), recipe.engine.args)
    own: list[Section] = [(("workers", name, "args"), each.args) for name, each in recipe.workers.items()]
    written = [each for each in (shared, *own) if each[1]]
    if not written:  # a catalogue is read only for flags that somebody wrote
        return
    program = programs.worker(resolution)
    yield from checks.check_all(written, program)
    # What a worker shares with the others is told once.
    yield from dict.fromkeys(found for each in own for found in checks.together((shared, each), program))


def of_frontend(args: Mapping[str, Any], resolution: Resolution) -> tuple[Arg, ...]:
    """Return the author's flags of the frontend as arguments."""
    return _arguments({}, args, programs.frontend(resolution.release.version))


def of_worker(shared: Mapping[str, Any], args: Mapping[str, Any], resolution: Resolution) -> tuple[Arg, ...]:
    """Return the author's flags of a worker as arguments, over those that all workers share."""
    return _arguments(shared, args, programs.worker(resolution))


def _arguments(shared: Mapping[str, Any], args: Mapping[str, Any], program: Program) -> tuple[Arg, ...]:
    merged = flags.merged(shared, args, lambda key, value: normal(program.chain, key, value))
    return of_author(merged, program.chain)


def of_author(args: Mapping[str, Any], chain: Chain | None) -> tuple[Arg, ...]:
    """Return the arguments that a recipe's flags make, `raw` words last. `chain`: the parsers that will read them."""
    own = [Arg(_words(name, args[name], chain), "author") for name in sorted(args) if name != RAW]
    raw = args.get(RAW)
    if not isinstance(raw, list) or not raw:
        return tuple(own)
    return (*own, Arg(tuple(value_of(each) for each in raw), "author", RAW_WORDS))


def _words(name: str, value: Any, chain: Chain | None) -> tuple[Value, ...]:
    found = find(chain, name) if chain else None
    if found is not None and not found.names:
        return tuple(value_of(each) for each in pieces(found, value))
    if references.inside(value):
        return (Text((flags.spelled(name),)), value_of(value))
    return tuple(Text((word,)) for word in flags.words(name, value))
