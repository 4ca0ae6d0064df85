"""What is wrong with the flags of one section of a recipe, held against the program that will read them.

Here is the way through: which flag a key means (`names`), whether the tool sets it (`owned`), which words it becomes
(`setting`), what the parsers make of them (`chain`, told by `told` and `unknown`), what the program refuses later
(`caveats`), and the keys of TensorRT-LLM's configuration (`settings`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from dynamo_recipes.findings import Finding, Path, finding
from dynamo_recipes.recipe import references
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.support.catalogue import caveats, setting, settings, unknown
from dynamo_recipes.support.catalogue.chain import Chain, dotted, read
from dynamo_recipes.support.catalogue.names import Found, find
from dynamo_recipes.support.catalogue.owned import Owned, owned
from dynamo_recipes.support.catalogue.programs import Program
from dynamo_recipes.support.catalogue.reading import Problem, Reading, Word, words_of
from dynamo_recipes.support.catalogue.told import ambiguous, told
from dynamo_recipes.support.spelling import RAW, canonical

MOST_HINTS = 50  # near names take milliseconds each, and a hostile recipe has thousands of wrong flags
_MOST_RAW = 20  # findings for one list of words

Flags = dict[str, tuple[Path, Any]]  # by full name: where it is written, and its value


def check_all(sections: Iterable[tuple[Path, Mapping[str, Any]]], program: Program) -> Iterator[Finding]:
    """Yield what is wrong with the flags of some sections; one warning where there is nothing to hold them against."""
    hints = MOST_HINTS
    for at, (path, args) in enumerate(sections):
        if program.chain is None and at == 0:
            yield uncharted(program, path)
        for each in check(args, program, path, hints):
            hints -= each.code == "DR304"
            yield each


def check(args: Mapping[str, Any], program: Program, path: Path, hints: int = MOST_HINTS) -> Iterator[Finding]:
    """Yield what is wrong with the flags of one section. `hints`: how many unknown ones get near names."""
    ours = owned(program.components)
    seen: dict[str, str] = {}
    for key, value in args.items():
        place = (*path, key)
        if canonical(key) == RAW:
            yield from _raw(value, program, ours, place)
            continue
        found = find(program.chain, key) if program.chain else None
        name = found.name if found and found.flag else canonical(key)
        first = seen.setdefault(name, key)
        if first != key:
            message = f"`{shown(key)}` and `{shown(first)}` are the same flag."
            yield finding("DR115", place, message, "Keep one.")
        for each in _of_key(key, value, found, _Asked(program, ours, place, hints > 0)):
            hints -= each.code == "DR304"
            yield each


def together(sections: tuple[tuple[Path, Mapping[str, Any]], ...], program: Program) -> Iterator[Finding]:
    """Yield what is wrong with flags that one process gets from several sections, the later over the earlier."""
    chain, written = program.chain, dict[str, Path]()
    if chain is None:
        return
    for path, args in sections:
        for key, value in args.items():
            found = find(chain, key)
            if found is None or found.names:
                continue
            written.pop(f"--{found.name}", None)
            if _on(found, value):
                written[f"--{found.name}"] = (*path, key)
    yield from caveats.of_section(written, program)
    if chain.dotted:
        names = [each for each in written if each.startswith("--trtllm.")]
        words = tuple(Word(text, at) for at, name in enumerate(names) for text in (name, "x"))
        for problem in (each for each in dotted(words) if each.kind == "twice"):
            yield told(problem, program, written[names[problem.at]])


def _on(found: Found, value: Any) -> bool:
    """Tell whether a flag is set: not one that is removed, nor a switch that is switched off."""
    return value is not None and (found.flag is None or not isinstance(value, bool) or value is not found.off)


def uncharted(program: Program, path: Path) -> Finding:
    """Return the warning that flags are not checked."""
    message = f"The flags are not checked: there is no catalogue of those of {program.missing}."
    return finding("DR308", path, message, "`dynamo-recipe flags` lists the versions that have one.", "warning")


class _Asked:
    """What one key is held against. `hints`: whether to look for near names."""

    def __init__(self, program: Program, ours: Mapping[str, Owned], place: Path, hints: bool) -> None:
        self.program, self.ours, self.place, self.hints = program, ours, place, hints


def _of_key(key: str, value: Any, found: Found | None, asked: _Asked) -> Iterator[Finding]:
    program, place = asked.program, asked.place
    keeper = _keeper(key, found, asked.ours)
    # `no-x` is none of the program's flags where `x` has no negation, and yet about `x`.
    about = found or (find(program.chain, canonical(key).removeprefix("no-")) if program.chain and keeper else None)
    if about is None and program.chain is not None:
        yield unknown.finding_of(key, program, place, asked.hints, keeper.hint(value) if keeper else "")
    elif keeper is not None:
        spelled = found.flag.name if found and found.flag else f"--{shown(canonical(key))}"
        yield finding("DR301", place, f"The flag `{spelled}` is set by the tool.", keeper.hint(value))
    elif found is None or program.chain is None:
        yield from _shapeless(key, value, place)
    elif found.names and unknown.last_seen(canonical(key), program):  # it was a flag of its own
        yield unknown.finding_of(key, program, place, asked.hints)
    elif found.names:
        yield ambiguous(key, found.names, place)
    elif value is not None:  # null removes a flag that was given for the whole engine
        yield from _of_value(found, value, program.chain, asked)


def _keeper(key: str, found: Found | None, ours: Mapping[str, Owned]) -> Owned | None:
    """Return where else to say what a key says, if the tool sets its flag: in any spelling, negations too."""
    names = [canonical(key).partition(".")[0]]
    if found and found.flag:
        names += [canonical(each) for each in found.flag.names]
    spellings = [each for name in names for each in (name, name.removeprefix("no-"))]
    return next((ours[each] for each in spellings if each in ours), None)


def _of_value(found: Found, value: Any, chain: Chain, asked: _Asked) -> Iterator[Finding]:
    program, place = asked.program, asked.place
    try:
        pieces = setting.pieces(found, value)
    except setting.Misshapen as wrong:
        yield finding("DR303", place, wrong.message, wrong.hint)
        return
    reading = read(chain, words_of([setting.sample(each) for each in pieces]), whole=False)
    for problem in _first(reading.problems):
        yield told(problem, program, place)
    for use in reading.uses:
        yield from caveats.of_use(use, program, place)
    if chain.dotted:
        yield from settings.check(found.name, value, place)


def _first(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Return problems without words that only follow one that is told: the values of an unknown flag."""
    return tuple(each for each in problems if each.kind != "stray") or problems[:1]


def _raw(value: Any, program: Program, ours: Mapping[str, Owned], place: Path) -> Iterator[Finding]:
    """Yield what is doubtful about words that are passed on as they are: as warnings, for they are the way out."""
    if not isinstance(value, list) or not all(isinstance(each, str) or references.name_of(each) for each in value):
        yield finding("DR303", place, "`raw` must be a list of words.", 'Write raw: ["--flag", "value"].')
    elif program.chain is not None:
        reading = read(program.chain, words_of([each if isinstance(each, str) else "file" for each in value]), False)
        for each in islice(_of_raw(reading, program, ours, place), _MOST_RAW):
            yield replace(each, severity="warning") if each.severity == "error" else each


def _of_raw(reading: Reading, program: Program, ours: Mapping[str, Owned], place: Path) -> Iterator[Finding]:
    for problem in sorted(_first(reading.problems), key=lambda each: each.at):
        yield told(problem, program, (*place, problem.at))
    for use in reading.uses:
        keeper = _keeper(use.flag.name, None, ours)
        if keeper is not None:
            message = f"The flag `{use.flag.name}` is set by the tool."
            yield finding("DR301", (*place, use.at), message, keeper.hint(" ".join(use.values)))
        yield from caveats.of_use(use, program, (*place, use.at))


def _shapeless(key: str, value: Any, place: Path) -> Iterator[Finding]:
    if isinstance(value, list):
        message = f"`{shown(canonical(key))}` is a list, and it is not known how this flag takes several values."
        yield finding("DR303", place, message, "Write one text, or use `raw: [..]`.")
