"""How many bytes a second a process can write while its log is pumped: the test's own measurement, longer."""

import importlib
from collections.abc import Iterator
from pathlib import Path

from benchmarks.results import Result, at_least

_TEST = "tests.launch.test_log_speed"


def results(folder: Path) -> Iterator[Result]:
    """Yield the rate of a process that would write 100 MB a second."""
    test = importlib.import_module(_TEST)
    rate: float = test.measured(folder, test.PACE, test.SECONDS)["rate"]
    yield at_least(f"a process that writes {test.PACE} MB/s", rate, test.KEPT, "MB/s")
