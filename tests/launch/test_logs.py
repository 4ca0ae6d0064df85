import contextlib
import os
import threading
import time

import pytest

from dynamo_recipes.launch.logs import Pump, last_lines, readable


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"plain", "plain"),
        ("grün ✓".encode(), "grün ✓"),
        (b"\x1b[1;31mred\x1b[0m end", "red end"),
        (b"\x1b[2Jcleared", "\\x1b[2Jcleared"),
        (b"\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        (b"carriage\r", "carriage"),
        (b"over\rwritten", "over\\x0dwritten"),
        (b"tab\tkept", "tab\tkept"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"x" * 5000, "x" * 4096),
    ],
)
def test_lines_do_nothing_to_a_terminal(raw, shown):
    assert readable(raw) == shown


def pumped(tmp_path, *chunks):
    seen = []
    pump = Pump(lambda name, line: seen.append((name, line)))
    read, write = os.pipe()
    pump.add("worker", read, tmp_path / "worker.log")
    for chunk in chunks:
        os.write(write, chunk)
    os.close(write)
    pump.close()
    return seen, (tmp_path / "worker.log").read_bytes()


def test_files_get_every_byte_and_the_terminal_every_line(tmp_path):
    seen, log = pumped(tmp_path, b"one\ntw", b"o\n\x00\xff\n", b"no newline")
    assert log == b"one\ntwo\n\x00\xff\nno newline"
    assert seen == [("worker", "one"), ("worker", "two"), ("worker", "\\x00\ufffd"), ("worker", "no newline")]


def test_a_line_without_end_does_not_grow_in_memory(tmp_path):
    seen, log = pumped(tmp_path, *[b"y" * 60_000] * 1)
    assert len(log) == 60_000
    assert seen == [("worker", "y" * 4096)]


def test_closing_does_not_wait_for_a_pipe_that_somebody_still_holds(tmp_path):
    pump = Pump(lambda *_: None)
    read, write = os.pipe()
    pump.add("worker", read, tmp_path / "worker.log")
    os.write(write, b"early\n")
    started = time.monotonic()
    pump.close()
    os.close(write)
    assert time.monotonic() - started < 5
    assert (tmp_path / "worker.log").read_bytes() == b"early\n"


def test_the_last_lines_of_a_log(tmp_path):
    path = tmp_path / "log"
    path.write_text("\n".join(f"line {number}" for number in range(100_000)))
    assert last_lines(path, 3) == ("line 99997", "line 99998", "line 99999")
    assert last_lines(tmp_path / "none") == ()


def test_a_terminal_that_has_gone_does_not_stop_the_reading(tmp_path):
    def show(name, line):
        raise BrokenPipeError

    pump = Pump(show)
    read, write = os.pipe()
    pump.add("worker", read, tmp_path / "worker.log")
    for _ in range(100):
        os.write(write, b"z" * 10_000 + b"\n")  # far more than a pipe holds
    os.close(write)
    pump.close()
    assert (tmp_path / "worker.log").stat().st_size == 100 * 10_001


def test_a_stranger_who_keeps_writing_is_not_read_for_ever(tmp_path):
    pump = Pump(lambda *_: None)
    read, write = os.pipe()
    pump.add("worker", read, tmp_path / "worker.log")
    ended = threading.Event()

    def chatter():
        with contextlib.suppress(OSError):
            while not ended.is_set():
                os.write(write, b"on and on\n" * 1000)

    stranger = threading.Thread(target=chatter, daemon=True)
    stranger.start()
    started = time.monotonic()
    pump.close()
    assert time.monotonic() - started < 10
    ended.set()
    stranger.join(10)
    os.close(write)
