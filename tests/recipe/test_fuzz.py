"""Any bytes in: findings out, in time, never a traceback. `tools/soak_loader.py` does the same for much longer."""

import json
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamo_recipes.app.planning import planned
from tools import hostile
from tools.soak_loader import soak, text_of

# The same examples every time and nothing kept between runs: a run in CI says what a run here says.
FUZZ = settings(
    derandomize=True, database=None, deadline=None, max_examples=400, suppress_health_check=list(HealthCheck)
)
RANDOMS = st.randoms(use_true_random=False)


@pytest.mark.parametrize("seed", hostile.SEEDS, ids=range(len(hostile.SEEDS)))
def test_the_recipes_that_are_mutated_are_valid_ones(seed):
    assert planned(seed, "r.yaml").ok


@FUZZ
@given(RANDOMS)
def test_bytes_of_a_recipe_changed(rng):
    assert not hostile.wrong_with(hostile.mutant(rng))


@FUZZ
@given(RANDOMS)
def test_signs_of_yaml_in_any_order(rng):
    assert not hostile.wrong_with(hostile.nesting(rng))


@FUZZ
@given(RANDOMS)
def test_values_and_keys_exchanged(rng):
    assert not hostile.wrong_with(hostile.shaped(rng))


@FUZZ
@given(RANDOMS)
def test_recipes_of_good_shape(rng):
    assert not hostile.wrong_with(hostile.fitting(rng))


@FUZZ
@given(st.binary(max_size=300))
def test_any_bytes(raw):
    assert not hostile.wrong_with(raw)


@FUZZ
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
def test_any_text_as_key_and_as_value(text):
    quoted = json.dumps(text, ensure_ascii=False)
    assert not hostile.wrong_with(f"{hostile.HEAD}{quoted}: {{{quoted}: {quoted}}}\nname: {quoted}\n".encode())


@pytest.mark.parametrize("make", hostile.CASES.values(), ids=hostile.CASES)
def test_the_texts_are_of_many_kinds(make):
    """A generator whose texts all end in the same finding would test one line."""
    codes = {each.code for seed in range(200) for each in planned(make(Random(seed)), "r.yaml").findings}
    assert len(codes) >= 5


def test_most_recipes_of_good_shape_are_planned():
    plans = sum(planned(hostile.fitting(Random(seed)), "r.yaml").ok for seed in range(200))
    assert 60 < plans < 180


class TestSoak:
    def test_a_case_depends_on_seed_and_number_only(self):
        assert text_of(7, 42) == text_of(7, 42)
        assert len({text_of(seed, case) for seed in range(3) for case in range(8)}) > 20

    def test_it_counts_and_finds_nothing(self, tmp_path):
        totals = soak(1, range(40), tmp_path)
        assert (totals.done, totals.failed) == (40, 0)
        assert 0 < totals.slowest < hostile.MOST_SECONDS
        assert not list(tmp_path.iterdir())

    def test_a_text_that_fails_is_kept_with_the_command_that_repeats_it(self, tmp_path, monkeypatch, capsys):
        monkeypatch.setattr(hostile, "planned", lambda raw, file: 1 / 0)
        totals = soak(7, [42], tmp_path)
        assert totals.failed == 1
        assert (tmp_path / "soak-7-42.yaml").read_bytes() == text_of(7, 42)
        said = capsys.readouterr().err
        assert "ZeroDivisionError" in said
        assert "--seed 7 --only 42" in said
