"""How rules name what they speak of."""

from collections.abc import Iterable

from dynamo_recipes.support.case import Case

ORIGIN = ("dynamo",)  # where findings stand that are about the release as a whole
GPU = ("hardware", "gpu")


def title(case: Case) -> str:
    """Return the engine's name as its makers write it: `vLLM`."""
    full: str = case.facts_of_engine["title"]
    return full.partition(":")[0]


def engine(case: Case) -> str:
    """Return the engine and the version that belongs to the release: `vLLM 0.26.0`."""
    return f"{title(case)} {case.engine.version}" if case.engine.version else title(case)


def listed(items: Iterable[str], last: str = "and") -> str:
    """Return items as a sentence has them: `3.10, 3.11 and 3.12`."""
    *most, end = items
    return f"{', '.join(most)} {last} {end}" if most else end
