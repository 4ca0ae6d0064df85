"""What types alone cannot say of one recipe: roles, contradictions, text that no process can be given."""

from collections.abc import Iterator
from math import isfinite

from dynamo_recipes.findings import Finding, Path, dotted, finding
from dynamo_recipes.recipe import references
from dynamo_recipes.recipe.fields import ROLES, Role
from dynamo_recipes.recipe.model import Recipe, Worker
from dynamo_recipes.recipe.near import did_you_mean, shown
from dynamo_recipes.recipe.positions import Node

_SOURCES = ("id", "path", "packaged")


def role_of(name: str, worker: Worker) -> Role | None:
    """Return a worker's role: what it says, or its own name when that is a role."""
    if worker.role:
        return worker.role
    return next((role for role in ROLES if role == name), None)


def check(recipe: Recipe) -> Iterator[Finding]:
    """Yield what is wrong with a recipe whose shape is right."""
    yield from _model_source(recipe)
    yield from _roles(recipe)
    yield from _variables(recipe)
    yield from references.check(recipe)


def _model_source(recipe: Recipe) -> Iterator[Finding]:
    given = [key for key in _SOURCES if getattr(recipe.model, key) is not None]
    if not given:
        yield finding("DR107", ("model",), "`model` says neither `id`, `path` nor `packaged`.", "Add `id:`.")
    if len(given) > 1:
        yield finding(
            "DR115",
            ("model", given[1]),
            f"`model` has {' and '.join(f'`{key}`' for key in given)}.",
            "Keep the one that says where the model is.",
        )
    elif given != ["id"] and given and recipe.model.revision is not None:
        message = f"`revision` is for models of the hub, and `model` has `{given[0]}`."
        yield finding("DR115", ("model", "revision"), message, "Remove `revision`, or write `id:`.")


def _roles(recipe: Recipe) -> Iterator[Finding]:
    for name, worker in recipe.workers.items():
        path = ("workers", name)
        if name.lower() in ("frontend", "planner"):
            yield finding(
                "DR115",
                path,
                f"A worker cannot be named `{name}`: another component has that name.",
                "Rename the worker and give it a `role:`.",
            )
        elif role_of(name, worker) is None:
            yield finding(
                "DR114",
                path,
                f"`{shown(name)}` is not a role, and the worker has no `role:`.",
                did_you_mean(name, ROLES),
            )
    yield from _same_but_for_case(recipe)


def _same_but_for_case(recipe: Recipe) -> Iterator[Finding]:
    """Two such names would share log files where the file system ignores case, and objects on Kubernetes."""
    seen: dict[str, str] = {}
    for name in recipe.workers:
        first = seen.setdefault(name.lower(), name)
        if first != name:
            yield finding("DR115", ("workers", name), f"`{name}` and `{first}` differ only in case.", "Rename one.")


def _variables(recipe: Recipe) -> Iterator[Finding]:
    places = [(("env",), recipe.env)] + [(("workers", name, "env"), each.env) for name, each in recipe.workers.items()]
    for path, env in places:
        for name, variable in env.items():
            if (variable.value is None) == (variable.secret is None):
                yield finding(
                    "DR107",
                    (*path, name),
                    f"`{dotted((*path, name))}` needs either a value or `secret:`.",
                    "Write text, or `{secret: NAME}`.",
                )


def unfit_values(root: Node) -> Iterator[Finding]:
    """Yield a finding for each value that no process can be given: NUL, half a character, a number that is none."""
    stack: list[tuple[Path, Node]] = [((), root)]
    while stack:
        path, node = stack.pop()
        if any(isinstance(text, str) and _is_unfit(text) for text in (node.value, *path[-1:])):
            yield finding(
                "DR113",
                path,
                f"`{shown(dotted(path))}` holds NUL or half a character.",
                "Remove the escape that makes it.",
            )
        if isinstance(node.value, float) and not isfinite(node.value):
            yield finding("DR110", path, f"`{shown(dotted(path))}` must be a finite number.", "Write a number.")
        stack += [((*path, step), child) for step, child in node.children.items()]


def _is_unfit(text: str) -> bool:
    return "\0" in text or any("\ud800" <= each <= "\udfff" for each in text) if not text.isascii() else "\0" in text
