"""Print the benchmarks and exit 1 when a bound does not hold: `make bench`."""

import gc
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks import bytecode, recipes
from benchmarks.measure import PAIRS, Ratio, process, ratio, seconds
from dynamo_recipes.app.planning import Planned, planned

_PACKAGE = Path(__file__).parent.parent / "dynamo_recipes"
_COMMAND = str(Path(sys.executable).with_name("dynamo-recipe"))
_CLICK = "import click"
_FLOOR = "import click, yaml; from pydantic import BaseModel"
_DISTINCT = 1_000


class Result(NamedTuple):
    """What was measured, and the most that it may be."""

    what: str
    ratio: Ratio
    bound: float

    @property
    def holds(self) -> bool:
        """Tell whether the bound holds."""
        return self.ratio.by_minimum <= self.bound

    def __str__(self) -> str:
        spread = f"{self.ratio.low:.2f} {self.ratio.median:.2f} {self.ratio.high:.2f}"
        verdict = "holds" if self.holds else "does not hold"
        return f"{self.what:<46} {self.ratio.by_minimum:6.2f}  ({spread})  at most {self.bound:g}: {verdict}"


def _results() -> Iterator[Result]:
    """Yield each result as it is there."""
    yield Result("--help / import click", ratio(process([_COMMAND, "--help"]), _python(_CLICK)), 1.5)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in recipes.SHAPES.items():
            file = Path(folder) / "recipe.yaml"
            file.write_text(text, encoding="utf-8")
            validate = process([_COMMAND, "validate", str(file)])
            yield Result(f"validate, {name} / imports", ratio(validate, _python(_FLOOR)), 1.8)
    yield Result("10,000 replicas / 1,000", ratio(_replicas(10_000), _replicas(1_000)), 14)


def _python(code: str) -> Callable[[], object]:
    return process([sys.executable, "-c", code])


def _replicas(count: int) -> Callable[[], object]:
    return partial(_plan, recipes.replicated(count))


def _plan(raw: bytes) -> Planned:
    result = planned(raw, "recipe.yaml")
    if not result.ok:
        raise ValueError(result.findings[0].message)
    return result


def _per_second() -> float:
    texts = tuple(recipes.distinct(_DISTINCT))
    return _DISTINCT / min(seconds(lambda: [_plan(each) for each in texts]) for _ in range(3))


def main() -> int:
    """Run everything and return the exit status."""
    reason = bytecode.reason_not_to_run(_PACKAGE)
    if reason:
        print(f"not run: {reason}", file=sys.stderr)
        return 2
    gc.disable()  # as the command does
    print(f"{PAIRS} interleaved pairs each; the ratio of the minima, then the pairs' lowest, median and highest ratio")
    held = True
    for result in _results():
        print(result, flush=True)
        held = held and result.holds
    print(f"{f'{_DISTINCT:,} distinct recipes in one process':<46} {_per_second():6.0f}  a second")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
