"""The order of tags of cluster add-ons, and ranges of them."""

import itertools

import pytest

from dynamo_recipes.support import data, semver
from dynamo_recipes.support.releases import release

IN_ORDER = [
    "v0.1.0-alpha",
    "v0.1.0-alpha.1",
    "v0.1.0-alpha.8-rc1",
    "v0.1.0-alpha.8-rc2",
    "v0.1.0-alpha.8-rc10",
    "v0.1.0-alpha.8",
    "v0.1.0-alpha.9",
    "v0.1.0-alpha.10",
    "v0.1.0-alpha.14-rc1",
    "v0.1.0-alpha.14-rc.2",
    "v0.1.0-alpha.14",
    "v0.1.0-beta",
    "v0.1.0-rc1",
    "v0.1.0",
    "v0.1.1-alpha.1",
    "v0.1.1",
    "v0.9.9",
    "v0.13.4",
    "v0.17.0",
    "v1.0",
    "v1.0.1",
]


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(IN_ORDER, 2)))
def test_tags_are_in_order(one, other):
    assert semver.key(one) < semver.key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("v1.2.3", "1.2.3"), ("v1.0", "1.0.0"), ("v1.2.3+build.5", "v1.2.3"), (" v1.2.3 ", "v1.2.3")]
)
def test_two_spellings_of_one_tag(one, other):
    assert semver.key(one) == semver.key(other)


@pytest.mark.parametrize("text", ["", "v", "latest", "v1", "1.2.3.4", "v1.2.x", "none", "v1.2.3-", "v1." + "9" * 5000])
def test_text_that_is_no_tag(text):
    assert semver.key(text) is None


WITHIN = [
    ("v0.1.0-alpha.8", ">=v0.1.0-alpha.8,<v0.1.0-alpha.9", True),
    ("v0.1.0-alpha.7", ">=v0.1.0-alpha.8,<v0.1.0-alpha.9", False),
    ("v0.1.0-alpha.9", ">=v0.1.0-alpha.8,<v0.1.0-alpha.9", False),
    ("v0.1.0-alpha.9-rc1", ">=v0.1.0-alpha.8,<v0.1.0-alpha.9", True),
    ("v0.1.0", ">=v0.1.0-alpha.8, <v0.1.0-alpha.9", False),
    ("v0.1.0", ">=v0.1.0-alpha.10", True),
    ("v0.1.0", ">v0.1.0", False),
    ("v0.1.0", "<=v0.1.0", True),
    ("0.1.0", "==v0.1.0", True),
    ("latest", ">=v0.1.0", None),
    ("v0.1.0", ">=latest", None),
    ("v0.1.0", "v0.1.0", None),
    ("v0.1.0", "", None),
]


@pytest.mark.parametrize(("tag", "allowed", "expected"), WITHIN)
def test_a_tag_within_a_range(tag, allowed, expected):
    assert semver.within(tag, allowed) is expected


@pytest.mark.parametrize("version", data.release_names())
def test_all_ranges_of_the_data_can_be_read(version):
    needs = release(version).cluster
    assert all(semver.within("v9.9.9", each) is not None for each in (needs.grove, needs.kai_scheduler) if each)
