"""When a combination of `broken.json` is what a recipe asks for, where, and in which release it works again."""

from collections.abc import Mapping
from typing import Any

from dynamo_recipes.findings import Path
from dynamo_recipes.support import data
from dynamo_recipes.support.case import Case
from dynamo_recipes.support.features import of_worker
from dynamo_recipes.support.releases import Release, release


def place(case: Case, when: Mapping[str, Any]) -> Path | None:
    """Return where a recipe asks for all that breaks together; None when it does not.

    What flags ask for counts by worker: a flag of one worker does not break another.
    """
    wanted = set(when["features"])
    if not _may_apply(case, when):
        return None
    of_graph = _of_graph(case)
    for name, worker in case.recipe.workers.items():
        by_flags = of_worker(case.recipe, worker)
        if wanted <= of_graph | by_flags and by_flags.isdisjoint(when.get("without", ())):
            return ("workers", name) if by_flags & wanted else ("workers",)
    return None


def later(there: Release, name: str) -> str:
    """Return in which release a combination works again, as far as that is known."""
    row = data.load("broken.json")[name]
    if row["fixed_in"]:
        return f"Fixed in Dynamo {row['fixed_in']}."
    same = {name, row.get("continues")}
    newer = [each for each in data.release_names() if each != "main" and data.is_newer(each, there.version)]
    without = [each for each in newer if same.isdisjoint(release(each).caveats)]
    return f"The next release that is not known to have this is {without[-1]}." if without else ""


def _may_apply(case: Case, when: Mapping[str, Any]) -> bool:
    """Tell whether engine, machine and model are those of the combination."""
    model = (case.recipe.model.id or case.recipe.model.path or "").lower().replace("_", "-")
    return (
        case.recipe.engine.name in when["engines"]
        and when.get("model", "") in model
        and ("arch" not in when or when["arch"] == case.facts.arch)
    )


def _of_graph(case: Case) -> frozenset[str]:
    """Return what the recipe asks for, whatever the flags of a worker say."""
    by_flags = data.load("asked.json")["engines"].get(case.recipe.engine.name, {})
    return case.features.difference(by_flags) | ({"efa"} if _efa(case) else set())


def _efa(case: Case) -> bool:
    """Tell whether KV caches travel over EFA: the machine has it, or an image is made for it."""
    if case.facts.fabric == "efa":
        return True
    own = (case.recipe.engine.image, *(worker.image for worker in case.recipe.workers.values()))
    return case.target.path == "image" and any("-efa" in each.partition(":")[2] for each in own if each)
