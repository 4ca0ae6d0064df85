"""What is wrong with a graph as a whole: roles that need each other, roles and layouts that the engine cannot do."""

from collections.abc import Iterator

from dynamo_recipes.findings import Finding, Path, finding
from dynamo_recipes.plan import frontend
from dynamo_recipes.plan.model import Engine
from dynamo_recipes.recipe.fields import Role
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.recipe.rules import role_of
from dynamo_recipes.support.resolve import Resolution

WORKERS: Path = ("workers",)


def roles(recipe: Recipe) -> dict[str, Role]:
    """Return each worker's role by the worker's name."""
    known = {name: role_of(name, worker) for name, worker in recipe.workers.items()}
    return {name: role for name, role in known.items() if role is not None}


def check(recipe: Recipe, engine: Engine, resolution: Resolution) -> Iterator[Finding]:
    """Yield what is wrong with the graph before anything is placed."""
    yield from check_graph(recipe)
    yield from check_flags(recipe, resolution)
    yield from engine.check_recipe(recipe)
    for name, role in roles(recipe).items():
        yield from _worker(recipe, engine, name, role)


def check_flags(recipe: Recipe, resolution: Resolution) -> Iterator[Finding]:
    """Yield what is wrong with the flags of a recipe, held against the versions that will run."""
    if recipe.frontend.args or recipe.engine.args or any(each.args for each in recipe.workers.values()):
        from dynamo_recipes.plan import written  # start-up: most recipes have no flags of their own

        yield from written.check(recipe, resolution)


def check_graph(recipe: Recipe) -> Iterator[Finding]:
    """Yield what is wrong with the graph whatever engine and release run it."""
    yield from _roles_together(roles(recipe))
    yield from frontend.check(recipe.frontend.router)


def _worker(recipe: Recipe, engine: Engine, name: str, role: Role) -> Iterator[Finding]:
    worker, path = recipe.workers[name], ("workers", name)
    if role not in engine.ROLES:
        hint = f"It plays: {', '.join(sorted(engine.ROLES))}."
        yield finding("DR404", path, f"The engine {engine.NAME} cannot play the role `{role}`.", hint)
    yield from engine.check(worker, role, recipe)


def _roles_together(given: dict[str, Role]) -> Iterator[Finding]:
    """Prefill and decode only work as a pair.

    Aggregated and decode workers register at the same endpoint (`<namespace>.backend.generate`), so the router would
    send aggregated workers requests that were prefilled elsewhere.
    """
    by_role = {role: name for name, role in reversed(given.items())}
    for here, missing in (("prefill", "decode"), ("decode", "prefill")):
        if here in by_role and missing not in by_role:
            message = f"There are {here} workers and no {missing} workers: no request would ever be answered."
            yield finding(
                "DR401",
                (*WORKERS, by_role[here]),
                message,
                f"Add a `{missing}:` worker, or use `aggregated:`.",
            )
    if "aggregated" in by_role and {"prefill", "decode"} & set(by_role):
        message = "Aggregated workers stand beside prefill and decode workers at the same endpoint."
        yield finding("DR406", (*WORKERS, by_role["aggregated"]), message, "Keep one of the two layouts.")
