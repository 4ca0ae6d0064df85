"""The GPU table: known names, facts that are not verified, GPUs of one's own, and near names."""

import pytest

from dynamo_recipes.recipe.hardware import Gpu as Written
from dynamo_recipes.support import data, gpus
from dynamo_recipes.support.facts import Gpu

PATH = ("hardware", "gpu")


def written(name: str, memory: str | None = None, compute_capability: str | None = None) -> Written:
    return Written.model_construct(name=name, memory=memory, compute_capability=compute_capability)


@pytest.mark.parametrize("name", gpus.names())
def test_a_known_gpu_passes_and_has_its_facts(name):
    assert gpus.check(written(name)) == ()
    (found,) = gpus.wanted(written(name))
    raw = data.load("gpus.json")[name]
    assert (found.name, found.compute_capability, found.architecture) == (
        name,
        raw["compute_capability"],
        raw["architecture"],
    )


# Memory in MiB, and whether it is verified: as the driver reports it, else from GiB, else the vendor's gigabytes.
MEMORY = [
    ("l40s", 46068, True),
    ("b300_sxm", 275040, True),
    ("h100_sxm", 80 * 1024, True),
    ("a100_40", 40 * 10**9 // 2**20, False),
    ("h200_sxm", 141 * 10**9 // 2**20, False),
    ("gb10", 128 * 10**9 // 2**20, False),
    ("h20", None, False),
    ("gh200", None, False),
]


@pytest.mark.parametrize(("name", "mib", "verified"), MEMORY)
def test_memory_is_what_is_known_of_it(name, mib, verified):
    found = gpus.known(name)
    assert (found.memory_mib, found.verified) == (mib, verified)


OWN = [
    (written("h800", "80Gi", "9.0"), Gpu("h800", "9.0", 81920, verified=False)),
    (written("h800", "81559Mi"), Gpu("h800", None, 81559, verified=False)),
    (written("h800", None, "9.0"), Gpu("h800", "9.0", None, verified=False)),
]


@pytest.mark.parametrize(("own", "expected"), OWN)
def test_a_gpu_outside_the_table_is_taken_as_it_is_written(own, expected):
    (found,) = gpus.wanted(own)
    assert found == expected
    (warning,) = gpus.check(own)
    assert (warning.code, warning.severity, warning.where.path) == ("DR230", "warning", PATH)
    assert "not verified" in warning.message


def test_facts_that_stand_beside_a_name_of_the_table_are_the_recipes():
    (warning,) = gpus.check(written("h100_sxm", "94Gi"))
    assert (warning.code, warning.severity) == ("DR230", "warning")
    assert "not those of the table" in warning.message
    assert gpus.wanted(written("h100_sxm", "94Gi"))[0].memory_mib == 94 * 1024


ROWS = [
    ("h100", "Did you mean h100_sxm or "),
    ("H100_SXM", "Did you mean h100_sxm"),
    ("h100-sxm", "Did you mean h100_sxm"),
    ("l40x", "Did you mean l40"),
    ("abacus", "Known: a100_40, "),
    ("", "Known: a100_40, "),
    ("x" * 10_000, "Known: a100_40, "),
]


@pytest.mark.parametrize(("name", "hint"), ROWS, ids=[name[:20] for name, _ in ROWS])
def test_an_unknown_gpu_is_refused(name, hint):
    (found,) = gpus.check(written(name))
    assert (found.code, found.severity, found.where.path) == ("DR204", "error", PATH)
    assert found.hint.startswith(hint)
    assert found.hint.endswith("Or write its facts: {name, memory, compute_capability}.")
    assert len(found.message) < 200
    assert gpus.wanted(written(name)) == ()


def test_no_gpu_is_nothing_to_check():
    assert (gpus.check(None), gpus.wanted(None)) == ((), ())


def test_names_are_those_of_the_table():
    assert gpus.names() == tuple(data.load("gpus.json"))
    assert "h100_sxm" in gpus.names()
