"""What a recipe asks for, by the names that release files and rules use. `asked.json` has what flags ask for."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dynamo_recipes.recipe.model import Recipe, Worker
from dynamo_recipes.support import data, flags


def asked(recipe: Recipe) -> frozenset[str]:
    """Return the features that a recipe asks for, such as "disaggregation" or "lora", flags of any worker included."""
    different = {name if worker.args else "": worker for name, worker in recipe.workers.items()}
    by_flags = (each for worker in different.values() for each in of_worker(recipe, worker))
    return frozenset((*_asked(recipe), *by_flags))


def roles(recipe: Recipe) -> set[str]:
    """Return the roles of a recipe's workers; a worker without one is wrong, and told elsewhere."""
    return {worker.role or name for name, worker in recipe.workers.items()}


def of_worker(recipe: Recipe, worker: Worker) -> frozenset[str]:
    """Return the features that the flags of one worker ask for, such as "eagle3" or "expert_parallel"."""
    known = data.load("asked.json")["engines"].get(recipe.engine.name)
    if not known:
        return frozenset()
    args = flags.merged(recipe.engine.args, worker.args)
    return frozenset(name for name, words in known.items() if _is_asked(words, args))


def _asked(recipe: Recipe) -> Iterator[str]:
    there = roles(recipe)
    disaggregated = {"prefill", "decode"} <= there
    if disaggregated:
        yield "disaggregation"
    if recipe.frontend.router.mode == "kv":
        yield "kv_aware_routing"
    if recipe.kv.offload is not None:
        yield "kvbm" if recipe.kv.offload.engine == "kvbm" else "kv_offload"
    if recipe.model.adapters:
        yield "lora"
    for modality in recipe.model.modalities:
        if modality != "text":
            yield f"multimodal_{modality}"
            if disaggregated and "encode" not in there:
                yield "ep_d"  # prefill workers encode, too


def _is_asked(words: Mapping[str, Any], args: Mapping[str, Any]) -> bool:
    """Tell whether flags ask for a feature: one of `if` holds, or, where it is on by itself, none of `unless`."""
    if "unless" in words:
        return not any(_holds(each, args) for each in words["unless"])
    return any(_holds(each, args) for each in words["if"])


def _holds(condition: Mapping[str, Any], args: Mapping[str, Any]) -> bool:
    """Tell whether a flag is there or, where the condition has `is`, has one of these values; whatever their case."""
    value = args.get(condition["flag"])
    for step in condition.get("at", ()):
        value = _opened(value).get(step)
    if "is" in condition:
        return value is not None and str(value).lower() in condition["is"]
    return value is not None and value is not False


def _opened(value: Any) -> Mapping[str, Any]:
    """Return a mapping, written as one or as JSON; anything else holds nothing."""
    if isinstance(value, str) and value.lstrip()[:1] == "{":
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}
