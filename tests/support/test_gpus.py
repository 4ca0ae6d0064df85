"""The GPU table: known names pass, others are refused with near names."""

import pytest

from dynamo_recipes.support import data, gpus


@pytest.mark.parametrize("name", gpus.names())
def test_a_known_gpu_passes(name):
    assert gpus.check(name) == ()


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
    (found,) = gpus.check(name)
    assert (found.code, found.where.path) == ("DR204", ("hardware", "gpu"))
    assert found.hint.startswith(hint)
    assert len(found.message) < 200


def test_names_are_those_of_the_table():
    assert gpus.names() == tuple(data.load("gpus.json"))
    assert "h100_sxm" in gpus.names()
