import contextlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from dynamo_recipes.launch.logfile import last_lines
from dynamo_recipes.launch.logs import Pump
from dynamo_recipes.launch.readable import readable
from dynamo_recipes.launch.throttle import LINES

ROOT = Path(__file__).parents[2]


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
        (b"\x00" * 5000, "\\x00" * 1024),
        (b"\x1b[38:2::1:2:3mcolour\x1b[m", "colour"),
        (b"\x1b\x1b[0m[2J", "\\x1b[2J"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "\\x1b]8;;http://x\\x1b\\link\\x1b]8;;\\x1b\\"),
        ("\x9b2J\x9d0;t\x9c".encode(), "\\x9b2J\\x9d0;t\\x9c"),
        (b"\x9b2J", "\ufffd2J"),
        (b"no\x08\x08yes\x7f\x0b\x0c", "no\\x08\\x08yes\\x7f\\x0b\\x0c"),
        ("a\u202e\u2066b\u200f".encode(), "a\\u202e\\u2066b\\u200f"),
        ("a\u200bb\u200dc\ufeffd\u2060e\u00adf".encode(), "a\\u200bb\\u200dc\\ufeffd\\u2060e\\xadf"),
        ("a\u3164b\ufe00c\U000e0101d\U000e0041e".encode(), "a\\u3164b\\ufe00c\\U000e0101d\\U000e0041e"),
        ("a\u2028b\u2029c\u0085d".encode(), "a\\u2028b\\u2029c\\x85d"),
        ("⚠\ufe0f".encode(), "⚠\ufe0f"),
    ],
)
def test_lines_do_nothing_to_a_terminal(raw, shown):
    assert readable(raw) == shown


@pytest.mark.parametrize(
    "codes", [range(0x20), range(0x7F, 0xA0), range(0x200B, 0x2010), range(0x2028, 0x202F), range(0x2060, 0x2070)]
)
def test_no_control_character_gets_through(codes):
    for code in codes:
        if code != 0x09:
            assert readable(f"a{chr(code)}b".encode()).isascii(), hex(code)
            assert readable(f"a{chr(code)}b".encode()).isprintable(), hex(code)


def wait_until(true, what="it"):
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until, f"{what} has not come"
        time.sleep(0.005)


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


@pytest.mark.parametrize("error", [BrokenPipeError, ValueError, RuntimeError])
def test_a_terminal_that_has_gone_does_not_stop_the_reading(tmp_path, error):
    def show(name, line):
        raise error

    pump = Pump(show)
    read, write = os.pipe()
    pump.add("worker", read, tmp_path / "worker.log")
    data = (b"z" * 10_000 + b"\n") * 100  # far more than a pipe holds
    writer = threading.Thread(target=write_all, args=(write, data), daemon=True)
    writer.start()
    writer.join(30)
    assert not writer.is_alive(), "nobody reads"
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


class Showing:
    """Collects what is shown, with the time."""

    def __init__(self):
        self.lines = []

    def __call__(self, name, line):
        self.lines.append((time.monotonic(), name, line))

    def of(self, name):
        return [line for _, each, line in self.lines if each == name]

    def left_out(self):
        told = [re.match(r"([\d,]+) lines? not shown: ", line) for line in self.of("logs")]
        return sum(int(each[1].replace(",", "")) for each in told)


@pytest.fixture
def show():
    return Showing()


@pytest.fixture
def piped(tmp_path):
    """Return a function that gives a pump a new pipe and returns its writing end."""
    pumps, opened = [], []

    def make(pump, name="worker", folder=tmp_path):
        read, write = os.pipe()
        pump.add(name, read, folder / f"{name}.log")
        pumps.append(pump)
        opened.append(write)
        return write

    yield make
    for each in opened:
        with contextlib.suppress(OSError):
            os.close(each)


def write_all(output, data):
    while data:
        data = data[os.write(output, data) :]


def pass_through(pump, output, data, name="worker"):
    """Write, and wait until the pump has read all of it and is done with it."""
    before = pump.seen(name)
    write_all(output, data)
    wait_until(lambda: pump.seen(name) == before + len(data), "what was written")


def test_every_line_is_shown_or_counted_and_no_second_has_more_than_fifty(tmp_path, show, piped):
    pump = Pump(show)
    outputs = {name: piped(pump, name) for name in ("a", "b", "c")}
    written, until = 0, time.monotonic() + 2.5
    while time.monotonic() < until:
        for count, (name, output) in enumerate(outputs.items(), 1):
            pass_through(pump, output, b"some words\n" * count * 100, name)
            written += count * 100
    write_all(outputs["a"], b"no end")
    for output in outputs.values():
        os.close(output)
    pump.close()
    shown = sum(len(show.of(name)) for name in outputs)
    assert shown + show.left_out() == written + 1
    assert sum((tmp_path / f"{name}.log").read_bytes().count(b"\n") for name in outputs) == written
    stamps = [stamp for stamp, _, _ in show.lines]
    assert max(sum(start <= each < start + 1 for each in stamps) for start in stamps) <= LINES
    assert len(show.of("logs")) >= 3, "told each second, and at the end"


def test_what_was_left_out_is_told_even_when_nothing_more_comes(show, piped):
    pump = Pump(show)
    write_all(piped(pump), b"line\n" * 1000)
    wait_until(lambda: show.of("logs"), "what was left out")
    assert show.of("logs") == ["952 lines not shown: worker 952; see the log files"]
    pump.close()
    assert len(show.of("logs")) == 1


def test_a_process_that_floods_does_not_hide_the_others(show, piped):
    pump = Pump(show)
    quiet, loud = piped(pump, "quiet"), piped(pump, "loud")
    flood = subprocess.Popen(["yes", "and on and on"], stdout=loud)
    try:
        wait_until(lambda: show.of("logs"), "the flood")
        for word in ("one", "two"):
            os.write(quiet, f"{word}\n".encode())
            wait_until(lambda word=word: word in show.of("quiet"), word)
    finally:
        flood.kill()
        flood.wait()
        pump.close()


def test_without_a_terminal_files_are_written_all_the_same(tmp_path, piped):
    pump = Pump(None)
    output = piped(pump)
    write_all(output, b"line\n" * 1000 + b"end")
    os.close(output)
    pump.close()
    assert (tmp_path / "worker.log").read_bytes() == b"line\n" * 1000 + b"end"


def test_bytes_are_counted_for_each_process(piped):
    pump = Pump(None)
    output = piped(pump)
    assert pump.seen("worker") == pump.seen("unknown") == 0
    os.write(output, b"12345")
    wait_until(lambda: pump.seen("worker") == 5, "5 bytes")
    os.write(output, b"6\n")
    wait_until(lambda: pump.seen("worker") == 7, "7 bytes")
    pump.close()


def files(folder):
    return [(folder / f"worker.log{end}").read_bytes() for end in (".2", ".1", "")]


def test_a_full_log_makes_room_at_the_end_of_a_line_and_two_old_ones_are_kept(tmp_path, piped):
    pump = Pump(None, most=1000)
    output = piped(pump)
    data = b"".join(b"line %d\n" % number for number in range(2000))
    for start in range(0, len(data), 777):
        pass_through(pump, output, data[start : start + 777])
    os.close(output)
    pump.close()
    kept = files(tmp_path)
    assert data.endswith(b"".join(kept))
    assert all(len(each) <= 1000 for each in kept)
    assert all(len(each) > 100 for each in kept[:2])
    assert sorted(os.listdir(tmp_path)) == ["worker.log", "worker.log.1", "worker.log.2"]


def test_one_large_chunk_fills_many_logs_each_cut_at_the_end_of_a_line(tmp_path, piped):
    pump = Pump(None, most=1000)
    output = piped(pump)
    data = b"".join(b"line %d\n" % number for number in range(5000))
    write_all(output, data)
    os.close(output)
    pump.close()
    kept = files(tmp_path)
    assert data.endswith(b"".join(kept))
    assert all(each.endswith(b"\n") and len(each) <= 1000 for each in kept)
    assert all(len(each) > 980 for each in kept[:2])


def test_a_line_longer_than_a_log_is_cut_where_the_log_is_full(tmp_path, piped):
    pump = Pump(None, most=1000)
    output = piped(pump)
    os.write(output, b"x" * 2500 + b"\nend\n")
    os.close(output)
    pump.close()
    assert files(tmp_path) == [b"x" * 1000, b"x" * 1000, b"x" * 500 + b"\nend\n"]


def test_a_log_that_has_something_is_added_to_and_counts(tmp_path, piped):
    (tmp_path / "worker.log").write_bytes(b"y" * 989 + b"\n")
    pump = Pump(None, most=1000)
    output = piped(pump)
    os.write(output, b"12345678\nnext\n")
    os.close(output)
    pump.close()
    assert (tmp_path / "worker.log.1").read_bytes() == b"y" * 989 + b"\n12345678\n"
    assert (tmp_path / "worker.log").read_bytes() == b"next\n"


def test_a_second_pump_goes_on_with_the_pipe_and_the_log_of_the_first(tmp_path):
    read, write = os.pipe()
    first = Pump(None)
    first.add("worker", os.dup(read), tmp_path / "worker.log")
    os.write(write, b"one\ntw")
    wait_until(lambda: first.seen("worker") == 6)
    first.close()
    os.write(write, b"o\nthree\n")
    os.close(write)
    second = Pump(None)
    second.add("worker", read, tmp_path / "worker.log")
    second.close()
    assert (tmp_path / "worker.log").read_bytes() == b"one\ntwo\nthree\n"


def test_the_last_lines_are_also_looked_for_in_the_log_before(tmp_path):
    log = tmp_path / "worker.log"
    (tmp_path / "worker.log.1").write_bytes(b"1\n2\n3\n4 be")
    assert last_lines(log, 2) == ("3", "4 be")
    log.write_bytes(b"gun\n\n5\n")
    assert last_lines(log, 1) == ("5",)
    assert last_lines(log, 3) == ("3", "4 begun", "5")
    assert last_lines(log) == ("1", "2", "3", "4 begun", "5")
    log.unlink()
    log.mkdir()
    assert last_lines(log, 1) == ("4 be",)


def test_a_full_disk_loses_lines_and_it_goes_on_when_there_is_room(tmp_path, show, piped):
    log = tmp_path / "worker.log"
    log.symlink_to("/dev/full")
    pump = Pump(show)
    output = piped(pump)
    pass_through(pump, output, b"lost\n" * 100_000)
    wait_until(lambda: show.of("logs"), "the trouble")
    assert show.of("logs")[0].endswith("; lines are missing in the log of worker: No space left on device")
    log.unlink()
    pass_through(pump, output, b"kept\n")
    os.write(output, b"also kept\n")
    os.close(output)
    pump.close()
    assert log.read_bytes() == b"\n[lines before this one are missing: No space left on device]\nkept\nalso kept\n"


# A disk on which the log cannot grow beyond 100 bytes, until it can.
CRAMPED = """
import os, pathlib, resource, sys, time
from dynamo_recipes.launch.logs import Pump

def write(data):
    before = pump.seen("worker")
    os.write(output, data)
    while pump.seen("worker") < before + len(data):
        time.sleep(0.001)

pump = Pump(None)
read, output = os.pipe()
pump.add("worker", read, pathlib.Path(sys.argv[1]))
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
write(b"x" * 70 + b"\\n")
write(b"y" * 70 + b"\\n")
write(b"z" * 70 + b"\\n")
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
write(b"room again\\n")
os.close(output)
pump.close()
"""


def test_a_disk_that_is_full_in_the_middle_of_a_line_says_where_lines_are_missing(tmp_path):
    log = tmp_path / "worker.log"
    subprocess.run([sys.executable, "-c", CRAMPED, str(log)], check=True, timeout=60)
    lines = log.read_bytes().split(b"\n")
    assert lines == [
        b"x" * 70,
        b"y" * 29,
        b"[lines before this one are missing: File too large]",
        b"room again",
        b"",
    ]


def test_a_log_folder_that_vanished_loses_lines_until_it_is_back(tmp_path, show, piped):
    folder = tmp_path / "logs"
    folder.mkdir()
    pump = Pump(show)
    output = piped(pump, folder=folder)
    pass_through(pump, output, b"early\n")
    shutil.rmtree(folder)
    pass_through(pump, output, b"lost\n" * 50_000)
    folder.mkdir()
    os.write(output, b"kept\n")
    os.close(output)
    pump.close()
    assert (folder / "worker.log").read_bytes().endswith(b" missing: No such file or directory]\nkept\n")
    assert "lines are missing in the log of worker" in show.of("logs")[-1]


def test_a_log_that_was_removed_begins_anew(tmp_path, piped):
    pump = Pump(None)
    output = piped(pump)
    pass_through(pump, output, b"early\n")
    (tmp_path / "worker.log").unlink()
    os.write(output, b"late\n")
    os.close(output)
    pump.close()
    assert (tmp_path / "worker.log").read_bytes() == b"late\n"


def test_a_log_that_cannot_be_renamed_keeps_the_newest_lines(tmp_path, piped):
    for end in "12":
        (tmp_path / f"worker.log.{end}" / "in the way").mkdir(parents=True)
    pump = Pump(None, most=1000)
    output = piped(pump)
    pass_through(pump, output, b"".join(b"line %d\n" % number for number in range(1000)))
    pass_through(pump, output, b"the newest\n")
    assert last_lines(tmp_path / "worker.log", 1) == ("the newest",)
    assert (tmp_path / "worker.log").stat().st_size <= 1000
    assert b"are missing: Is a directory" in (tmp_path / "worker.log").read_bytes()
    for end in "12":
        shutil.rmtree(tmp_path / f"worker.log.{end}")
    write_all(output, b"and on\n" * 1000)
    os.close(output)
    pump.close()
    assert all(each.endswith(b"and on\n") for each in files(tmp_path))


def test_a_stream_that_cannot_be_read_ends_and_the_others_go_on(tmp_path, show, piped):
    pump = Pump(show)
    terminal, other_end = os.openpty()  # when its other end is closed, reading it is an error
    pump.add("broken", terminal, tmp_path / "broken.log")
    output = piped(pump)
    os.write(other_end, b"before")
    wait_until(lambda: pump.seen("broken"))
    os.close(other_end)
    os.write(output, b"after\n")
    wait_until(lambda: show.of("worker") == ["after"])
    wait_until(lambda: show.of("broken") == ["before"], "its last line")
    pump.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(terminal)


def test_what_cannot_be_watched_is_refused_and_nothing_stays_open(tmp_path):
    pump = Pump(None)
    plain = os.open(tmp_path / "plain", os.O_RDWR | os.O_CREAT)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="not permitted"):
        pump.add("worker", plain, tmp_path / "worker.log")
    assert len(os.listdir("/proc/self/fd")) == before
    os.close(plain)
    pump.close()


def test_a_pump_leaves_no_descriptor_open(tmp_path):
    before = len(os.listdir("/proc/self/fd"))
    pumped(tmp_path, b"line\n" * 100)
    assert len(os.listdir("/proc/self/fd")) == before


def test_importing_it_brings_in_little():
    heavy = "{'dataclasses', 'inspect', 'logging', 'pathlib', 're', 'subprocess', 'typing'}"
    code = f"import sys, dynamo_recipes.launch.logs; print(sorted({heavy} & set(sys.modules)))"
    words = [sys.executable, "-S", "-c", code]  # -S: what the environment itself loads does not count
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=60)
    assert done.stdout == b"[]\n"
