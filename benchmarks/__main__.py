"""Print the benchmarks and exit 1 when a bound does not hold: `make bench`. Words choose some of them."""

import gc
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks import bytecode, footprint, logs, overhead, readiness, recipes, resolving, starting
from benchmarks.measure import PAIRS, process, ratio, seconds
from benchmarks.processes import COMMAND, Failed
from benchmarks.results import BROKEN, Result, by_ratio
from dynamo_recipes.app.planning import Planned, planned

_PACKAGE = Path(__file__).parent.parent / "dynamo_recipes"
_CLICK = "import click"
_FLOOR = "import click, yaml; from pydantic import BaseModel"
_DISTINCT = 1_000


def _commands(folder: Path) -> Iterator[Result]:
    yield by_ratio("--help / import click", ratio(process([COMMAND, "--help"]), _python(_CLICK)), 1.5)
    for name, text in recipes.SHAPES.items():
        file = folder / "recipe.yaml"
        file.write_text(text, encoding="utf-8")
        validate = process([COMMAND, "validate", str(file)])
        yield by_ratio(f"validate, {name} / imports", ratio(validate, _python(_FLOOR)), 2.0)
    for name, text in recipes.COMPOSED.items():
        (folder / name).write_text(text, encoding="utf-8")
    words = [*recipes.COMPOSING, "--site", str(folder / "site.yaml"), str(folder / "recipe.yaml")]
    composed = ratio(process([COMMAND, "validate", *words]), _python(_FLOOR))
    yield by_ratio("validate, overlays, parameters and site / imports", composed, 2.0)


def _planning(_: Path) -> Iterator[Result | str]:
    yield by_ratio("10,000 replicas / 1,000", ratio(_replicas(10_000), _replicas(1_000)), 14)
    yield f"{f'{_DISTINCT:,} distinct recipes in one process':<46} {_per_second():6.0f}  a second"


def _starting(folder: Path) -> Iterator[Result]:
    return starting.results(folder, _python(_FLOOR))


_GROUPS: dict[str, Callable[[Path], Iterator[Result | str]]] = {
    "commands": _commands,
    "planning": _planning,
    "resolving": resolving.results,
    "starting": _starting,
    "readiness": readiness.results,
    "overhead": overhead.results,
    "footprint": footprint.results,
    "logs": logs.results,
}


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


def _group(name: str) -> Iterator[Result | str]:
    with tempfile.TemporaryDirectory() as folder:
        yield from _GROUPS[name](Path(folder))


def main(words: Sequence[str]) -> int:
    """Run everything, or the groups that are named, and return the exit status."""
    unknown = [each for each in words if each not in _GROUPS]
    reason = (
        f"no group is named {unknown[0]}: {', '.join(_GROUPS)}" if unknown else bytecode.reason_not_to_run(_PACKAGE)
    )
    if reason:
        print(f"not run: {reason}", file=sys.stderr)
        return 2
    gc.disable()  # as the command does
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    print(f"Ratios: {PAIRS} interleaved pairs, by the minima; then the pairs' lowest, median and highest ratio.")
    return max(_report(_group(name)) for name in words or _GROUPS)


def _report(results: Iterator[Result | str]) -> int:
    """Print results and return 1 when a bound does not hold, 2 when something could not be measured."""
    held = True
    try:
        for each in results:
            print(each, flush=True)
            held = held and not (isinstance(each, Result) and each.verdict == BROKEN)
    except Failed as reason:
        print(f"not measured: {reason}", file=sys.stderr)
        return 2
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
