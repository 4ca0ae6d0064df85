"""Near names for wrong ones, and names as they may be printed."""

import pytest

from dynamo_recipes.recipe.near import did_you_mean, near, shown

KNOWN = ("replicas", "parallel", "role", "args", "env", "max_requests")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("replica", ("replicas",)),
        ("Replicas", ("replicas",)),
        ("REPLICAS", ("replicas",)),
        ("replcias", ("replicas",)),
        ("rol", ("role",)),
        ("roles", ("role",)),
        ("arg", ("args",)),
        ("max-requests", ("max_requests",)),
        ("maxrequests", ("max_requests",)),
        ("zzz", ()),
        ("", ()),
        ("replicas" * 10_000, ()),
        ("r" * 1_000_000, ()),
    ],
)
def test_near_names(name, expected):
    assert near(name, KNOWN) == expected


def test_at_most_three_nearest_first():
    assert near("abcd", ["abcz", "abcd1", "abc", "abzz", "abcde"]) == ("abcde", "abcd1", "abc")


def test_the_order_of_known_names_does_not_matter():
    assert near("abcx", ["abca", "abcb", "abcc", "abcd"]) == near("abcx", ["abcd", "abcc", "abcb", "abca"])


def test_names_keep_their_own_case():
    assert near("decode", ["Decode"]) == ("Decode",)


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("replica", KNOWN, "Did you mean replicas?"),
        ("ab", ["abc", "abd"], "Did you mean abd or abc?"),
        ("zzz", ["b", "a"], "Known: a, b."),
        ("", ["b", "a"], "Known: a, b."),
        ("zzz", [], ""),
        ("zzz", iter(["b", "a"]), "Known: a, b."),
    ],
)
def test_the_hint(name, known, hint):
    assert did_you_mean(name, known) == hint


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain", "plain"),
        ("two words", "two words"),
        ("é東京🚀", "é東京🚀"),
        ("a\nb\tc", "a\\x0ab\\x09c"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\0", "\\x00"),
        ("\u2028\u202e\ufeff", "\\x2028\\x202e\\xfeff"),
        ("\ud800", "\\xd800"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 60 + "…"),
        ("", ""),
    ],
)
def test_a_name_as_it_may_be_printed(name, text):
    assert shown(name) == text
    assert text.isprintable()


def test_a_name_is_cut_where_asked():
    assert shown("abcdef", 3) == "abc…"
