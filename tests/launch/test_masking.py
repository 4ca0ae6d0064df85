"""Secrets in a stream of bytes, however it is cut, and in texts."""

import json
import random
import sys
import time

import pytest

from dynamo_recipes.launch.masking import Masked, Masks

TOKEN = "hf_swordfish-0123456789"


def masked(data, *values, cuts=(), resumed=False):
    """Return data without the values, given in chunks, in a buffer that is longer than each."""
    stream = Masks(values, resumed).stream()
    out = b""
    for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        chunk = data[start:end]
        buffer = bytearray(chunk + b"hf_what stood in the buffer before")
        passed, size = stream.take(buffer, len(chunk))
        out += passed[:size]
    return out + bytes(stream.end())


@pytest.mark.parametrize("cut", range(len(TOKEN) + 6))
def test_a_value_is_masked_wherever_it_is_cut(cut):
    assert masked(f"one {TOKEN} two".encode(), TOKEN, cuts=(cut,)) == b"one *** two"


def test_a_value_that_comes_byte_by_byte_is_masked():
    data = f"{TOKEN}{TOKEN} hf_sword {TOKEN[:-1]}? {TOKEN}".encode()
    assert masked(data, TOKEN, cuts=range(1, len(data))) == b"****** hf_sword hf_swordfish-012345678? ***"


ROWS = [
    ("nothing here", (), "nothing here", "nothing"),
    ("swordfish and sword", ("sword", "swordfish"), "*** and ***", "the longer of two that begin alike"),
    ("abcdefgh", ("abcdef", "cdefgh"), "***", "values that overlap"),
    ("xababababx", ("abab",), "x***x", "a value that overlaps itself"),
    ("abcdabcd", ("abcd",), "******", "two side by side"),
    ("abc abc", ("abc",), "abc abc", "too short"),
    ("abcd", ("abcd",), "***", "as short as may be"),
    ("grün grün", ("grün",), "*** ***", "not ASCII"),
    ("gr\\u00fcn", ("grün",), "***", "as JSON writes it"),
    ('a\\"b\\\\c', ('a"b\\c',), "***", "as JSON writes quotes"),
    ("['it\\'s \"so\"']", ('it\'s "so"',), "['***']", "as Python writes it"),
    ("x\n  padded  \ny", ("  padded\n",), "x\n  ***  \ny", "white space around it tells nothing"),
    ("first line\nsecond\nthird-line", ("first line\nsecond\nthird-line",), "***", "several lines, whole"),
    (
        "1 first line\n2 second\n3 third-line",
        ("first line\nsecond\nthird-line",),
        "1 ***\n2 second\n3 ***",
        "several lines, one by one, but for short ones",
    ),
    ("first line\\nsecond\\nthird-line", ("first line\nsecond\nthird-line",), "***", "several lines, escaped"),
    ("one\r\ntwo", ("   \n ", ""), "one\r\ntwo", "values of nothing but white space"),
]


@pytest.mark.parametrize(("text", "values", "shown"), [row[:3] for row in ROWS], ids=[row[3] for row in ROWS])
def test_what_is_masked(text, values, shown):
    data = text.encode()
    if Masks(values).stream() is not None:
        assert masked(data, *values) == shown.encode()
        for cut in range(len(data)):
            assert masked(data, *values, cuts=(cut,)) == shown.encode(), cut
        assert masked(data, *values, cuts=range(len(data))) == shown.encode()
    else:
        assert text == shown
    assert Masks(values).text("a plain text") == "a plain text"


def test_of_any_stream_cut_anywhere_the_same_is_left():
    """The alphabet is small, so that values overlap, begin alike and begin at every end of a chunk."""
    chosen = random.Random(20261)
    for _ in range(3000):
        values = ["".join(chosen.choices("ab", k=chosen.randint(4, 9))) for _ in range(chosen.randint(1, 3))]
        data = "".join(chosen.choices("abc", (6, 6, 1), k=chosen.randint(0, 60))).encode()
        cuts = sorted(chosen.choices(range(len(data) + 1), k=chosen.randint(0, 8)))
        whole, cut = masked(data, *values), masked(data, *values, cuts=cuts)
        assert whole == cut, (values, data, cuts)
        assert whole == expected(data, values), (values, data)
        assert not any(value.encode() in cut for value in values)


def expected(data, values):
    """Say the same in the slowest way: each byte that is part of a value, then runs of values that overlap."""
    starts = {at for value in values for at in range(len(data)) if data.startswith(value.encode(), at)}
    ends = {at: max(at + len(value) for value in values if data.startswith(value.encode(), at)) for at in starts}
    out, at = b"", 0
    while at < len(data):
        if at not in ends:
            out, at = out + data[at : at + 1], at + 1
            continue
        end = ends[at]
        while more := [ends[each] for each in ends if at < each < end and ends[each] > end]:
            end = max(more)
        out, at = out + b"***", end
    return out


def test_only_the_beginning_of_a_value_is_held_back():
    stream = Masks([TOKEN]).stream()
    data = bytearray(b"a line\n")
    assert stream.take(data, 7) == (data, 7)
    assert stream.take(data, 7)[0] is data, "nothing is copied"
    assert stream.take(bytearray(b"or hf_swo"), 9) == (b"or ", 3)
    assert stream.take(bytearray(b"rd\n"), 3) == (b"hf_sword\n", 9)
    assert stream.take(bytearray(b"or hf_"), 6) == (b"or ", 3)
    assert stream.end() == b"hf_", "it was none"


@pytest.mark.parametrize("count", [4, 10, len(TOKEN) - 1])
def test_a_stream_that_is_taken_over_may_begin_inside_a_value(count):
    data = f"{TOKEN[-count:]} and {TOKEN}".encode()
    assert masked(data, TOKEN, resumed=True) == b"*** and ***"
    assert masked(data, TOKEN) == f"{TOKEN[-count:]} and ***".encode()


def test_a_stream_that_is_taken_over_is_otherwise_the_same():
    assert masked(b"789\nfish 6789", TOKEN, resumed=True) == b"789\nfish 6789"
    assert masked(b"x", TOKEN, resumed=True) == b"x"
    assert masked(b"", TOKEN, resumed=True) == b""
    assert masked(b"a" * 20, "a" * 9, resumed=True) == b"***"


@pytest.mark.parametrize("value", ["".join(map(chr, range(1, 300))), "grün 🐟 \u2028 \udcff", 'a\\b"c/d'])
def test_json_is_masked_however_it_is_written(value):
    masks = Masks([value])
    assert masks.text(json.dumps(value)) == masks.text(json.dumps(value, ensure_ascii=False)) == '"***"'


def test_texts_are_masked_too():
    masks = Masks([TOKEN, "first line\nand more", "abc"])
    assert masks.text(f"{TOKEN}: {TOKEN[:-1]} abc") == f"***: {TOKEN[:-1]} abc"
    assert masks.text("first line, first line\nand more, first line\\nand more") == "***, ***, ***"
    assert Masks().text(TOKEN) == TOKEN
    assert Masks().stream() is None


def test_bytes_that_are_not_text_are_masked():
    value = b"\xff\xfe-secret".decode(sys.getfilesystemencoding(), "surrogateescape")
    assert masked(b"x\xff\xfe-secret\xff", value) == b"x***\xff"


HOSTILE = [
    ("a" * 60_000, b"a" * 200_000),
    ("a" * 60_000 + "b", b"a" * 200_000),
    ("ab" * 30_000 + "c", b"ab" * 100_000),
    ("aaaa", b"a" * 200_000),
    ("a" * 3 + "b" * 60_000, b"ab" * 100_000),
]


@pytest.mark.parametrize(("value", "data"), HOSTILE)
@pytest.mark.parametrize("resumed", [False, True])
def test_no_value_makes_it_slow(value, data, resumed):
    """A bound in processor time of this thread: what is quadratic takes minutes."""
    stream = Masked((value.encode(),), resumed)
    begun = time.thread_time()
    for _ in range(3):
        stream.take(bytearray(data), len(data))
    stream.end()
    assert time.thread_time() - begun < 5.0
