"""From bytes to a site and everything that is wrong with it, all at once: as with recipes."""

from collections.abc import Iterator
from typing import NamedTuple

from pydantic import ValidationError

from dynamo_recipes.findings import Finding, dotted, errors_of, finding
from dynamo_recipes.recipe import rules, secrets, shape
from dynamo_recipes.recipe.load import load
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.recipe.positions import Data
from dynamo_recipes.recipe.read import in_order
from dynamo_recipes.recipe.site import SecretSource, Site, Toleration

_KEYS = frozenset(SecretSource.model_fields)
_HINT = "Say where it is: `env: VARIABLE`, `file: PATH` or `kubernetes: {name, key}`."


class SiteReading(NamedTuple):
    """A site, None when it is wrong, and the findings about it in reading order."""

    site: Site | None
    findings: tuple[Finding, ...]


def read_site(raw: bytes, file: str) -> SiteReading:
    """Read a site. `file` is the name to show, not a path to open."""
    document, found = load(raw, file)
    if document is None:
        return SiteReading(None, secrets.masked(found, None))
    literal = {each.where.path: each for each in (*_literal(document.data), *secrets.literal_secrets(document.data))}
    early = (*rules.unfit_values(document.root), *literal.values())
    site: Site | None = None
    late: tuple[Finding, ...] = ()
    try:
        site = Site.model_validate(document.data)
    except ValidationError as error:
        # Where a secret is written, what else is wrong with that value says nothing new.
        shapes = shape.findings(error, document, Site)
        late = tuple(each for each in shapes if each.where.path not in literal)
    broken = _check(site) if site else ()
    found += tuple(each.at(document.where(each.where.path)) for each in (*early, *broken)) + late
    known = [str(_at(document.data, path)) for path in literal]
    return SiteReading(None if errors_of(found) else site, secrets.masked(in_order(found), document.data, known))


def _literal(data: Data) -> Iterator[Finding]:
    """Yield a finding for each value below `secrets` that stands where none belongs: it is most likely the secret."""
    entries = data.get("secrets") if isinstance(data, dict) else None
    for name, entry in entries.items() if isinstance(entries, dict) else ():
        inner = entry.items() if isinstance(entry, dict) else [(None, entry)]
        for key, value in inner:
            if _is_own(key) or isinstance(value, (dict, list, bool)) or value in (None, ""):
                continue
            path = ("secrets", name) if key is None else ("secrets", name, key)
            place = f"`{shown(dotted(path))}`"
            yield finding("DR112", path, f"{place} holds a secret in plain text.", _HINT)


def _is_own(key: str | None) -> bool:
    return key is not None and (key in _KEYS or key.startswith("x-"))


def _at(data: Data, path: tuple[str | int, ...]) -> Data:
    """Return the value at a path; of a path that ends with a key that is no name but a secret, that key."""
    for step in path:
        if isinstance(data, dict) and step in data:
            data = data[str(step)]
        elif isinstance(data, list) and isinstance(step, int):
            data = data[step]
    return data if not isinstance(data, (dict, list)) else str(path[-1])


def _check(site: Site) -> Iterator[Finding]:
    """Yield what is wrong with a site whose shape is right."""
    for name, source in site.secrets.items():
        if not (source.env or source.file or source.kubernetes):
            yield finding("DR107", ("secrets", name), f"`secrets.{name}` does not say where the secret is.", _HINT)
    for role, placement in site.roles.items():
        for index, toleration in enumerate(placement.tolerations):
            yield from _toleration(toleration, ("roles", role, "tolerations", index))


def _toleration(given: Toleration, path: tuple[str | int, ...]) -> Iterator[Finding]:
    """Yield what an API server would refuse. Source: validation of tolerations in Kubernetes."""
    place = f"`{dotted(path)}`"
    if given.operator == "Exists" and given.value:
        yield finding("DR115", (*path, "value"), f"{place} has `operator: Exists` and a value.", "Keep one of the two.")
    if given.operator == "Equal" and given.key is None:
        hint = "Add `key:`, or write `operator: Exists`."
        yield finding("DR107", path, f"{place} has no `key`, and the operator is Equal.", hint)
    if given.seconds is not None and given.effect != "NoExecute":
        hint = "Write `effect: NoExecute`, or remove `seconds`."
        yield finding("DR115", (*path, "seconds"), f"{place} has `seconds` without `effect: NoExecute`.", hint)
