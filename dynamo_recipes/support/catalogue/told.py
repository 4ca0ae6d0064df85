"""What the parsers refuse, as findings for a person."""

from dynamo_recipes.findings import Finding, Path, finding
from dynamo_recipes.recipe.near import near, shown
from dynamo_recipes.support.catalogue import types, unknown
from dynamo_recipes.support.catalogue.model import Flag
from dynamo_recipes.support.catalogue.programs import Program
from dynamo_recipes.support.catalogue.reading import Problem

_MOST_CHOICES = 20
_MOST_SHORT = 8
_YAML = ("null", "true", "false", "~")  # what YAML reads as something else


def told(problem: Problem, program: Program, place: Path) -> Finding:
    """Return a problem of a command line as a finding at a place of the recipe."""
    flag, text = problem.flag, problem.text
    if problem.kind == "unknown":
        return unknown.finding_of(text.partition("=")[0], program, place, True)
    if problem.kind == "ambiguous":
        return ambiguous(text, problem.names, place)
    if problem.kind == "key" and flag:
        close = near(text, flag.keys)
        hint = f"Did you mean {' or '.join(close)}?" if close else f"{program.look_up(flag.name)} lists them."
        return finding("DR311", place, f"`{flag.name}` takes no key `{shown(text)}`.", hint)
    if problem.kind == "choice" and flag:
        return _choice(text, flag, place)
    if problem.kind == "type" and flag:
        message = f"`{flag.name}` takes {types.of(flag.type).wanted}, not `{shown(text)}`."
        return finding("DR305", place, message, f"{program.look_up(flag.name)} shows what it takes.")
    return finding("DR303", place, *_said(problem))


def ambiguous(key: str, names: tuple[str, ...], place: Path) -> Finding:
    """Return the finding for a short form of several flags."""
    listed = ", ".join(f"`{each}`" for each in names[:_MOST_SHORT]) + (", …" if len(names) > _MOST_SHORT else "")
    return finding("DR309", place, f"`{shown(key)}` is short for several flags: {listed}.", "Write it in full.")


def _choice(text: str, flag: Flag, place: Path) -> Finding:
    message = f"`{flag.name}` does not take `{shown(text)}`."
    names = [f'"{each}"' if each in _YAML else str(each) for each in flag.choices]
    close = near(text, names)
    hint = f"Did you mean {' or '.join(close)}?" if close else ""
    hint = f"{hint} It takes {', '.join(names[:_MOST_CHOICES])}{', …' if len(names) > _MOST_CHOICES else ''}.".strip()
    if flag.open:
        hint += " The list depends on the machine and on plugins: not verified."
    return finding("DR306", place, message, hint, "warning" if flag.open else "error")


def _said(problem: Problem) -> tuple[str, str]:
    """Return message and hint of the other kinds."""
    flag, text = problem.flag, shown(problem.text)
    name = flag.name if flag else text
    return {
        "no value": (f"`{name}` needs {_many(flag)}.", "Write it."),
        "switch": (f"`{name}` is a switch: it takes no value.", "Write true or false."),
        "ends": (f"`{name}` prints a text and ends the process: nothing would serve.", "Remove it."),
        "required": (f"`{name}` is missing.", "Add it."),
        "refused": (f"`{name}` is no longer supported.", f"Use `{_successor(flag)}`." if _successor(flag) else ""),
        "spelling": (f"`{name}` is given in two spellings.", "Keep one."),
        "twice": (f"`{text}` goes into a key that has a value already.", "Keep one of the two."),
        "stray": (f"`{text}` belongs to no flag.", "Remove it, or write its flag before it."),
    }[problem.kind]


def _successor(flag: Flag | None) -> str:
    return flag.deprecated.get("use", "") if flag and isinstance(flag.deprecated, dict) else ""


def _many(flag: Flag | None) -> str:
    if flag is None or flag.values in (0, 1, "?"):
        return "a value"
    return "one or more values" if flag.values in ("+", "*") else f"{flag.values} values"
