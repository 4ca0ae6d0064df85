"""The releases that a recipe allows: one, those in a range, or all."""

from typing import NamedTuple

from dynamo_recipes.findings import Finding, finding
from dynamo_recipes.recipe.near import near, shown
from dynamo_recipes.support import data

_PATH = ("dynamo",)


class Candidates(NamedTuple):
    """Releases, newest first; why one of them is taken; what is wrong where there are none."""

    versions: tuple[str, ...]
    because: str = ""
    pinned: bool = False
    wrong: tuple[Finding, ...] = ()


def of(wanted: str | None) -> Candidates:
    """Return the releases that a recipe's `dynamo` allows."""
    known = data.release_names()
    if wanted is None:
        return Candidates(known, "the newest release that fits and is fully known; the recipe names none")
    if wanted in known:
        return Candidates((wanted,), "the recipe names it", pinned=True)
    return _in_range(wanted, known)


def _in_range(wanted: str, known: tuple[str, ...]) -> Candidates:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # only for ranges: it costs 10 ms

    if wanted[:1].isdigit():
        near_names = near(wanted, known)
        hint = f"Did you mean {' or '.join(near_names)}? {_known(known)}" if near_names else _known(known)
        return Candidates((), wrong=(finding("DR201", _PATH, f"Dynamo {shown(wanted)} is not known.", hint),))
    try:
        allowed = SpecifierSet(wanted)
    except InvalidSpecifier:
        allowed = SpecifierSet()
    if not allowed:  # an empty set would allow everything
        message = f"`{shown(wanted)}` is neither a release nor a range."
        hint = 'Write a release such as "1.4.2" or a range ">=1.4,<1.7".'
        return Candidates((), wrong=(finding("DR110", _PATH, message, hint),))
    fitting = tuple(each for each in known if each != "main" and allowed.contains(each))
    if fitting:
        return Candidates(fitting, f"the newest release in {shown(wanted, 200)} that fits and is fully known")
    message = f"No known Dynamo release is in {shown(wanted)}."
    return Candidates((), wrong=(finding("DR202", _PATH, message, _known(known)),))


def _known(versions: tuple[str, ...]) -> str:
    named = [each for each in versions if each != "main"]
    return f"Known: {named[-1]} to {named[0]}, and main; `dynamo-recipe matrix` lists them."
