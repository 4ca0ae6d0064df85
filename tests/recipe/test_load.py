"""From bytes to a document: what is not understood is refused with a place, and nothing is read in two ways."""

import math

import pytest
import yaml

from dynamo_recipes.recipe import load as module
from dynamo_recipes.recipe.load import MOST_BYTES, MOST_DEPTH, MOST_NODES, load

BOM = b"\xef\xbb\xbf"


def places(raw: bytes) -> list[str]:
    """Return `line:column code` of each finding."""
    _, found = load(raw, "r.yaml")
    return [f"{each.where.line}:{each.where.column} {each.code}" for each in found]


def data(raw: bytes):
    document, found = load(raw, "r.yaml")
    assert not found
    return document.data


READ = [
    ("", {}),
    ("# only a comment", {}),
    ("---", {}),
    ("~", {}),
    ("{}", {}),
    ("[]", []),
    ("text", "text"),
    ("--- {a: 1}", {"a": 1}),
    ("a: 1\n...\n", {"a": 1}),
    ("a: 1\n...\n# the end\n", {"a": 1}),
    ("%YAML 1.2\n---\na: 1", {"a": 1}),
    ('{"a": [1, null, {"b": true}]}', {"a": [1, None, {"b": True}]}),
    ("a: 1\r\nb: [2,\r\n 3]\r\n", {"a": 1, "b": [2, 3]}),
    ("a: 1\rb: 2\r", {"a": 1, "b": 2}),
    ("a: b\tc", {"a": "b\tc"}),
    ("a:\t1", {"a": 1}),
    ("a: 1\t# tab before a comment", {"a": 1}),
    ('a: "\\t\\x41\\u00e9\\U0001F680"', {"a": "\tAé🚀"}),
    ('a: "\\0"', {"a": "\0"}),
    ("a: é 東京 🚀", {"a": "é 東京 🚀"}),
    ("? a\n: 1", {"a": 1}),
    ("? a", {"a": None}),
    ("{a, b: }", {"a": None, "b": None}),
    ("a: |\n  x\n   y\n\n  z\n\n", {"a": "x\n y\n\nz\n"}),
    ("a: >-\n  x\n  y\n", {"a": "x y"}),
    ("a: x\n  y", {"a": "x y"}),
    ("a: 'it''s'", {"a": "it's"}),
    ("a: http://x:1/y", {"a": "http://x:1/y"}),
    ("a: x#y", {"a": "x#y"}),
    ("a: 1]", {"a": "1]"}),
    ("a:\n- 1\n- 2", {"a": [1, 2]}),
    # Aliases of what is finished.
    ("a: &x 1\nb: *x", {"a": 1, "b": 1}),
    ("a: &x {c: [1]}\nb: [*x, *x]", {"a": {"c": [1]}, "b": [{"c": [1]}, {"c": [1]}]}),
    ("a: &x 1\nb: &x 2\nc: *x", {"a": 1, "b": 2, "c": 2}),
    ("a: &x ~\nb: *x", {"a": None, "b": None}),
]


@pytest.mark.parametrize(("text", "value"), READ)
def test_a_text_means(text, value):
    assert data(text.encode()) == value


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert data(BOM + b"a: 1") == {"a": 1}
    assert places(BOM + b"a: 1\na: 2") == ["2:1 DR103"]
    assert places(BOM + b"a: 1\n\xc3\xa9: @") == ["2:4 DR102"]


REFUSED = [
    # Not UTF-8: the column counts characters.
    (b"a: \xff", "1:4 DR101"),
    ("a: é".encode() + b"\xff", "1:5 DR101"),
    (BOM + b"a: \xff", "1:4 DR101"),
    (b"a: 1\r\nb: \xe9", "2:4 DR101"),
    (b"a: 1\rb: \xe9", "2:4 DR101"),
    (b"a: 1\n\xed\xa0\x80", "2:1 DR101"),  # half a character of UTF-16
    (b"a: \xc0\x80", "1:4 DR101"),  # a long way to write NUL
    (b"a: \xf4\x90\x80\x80", "1:4 DR101"),  # above the last character
    (b"a: \xf0\x9f\x9a", "1:4 DR101"),  # cut off
    ("a: 1".encode("utf-16"), "1:1 DR101"),
    ("a: 1".encode("utf-16-be"), "1:1 DR102"),
    ("a: 1".encode("utf-32-le"), "1:2 DR102"),
    # Characters that YAML does not take.
    (b"a: 1\nb: x\0", "2:5 DR102"),
    (b"\0", "1:1 DR102"),
    (b"a: \x07", "1:4 DR102"),
    ("é: \x1b[31m".encode(), "1:4 DR102"),
    (BOM + b"a: \x7f", "1:4 DR102"),
    ("a: \ufffe".encode(), "1:4 DR102"),
    # Half a character as an escape.
    (b'a: "\\ud800"', "1:7 DR102"),
    (b'a: "\\ud83d\\ude00"', "1:7 DR102"),
    (b'a: "\\uZZZZ"', "1:7 DR102"),
    (b'a: "\\q"', "1:5 DR102"),
    # Not YAML.
    (b"a: [1, 2", "2:1 DR102"),  # where the text ends
    (b"a: {b: 1", "2:1 DR102"),
    (b"a: b: c", "1:5 DR102"),
    (b"a: @home", "1:4 DR102"),
    (b"a: %x", "1:4 DR102"),
    (b"a: `x`", "1:4 DR102"),
    (b"a: 1\n\tb: 2", "2:1 DR102"),
    (b"a:\n\t- 1", "2:1 DR102"),
    (b"a: 'x", "1:6 DR102"),
    (b"  a: 1\n b: 2", "2:2 DR102"),
    (b"a: 1\n- 2", "2:1 DR102"),
    (b"%YAML 2.0\n---\na: 1", "1:1 DR102"),
    (b"%YAML 1.2\n%YAML 1.2\n---\n", "2:1 DR102"),
    (b"%FOO bar\n---\na: 1", "1:5 DR102"),
    (b"a: !e!x 1", "1:4 DR102"),
    # Several documents.
    (b"a: 1\n---\nb: 2", "2:1 DR104"),
    (b"---\n---\n", "2:1 DR104"),
    (b"a: 1\n...\nb: 2", "3:1 DR102"),
    # Tags, on values and on keys.
    (b"a: !!str 1", "1:4 DR104"),
    (b"a: !x 1", "1:4 DR104"),
    (b"a: !<tag:x> 1", "1:4 DR104"),
    (b"a: ! 1", "1:4 DR104"),
    (b"a: !!python/object:os.system {}", "1:4 DR104"),
    (b"a: !x [1]", "1:4 DR104"),
    (b"a: !x {}", "1:4 DR104"),
    (b"!x a: 1", "1:1 DR104"),
    (b"!x\na: 1", "1:1 DR104"),
    (b"%TAG !e! tag:x,2000:\n---\na: !e!x 1", "3:4 DR104"),
    # Merge keys.
    (b"a: &x {b: 1}\nc:\n  <<: *x", "3:3 DR104"),
    (b"<<: {a: 1}", "1:1 DR104"),
    # Keys that are no text.
    (b"? [a]\n: 1", "1:3 DR104"),
    (b"? {a: 1}\n: 1", "1:3 DR104"),
    (b"{[a]: 1}", "1:2 DR104"),
    (b"a: &x k\n*x : 1", "2:1 DR104"),
    # Aliases without a value before them, and within their own.
    (b"a: *x", "1:4 DR104"),
    (b"a: *x\nb: &x 1", "1:4 DR104"),
    (b"a: &x [*x]", "1:8 DR104"),
    (b"a: &x {b: *x}", "1:11 DR104"),
    (b"&x a: *x", "1:7 DR104"),
    (b"a: &x 1\nb: &x [*x]", "2:8 DR104"),
    (b"a: &x [&y [*x]]", "1:12 DR104"),
]


@pytest.mark.parametrize(("raw", "place"), REFUSED)
def test_a_text_is_refused_at(raw, place):
    assert places(raw) == [place]
    assert load(raw, "r.yaml")[1][0].hint


DUPLICATES = [
    ("a: 1\nb: 2\na: 3", ["3:1 line 1"]),
    ("a: 1\na: 2\na: 3", ["2:1 line 1", "3:1 line 2"]),
    ("{a: 1, b: {c: 1, c: 2}, a: 3}", ["1:18 line 1", "1:25 line 1"]),
    ("a: 1\n'a': 2", ["2:1 line 1"]),
    ("a:\n  b: 1\n  b: 2\na: 1", ["3:3 line 2", "4:1 line 1"]),
    ("- {a: 1}\n- {a: 1}", []),
    ("1: a\n01: b", []),
    ("a: 1\nA: 2", []),
    ("a: &x {b: 1}\nc: *x\nd: *x", []),
    ("- {b: 1, b: 2}\n- [{b: 1,\n  b: 2}]", ["1:10 line 1", "3:3 line 2"]),
]


@pytest.mark.parametrize(("text", "expected"), DUPLICATES)
def test_a_key_written_twice_is_refused_at_the_second_and_names_the_first(text, expected):
    document, found = load(text.encode(), "r.yaml")
    assert {each.code for each in found} <= {"DR103"}
    assert [f"{each.where.line}:{each.where.column} {each.message[-7:-1].strip()}" for each in found] == expected
    assert document is not None


def test_what_goes_on_after_a_finding_is_found_too():
    assert places(b"a: !x 1\na: 2\n<<: {}\nb: !y 2\nc: *z") == [
        "1:4 DR104",
        "2:1 DR103",
        "3:1 DR104",
        "4:4 DR104",
        "5:4 DR104",
    ]
    assert places(b"a: 1\na: 2\nb: @") == ["2:1 DR103", "3:4 DR102"]


def lists(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def chain(length: int) -> bytes:
    """Return aliases that each wrap the one before."""
    return b"- &a0 []\n" + b"".join(b"- &a%d [*a%d]\n" % (at, at - 1) for at in range(1, length))


LIMITS = [
    (b"#" * MOST_BYTES, []),
    (b"#" * (MOST_BYTES + 1), ["0:0 DR105"]),
    (lists(MOST_DEPTH), []),
    (lists(MOST_DEPTH + 1), [f"1:{MOST_DEPTH + 1} DR105"]),
    (b"{a: " * MOST_DEPTH + b"1" + b"}" * MOST_DEPTH, []),
    (b"{a: " * (MOST_DEPTH + 1) + b"1" + b"}" * (MOST_DEPTH + 1), [f"1:{4 * MOST_DEPTH + 1} DR105"]),
    (b"- " * MOST_DEPTH + b"x", []),
    (b"- " * (MOST_DEPTH + 1) + b"x", [f"1:{2 * MOST_DEPTH + 1} DR105"]),
    (b"[" * 400_000, [f"1:{MOST_DEPTH + 1} DR105"]),
    (b"{" * MOST_BYTES, ["1:2 DR104"]),
    (b"a: " * 300_000, ["1:5 DR102"]),
    (b"- 1\n" * (MOST_NODES - 1), []),
    (b"- 1\n" * MOST_NODES, ["1:1 DR105"]),
    (b"- 1\n" * (MOST_NODES + 1), [f"{MOST_NODES + 1}:3 DR105"]),
    # A key counts as a value counts.
    (b"".join(b"k%d: 1\n" % at for at in range(MOST_NODES // 2 - 1)), []),
    (b"".join(b"k%d: 1\n" % at for at in range(MOST_NODES // 2)), ["1:1 DR105"]),
    # A list of aliases counts what they stand for.
    (b"- &a [" + b"1," * 98 + b"]\n" + b"- *a\n" * 201, []),
    (b"- &a [" + b"1," * 98 + b"]\n" + b"- *a\n" * 202, ["203:3 DR105"]),
    # Billion laughs.
    (
        b"- &a [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(b"- &%c [%s]\n" % (98 + at, b",".join([b"*%c" % (97 + at)] * 9)) for at in range(9)),
        ["5:10 DR105"],
    ),
    # Aliases that make the text deeper, not longer.
    (chain(MOST_DEPTH - 1), []),
    (chain(MOST_DEPTH), [f"{MOST_DEPTH}:9 DR105"]),
    (chain(150), [f"{MOST_DEPTH}:9 DR105"]),
    (b"a: &a [[[1]]]\nb: " + b"[" * 95 + b"*a" + b"]" * 95, []),
    (b"a: &a [[[1]]]\nb: " + b"[" * 96 + b"*a" + b"]" * 96, ["2:100 DR105"]),
    # One directive for tags is compared with all before it.
    (b"".join(b"%%TAG !%d! x\n" % at for at in range(100)) + b"---\n", []),
    (b"".join(b"%%TAG !%d! x\n" % at for at in range(101)) + b"---\n", ["0:0 DR104"]),
]


@pytest.mark.parametrize(("raw", "expected"), LIMITS, ids=range(len(LIMITS)))
def test_the_limits(raw, expected):
    assert places(raw) == expected


def test_many_findings_of_one_kind_are_cut_short():
    assert len(places(b"a: 1\n" * 1000)) == module.MOST_FINDINGS


@pytest.mark.parametrize("key", ["k" * 128, "k" * 1000, "'" + "k" * 1000 + "'"])
def test_long_keys(key):
    assert data(f"{key}: 1".encode()) == {key.strip("'"): 1}


def test_a_key_that_is_longer_than_yaml_takes():
    assert places(b"k" * 1100 + b": 1") == ["1:1101 DR102"]
    assert data(b"? " + b"k" * 1100 + b"\n: 1") == {"k" * 1100: 1}


@pytest.mark.parametrize("number", ["1" * 100_000, "0x" + "f" * 100_000, "1." + "0" * 100_000, "-" * 100_000])
def test_a_number_of_very_many_digits_is_text(number):
    assert data(f"a: {number}".encode()) == {"a": number}


def test_a_number_beyond_all_numbers():
    assert data(b"a: 1e999")["a"] == math.inf


# The C part takes tabs in more places, and refuses directives and escapes that the other takes (the escapes are DR113).
DIFFER = ("\t", "%FOO", "\\ud")
SAME = [raw for raw, _ in REFUSED] + [text.encode() for text, _ in READ] + [text.encode() for text, _ in DUPLICATES]


@pytest.mark.parametrize("raw", [raw for raw in SAME if not any(each.encode() in raw for each in DIFFER)])
def test_a_text_means_the_same_without_libyaml(raw, monkeypatch):
    """PyYAML may be built without its C part: the same texts are then refused, though not with the same words."""
    document, found = load(raw, "r.yaml")
    monkeypatch.setattr(module, "_Loader", yaml.SafeLoader)
    slow, slow_found = load(raw, "r.yaml")
    assert (slow and slow.data) == (document and document.data)
    assert {each.code for each in slow_found} == {each.code for each in found}


def test_the_limits_are_these():
    assert (MOST_BYTES, MOST_DEPTH, MOST_NODES) == (1_048_576, 100, 20_000)
    assert (module.MOST_FINDINGS, module.MOST_TAG_DIRECTIVES) == (100, 100)


SPACES = "Indent with spaces, and quote text that starts with @, ` or %."
COLON = "Quote the text before this colon, or check the indentation."
CONTROL = "Remove the control character, or write it as an escape in double quotes."
HERE = "Check the indentation, quotes and brackets at this place."
SAID = [
    (b"a: \xff", "Byte 3 is not UTF-8.", "Save the file as UTF-8."),
    (b"#" * (MOST_BYTES + 1), "The file is larger than 1048576 bytes.", "Move data into its own file."),
    (b"[" * 101, "Nested deeper than 100 levels.", "Flatten the recipe."),
    (
        b"- 1\n" * (MOST_NODES + 1),
        "More than 20000 values, aliases counted as often as they are used.",
        "Split the recipe, or move data into its own file.",
    ),
    (b"%TAG " * 101, "Tags (`%TAG`) are not used in recipes.", "Remove the directives."),
    (b"--- 1\n--- 2", "A second YAML document starts here.", "One file holds one recipe: remove the `---`."),
    (b"a: !x 1", "The tag !x is not used in recipes.", "Remove the tag."),
    (b"<<: 1", "Merge keys (`<<`) are not part of YAML 1.2.", "Write the keys out."),
    (b"a: 1\na: 2", "`a` is already written on line 1.", "Keep one of the two."),
    (b"*x : 1", "An alias cannot be a key.", "Write the key out."),
    (b"a: *x", "The alias *x has no finished anchor before it.", "Write the value out."),
    (b"[a]: 1", "A key must be plain text, not a mapping or a list.", "Quote the key."),
    (
        b"a: @x",
        "YAML: found character that cannot start any token while scanning for the next token.",
        SPACES,
    ),
    (b"a: b: c", "YAML: mapping values are not allowed in this context.", COLON),
    (b"a: \x07", "YAML: control characters are not allowed.", CONTROL),
    (b"a: [1", "YAML: did not find expected ',' or ']' while parsing a flow sequence.", HERE),
]


@pytest.mark.parametrize(("raw", "message", "hint"), SAID, ids=[message for _, message, _ in SAID])
def test_what_is_said_of(raw, message, hint):
    (found,) = load(raw, "r.yaml")[1]
    assert (found.message, found.hint) == (message, hint)


@pytest.mark.parametrize("raw", [b"a: @x", b"a: b: c", b"a: \x07", b"a: [1"])
def test_hints_are_the_same_without_libyaml(raw, monkeypatch):
    (found,) = load(raw, "r.yaml")[1]
    monkeypatch.setattr(module, "_Loader", yaml.SafeLoader)
    (slow,) = load(raw, "r.yaml")[1]
    assert slow.hint == found.hint
