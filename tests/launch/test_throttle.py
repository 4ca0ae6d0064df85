import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamo_recipes.launch.throttle import LINES, Lines, Throttle


def ask(throttle, name, count, now):
    """Ask to show lines and return how many may be."""
    shown = 0
    for _ in range(count):
        if throttle.allows(name, now):
            throttle.showed(name, now)
            shown += 1
        else:
            throttle.leave_out(name, 1, now)
    return shown


def made(*names):
    throttle = Throttle()
    for name in names:
        throttle.add(name)
    return throttle


def test_one_process_alone_has_all_lines_but_those_that_tell():
    throttle = made("a")
    assert ask(throttle, "a", 100, 0.0) == LINES - 2
    assert ask(throttle, "a", 100, 0.999) == 0
    assert ask(throttle, "a", 100, 1.0) == LINES - 2


def test_lines_become_free_one_second_after_each_was_shown():
    throttle = made("a")
    assert [ask(throttle, "a", 30, now) for now in (0.0, 0.5, 1.0, 1.5)] == [30, 18, 30, 18]


def test_a_process_that_writes_a_lot_leaves_two_lines_to_each_other():
    throttle = made("loud", "b", "c", "d")
    assert ask(throttle, "loud", 1000, 0.0) == 42
    assert [ask(throttle, name, 5, 0.1) for name in "bcd"] == [2, 2, 2]


def test_what_is_left_to_others_is_at_most_half():
    quiet = [f"quiet-{number}" for number in range(40)]
    throttle = made("loud", *quiet)
    assert ask(throttle, "loud", 1000, 0.0) == 24
    assert sum(ask(throttle, name, 2, 0.1) for name in quiet) == 24


def test_a_process_that_used_its_lines_gets_more_when_nobody_else_wants_them():
    throttle = made("loud", "b")
    assert ask(throttle, "b", 2, 0.0) == 2
    assert ask(throttle, "loud", 1000, 0.0) == 46


@given(st.lists(st.tuples(st.floats(0.0, 0.4), st.sampled_from("abc"), st.integers(1, 80)), max_size=40))
def test_no_second_has_too_many_lines_and_none_is_lost_from_the_count(steps):
    throttle = made("a", "b", "c")
    now, stamps, asked, shown, told = 0.0, [], 0, 0, 0

    def tell():
        nonlocal told
        stamps.append(now)
        told += int(throttle.untold().split(" line")[0].replace(",", ""))

    for pause, name, count in steps:
        now += pause
        got = ask(throttle, name, count, now)
        stamps += [now] * got
        asked, shown = asked + count, shown + got
        if throttle.wait(now) == 0:
            tell()
    if throttle.wait(now) is not None:
        tell()
    assert shown + told == asked
    assert all(sum(start <= each < start + 1 for each in stamps) <= LINES for start in stamps)


def test_what_was_left_out_is_due_a_second_after_the_first():
    throttle = made("a")
    assert throttle.wait(5.0) is None
    throttle.leave_out("a", 3, 5.0)
    throttle.leave_out("a", 3, 5.75)
    assert throttle.wait(5.75) == 0.25
    assert throttle.wait(7.0) == 0
    throttle.untold()
    assert throttle.wait(7.0) is None


@pytest.mark.parametrize(
    ("left_out", "told"),
    [
        ({"decode-0": 1}, "1 line not shown: decode-0 1; see the log files"),
        (
            {"prefill-0": 34, "decode-0": 1200},
            "1,234 lines not shown: decode-0 1,200, prefill-0 34; see the log files",
        ),
        ({"d": 2, "c": 2, "b": 2, "a": 3}, "9 lines not shown: a 3, b 2, c 2, d 2; see the log files"),
        (
            dict.fromkeys("fedcba", 1000),
            "6,000 lines not shown: a 1,000, b 1,000, c 1,000, d 1,000 and 2 more; see the log files",
        ),
    ],
)
def test_what_was_left_out_is_told_the_most_first(left_out, told):
    throttle = made(*left_out)
    for name, count in left_out.items():
        throttle.leave_out(name, count, 0.0)
    assert throttle.untold() == told


def test_a_log_that_lacks_lines_is_told_once_and_never_called_complete_again():
    throttle = made("a")
    for now in (0.0, 0.5):
        throttle.incomplete("a", "No space left on device", now)
    assert throttle.wait(1.0) == 0
    assert throttle.untold() == "lines are missing in the log of a: No space left on device"
    throttle.incomplete("a", "No space left on device", 1.5)
    assert throttle.wait(1.5) is None
    throttle.leave_out("a", 7, 2.0)
    assert throttle.untold() == "7 lines not shown: a 7; lines are missing in the log of a: No space left on device"


@given(st.lists(st.binary(max_size=40) | st.just(b"\n" * 60) | st.just(b"a\nb"), max_size=12))
def test_lines_are_the_same_however_the_bytes_arrive(chunks):
    throttle, out = made("a"), []
    lines = Lines("a", throttle, out.append)
    for chunk in chunks:
        lines.take(bytearray(chunk + b"beyond\nthe size"), len(chunk))
    lines.end()
    whole = b"".join(chunks).split(b"\n")
    whole = whole if whole[-1] else whole[:-1]
    left_out = 0 if throttle.wait(0.0) is None else int(throttle.untold().split(" line")[0])
    assert len(out) + left_out == len(whole)
    following = iter(whole)
    assert all(line in following for line in out), "in their order"


def test_a_line_longer_than_what_is_shown_is_cut_and_the_next_one_is_whole():
    throttle, out = made("a"), []
    lines = Lines("a", throttle, out.append)
    for chunk in (b"x" * 3000, b"x" * 3000, b"x" * 3000 + b"\nnext\n"):
        lines.take(bytearray(chunk), len(chunk))
    assert out == [b"x" * 4096, b"next"]


def test_lines_that_are_left_out_are_not_looked_at():
    throttle, block = made("a"), bytearray(b"%-119d\n" % 1) * 8738  # 1 MiB
    lines = Lines("a", throttle, lambda line: None)
    lines.take(block, len(block))  # what may be shown in this second is

    def taken(what):
        """Return the most memory that something has held at one time, in bytes."""
        tracemalloc.start()
        try:
            what()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert taken(lambda: block.split(b"\n")) > len(block)
    assert taken(lambda: lines.take(block, len(block))) < 10_000
