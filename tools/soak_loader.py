"""Give the loader and all that plans a recipe many hostile texts: each must end in findings or a plan, in time.

    python tools/soak_loader.py                      100,000 texts, from a new seed
    python tools/soak_loader.py --seed 7             the same texts every time; so does SEED=7
    python tools/soak_loader.py --seed 7 --only 42   one text of them

A text that is taken wrongly is written to a file, and the command that repeats it is printed.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from random import Random, SystemRandom
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.hostile import CASES, wrong_with  # noqa: E402 - found in the folder above

_MOST_FAILURES = 10


class Totals(NamedTuple):
    """What a run comes to."""

    done: int
    failed: int
    seconds: float
    slowest: float
    slowest_case: int


def text_of(seed: int, case: int) -> bytes:
    """Return the text of one case, whatever the others are."""
    make = tuple(CASES.values())[case % len(CASES)]
    return make(Random(f"{seed} {case}"))


def soak(seed: int, cases: Iterable[int], folder: Path) -> Totals:
    """Take each case; stop when too many went wrong."""
    start = time.perf_counter()
    done = failed = slowest_case = 0
    slowest = 0.0
    for case in cases:
        raw = text_of(seed, case)
        before = time.process_time()
        wrong = wrong_with(raw)
        taken = time.process_time() - before
        if taken > slowest:
            slowest, slowest_case = taken, case
        done += 1
        if wrong:
            failed += 1
            complain(seed, case, raw, wrong, folder)
            if failed == _MOST_FAILURES:
                break
    return Totals(done, failed, time.perf_counter() - start, slowest, slowest_case)


def complain(seed: int, case: int, raw: bytes, wrong: str, folder: Path) -> None:
    """Write the text to a file and say how to repeat the case."""
    file = folder / f"soak-{seed}-{case}.yaml"
    file.write_bytes(raw)
    print(f"{wrong}\ncase {case}: the text is in {file}", file=sys.stderr)
    print(f"repeat: python tools/soak_loader.py --seed {seed} --only {case}", file=sys.stderr)


def main(words: list[str]) -> int:
    """Run and print the figures; 1 when a text was taken wrongly."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000, help="number of texts")
    parser.add_argument("--seed", type=int, default=os.environ.get("SEED"), help="a new one unless given")
    parser.add_argument("--only", type=int, help="number of the one text to take")
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()), help="folder for texts that fail")
    options = parser.parse_args(words)
    seed = SystemRandom().randrange(1 << 32) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    cases = range(options.count) if options.only is None else (options.only,)
    totals = soak(seed, cases, options.out)
    # Linux counts in KiB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1 << 20)
    print(
        f"{totals.done} cases, {totals.failed} failed, {totals.done / max(totals.seconds, 1e-9):.0f} cases/s, "
        f"slowest {totals.slowest * 1000:.0f} ms (case {totals.slowest_case}), peak {peak:.0f} MiB"
    )
    return 1 if totals.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
