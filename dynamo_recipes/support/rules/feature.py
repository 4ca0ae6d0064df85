"""What a release file says of a feature of the recipe's engine, in the words of findings."""

from dynamo_recipes.support.case import Case
from dynamo_recipes.support.releases import Feature
from dynamo_recipes.support.rules.words import listed

# What a feature may not stand beside, in words, and what to do.
_BESIDE = {
    "disaggregation": ("prefill and decode workers", "Use aggregated workers."),
    "ep_d": ("prefill and decode workers without an encode worker", "Add an `encode:` worker, or use `aggregated:`."),
    "kv_aware_routing": ("KV-aware routing", "Choose another router mode."),
}
UNSURE = {"experimental": "is experimental", "caveat": "has limits"}


def feature(case: Case, name: str) -> Feature:
    """Return what is known of a feature of the recipe's engine."""
    return case.release.feature(name, case.recipe.engine.name)


def note(case: Case, name: str) -> str:
    """Return what the release file adds, as the end of a sentence."""
    words = feature(case, name).note
    return f": {words}" if words else ""


def beside(case: Case, name: str) -> tuple[str, str] | None:
    """Return what the recipe asks for beside a feature though the engine does not do both, and what to do."""
    return next((_BESIDE[each] for each in feature(case, name).not_with if each in case.features), None)


def others(case: Case, name: str) -> str:
    """Return a hint: the engines of the release that have a feature."""
    known = case.release.features.get(name, {})
    having = sorted(engine for engine, each in known.items() if each.status not in (None, "no"))
    if not having:
        return "Remove it, or choose another engine."
    return f"In this release {listed(having)} can."
