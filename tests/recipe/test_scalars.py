"""What unquoted scalars mean: the YAML 1.2 core schema, and nothing of YAML 1.1."""

import math

import pytest

from dynamo_recipes.recipe.load import load
from dynamo_recipes.recipe.scalars import plain

ROWS = [
    # Null.
    ("", None),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("NULL", None),
    ("nULL", "nULL"),
    ("none", "none"),
    # Booleans: the words of YAML 1.1 are text.
    ("true", True),
    ("True", True),
    ("TRUE", True),
    ("false", False),
    ("False", False),
    ("FALSE", False),
    ("tRUE", "tRUE"),
    ("on", "on"),
    ("off", "off"),
    ("Off", "Off"),
    ("yes", "yes"),
    ("no", "no"),
    ("NO", "NO"),
    ("y", "y"),
    ("n", "n"),
    # Whole numbers: a leading zero means nothing, octal is 0o.
    ("0", 0),
    ("12", 12),
    ("012", 12),
    ("0009", 9),
    ("-12", -12),
    ("+12", 12),
    ("-0", 0),
    ("0o14", 12),
    ("0o18", "0o18"),
    ("0O14", "0O14"),
    ("-0o14", "-0o14"),
    ("0x1F", 31),
    ("0xff", 255),
    ("0X1F", "0X1F"),
    ("0xG", "0xG"),
    ("-0x1F", "-0x1F"),
    ("0b101", "0b101"),
    ("1_000", "1_000"),
    ("1,000", "1,000"),
    ("1:30", "1:30"),
    ("190:20:30", "190:20:30"),
    ("9" * 40, int("9" * 40)),
    ("9" * 41, "9" * 41),
    # Other numbers.
    (".5", 0.5),
    ("5.", 5.0),
    ("-.5", -0.5),
    ("+.5", 0.5),
    ("1.10", 1.1),
    ("1.4.2", "1.4.2"),
    ("1e3", 1000.0),
    ("1E3", 1000.0),
    ("1e+3", 1000.0),
    ("12e-03", 0.012),
    (".e3", ".e3"),
    ("e3", "e3"),
    ("1e", "1e"),
    ("1e3.5", "1e3.5"),
    ("0x1.8p3", "0x1.8p3"),
    (".inf", math.inf),
    ("-.INF", -math.inf),
    ("+.Inf", math.inf),
    (".iNF", ".iNF"),
    ("inf", "inf"),
    ("nan", "nan"),
    ("1e999", math.inf),
    # Signs alone, days and times stay text.
    ("-", "-"),
    ("+", "+"),
    (".", "."),
    ("..", ".."),
    ("-.", "-."),
    ("2026-10-01", "2026-10-01"),
    ("2026-10-01T12:00:00Z", "2026-10-01T12:00:00Z"),
    ("12:00:00", "12:00:00"),
    # Only ASCII digits are digits.
    ("١٢", "١٢"),
    ("1²", "1²"),
    ("１２", "１２"),  # noqa: RUF001 - that is the point
    ("1 2", "1 2"),
    ("12\n", "12\n"),
    ("=", "="),
    ("<<", "<<"),
]


@pytest.mark.parametrize(("text", "value"), ROWS, ids=[repr(text)[:30] for text, _ in ROWS])
def test_an_unquoted_scalar_means(text, value):
    found = plain(text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number(text):
    assert math.isnan(plain(text))


@pytest.mark.parametrize("text", [".nAn", "-.nan", "+.nan"])
def test_text_that_looks_like_not_a_number(text):
    assert plain(text) == text


YAML = [
    ("off", "off"),
    ("012", 12),
    ("1:30", "1:30"),
    ("2026-10-01", "2026-10-01"),
    ("", None),
    ("# a comment", None),
    ("12  # a comment", 12),
    ("'12'", "12"),
    ('"12"', "12"),
    ('"true"', "true"),
    ("'~'", "~"),
    ('""', ""),
    ("|-\n  12", "12"),
    (">-\n  true", "true"),
]


@pytest.mark.parametrize(("text", "value"), YAML)
def test_only_unquoted_scalars_are_read_as_more_than_text(text, value):
    document, _ = load(f"key: {text}\n".encode(), "r.yaml")
    assert (type(document.data["key"]), document.data["key"]) == (type(value), value)


def test_keys_are_always_text():
    document, found = load(b'1: a\ntrue: b\n~: c\n1.0: d\n0x1: e\n"": f\n', "r.yaml")
    assert not found
    assert document.data == {"1": "a", "true": "b", "~": "c", "1.0": "d", "0x1": "e", "": "f"}
