"""The smallest change with which a recipe fits: it does what it says, and nothing smaller does."""

from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamo_recipes.recipe.read import read
from dynamo_recipes.support import data, gpus
from dynamo_recipes.support.changes import KINDS, Change, Situation, advice, applied, in_words, smallest
from dynamo_recipes.support.facts import UNKNOWN, HostFacts
from dynamo_recipes.support.target import DOCKER, KUBERNETES, LOCAL, TARGETS

ORDER = ("driver", "release", "gpu", "python", "path")


def situation(text: str, facts: HostFacts = UNKNOWN, target=LOCAL) -> Situation:
    engine = "" if "engine:" in text else "engine: vllm\n"
    recipe = read(f"schema: 1\nmodel: a/b\n{engine}{text}\n".encode(), "r.yaml").recipe
    assert recipe is not None
    return Situation(recipe, facts, target)


def test_the_order_is_the_documented_one():
    assert tuple(KINDS) == ORDER


H100 = gpus.known("h100_sxm")
assert H100 is not None
# What does not fit, and the smallest change: kinds and words.
CHANGES = [
    (situation('dynamo: ">=1.4"', HostFacts(driver="570.10")), [("driver", "a driver of the 580 branch or newer")]),
    (
        situation('dynamo: "1.2.1"', HostFacts(driver="570.10"), DOCKER),
        [("driver", "a driver of the 575 branch or newer")],
    ),
    (situation('dynamo: "1.6.1"'), [("release", 'Dynamo 1.6.0 (`dynamo: "1.6.0"`)')]),
    (situation('engine: sglang\ndynamo: "1.6.0"'), [("release", 'Dynamo 1.4.2 (`dynamo: "1.4.2"`)')]),
    (
        situation('dynamo: "1.5.1"', HostFacts(python=("3.12.1",))),
        [("release", 'Dynamo 1.6.0 (`dynamo: "1.6.0"`)')],
    ),
    (situation("engine: trtllm"), [("path", "the target docker (`-t docker`)")]),
    (situation("", HostFacts(python=("3.8.10",))), [("python", "Python 3.10 (`--python 3.10`)")]),
    (situation("", HostFacts(os="darwin")), [("path", "the target docker (`-t docker`)")]),
]


@pytest.mark.parametrize(("found", "changes"), CHANGES)
def test_the_smallest_change(found, changes):
    assert not found.fits()
    assert [(each.kind, each.words) for each in smallest(found)] == changes


def smaller_than(changes: tuple[Change, ...], found: Situation) -> list[tuple[Change, ...]]:
    """Return all that comes before some changes: fewer of them; of as many, kinds earlier; of those, values nearer."""
    of_kind = {kind: tuple(find(found)) for kind, find in KINDS.items()}
    before: list[tuple[Change, ...]] = []
    for count in range(1, len(changes) + 1):
        for kinds in combinations(ORDER, count):
            for each in product(*(of_kind[kind] for kind in kinds)):
                if [(one.kind, one.words) for one in each] == [(one.kind, one.words) for one in changes]:
                    return before
                before.append(each)
    raise AssertionError("the changes are not among those that are looked at")


def check(found: Situation) -> tuple[Change, ...]:
    changes = smallest(found)
    if not changes:
        return changes
    assert applied(found, changes).fits()
    for each in smaller_than(changes, found):
        known = any(one.kind == "release" for one in each)  # a release is offered only when it is fully known
        assert not applied(found, each).fits(known=known), in_words(each)
    return changes


FACTS = st.builds(
    HostFacts,
    os=st.sampled_from([None, "linux", "darwin"]),
    arch=st.sampled_from([None, "x86_64", "aarch64"]),
    glibc=st.sampled_from([None, "2.17", "2.28", "2.31", "2.35", "2.39"]),
    python=st.sampled_from([None, ("3.9.2",), ("3.10.1",), ("3.12.3",), ("3.14.0", "3.13.1")]),
    driver=st.sampled_from([None, "535.1", "570.26", "575.57.08", "580.65.06", "590.44.01"]),
    gpus=st.sampled_from([None, (), *((gpus.known(name),) for name in gpus.names())]),
    distribution=st.just("ubuntu"),
    os_version=st.sampled_from(["22.04", "24.04"]),
)


@settings(max_examples=60, deadline=None)
@given(
    facts=FACTS,
    engine=st.sampled_from(list(data.load("engines.json"))),
    release=st.sampled_from([None, ">=1.0,<1.3", ">=1.5", *data.release_names()]),
    target=st.sampled_from(list(TARGETS.values())),
    precision=st.sampled_from(["bf16", "fp8", "nvfp4"]),
)
def test_each_change_does_what_it_says_and_nothing_smaller_does(facts, engine, release, target, precision):
    text = f"schema: 1\nmodel: {{id: a/b, precision: {precision}}}\nengine: {engine}\n"
    text += f'dynamo: "{release}"\n' if release else ""
    recipe = read(text.encode(), "r.yaml").recipe
    assert recipe is not None
    found = Situation(recipe, facts, target)
    if not found.fits():
        check(found)


def test_two_changes_where_one_is_not_enough():
    found = situation('dynamo: ">=1.6.1"', HostFacts(python=("3.8.1",), driver="580.1", os="linux"))
    changes = check(found)
    assert [each.kind for each in changes] == ["release", "python"]
    assert in_words(changes) == (
        'The smallest change that makes it fit: Dynamo 1.6.0 (`dynamo: "1.6.0"`), and Python 3.10 (`--python 3.10`).'
    )


def test_nothing_helps_where_the_engine_cannot_do_it_in_any_release():
    recipe = read(b"schema: 1\nmodel: {id: a/b, adapters: [{name: x, source: c/d}]}\nengine: trtllm\n", "r.yaml").recipe
    assert recipe is not None
    found = Situation(recipe, UNKNOWN, KUBERNETES)
    assert smallest(found) == ()
    assert advice(found).startswith("No other driver, release, GPU, Python or target")


def test_more_than_three_changes_are_not_named():
    facts = HostFacts(os="darwin", driver="575.1", python=("3.14.1",), gpus=(gpus.known("h100_pcie"),))
    text = 'schema: 1\nmodel: {id: a/b, precision: nvfp4}\nengine: trtllm\ndynamo: ">=1.6.1"\n'
    recipe = read(text.encode(), "r.yaml").recipe
    assert recipe is not None
    found = Situation(recipe, facts, LOCAL)
    assert smallest(found) == ()
    assert advice(found) == "More than 3 changes of driver, release, GPU, Python and target are needed."


def test_a_pinned_release_that_is_not_known_in_full_may_be_kept():
    found = situation('engine: {name: sglang, version: 0.5.18}\ndynamo: "1.5.1"', HostFacts(driver="570.1"), DOCKER)
    assert [each.words for each in check(found)] == ["a driver of the 580 branch or newer"]


def test_where_any_target_will_do_the_fewest_changes_on_any_of_them_are_named():
    found = situation("engine: trtllm", HostFacts(driver="570.1"))
    assert [each.kind for each in smallest(found)] == ["driver", "path"]
    assert advice(found, (DOCKER, KUBERNETES)) == (
        "The smallest change that makes it fit: a driver of the 580 branch or newer, on the target docker."
    )
