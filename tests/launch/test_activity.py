"""Whether something happens, with real processes that load, fetch, talk, poll and wait."""

import socket
import subprocess
import sys
import threading
import time

import psutil
import pytest

from dynamo_recipes.launch import activity
from dynamo_recipes.launch.activity import Activity, Usage, below, usage

LIMIT = 1.0  # seconds
MIB = 1 << 20
SLOWLY = "print(flush=True)\nwhile True:\n    time.sleep(0.05); "
GROWS = "kept = []\n" + SLOWLY + "kept.append(b'x' * (1 << 18))"
READS = "file = open(sys.argv[1], 'rb')\n" + SLOWLY + "file.seek(0); file.read(1 << 18)"
WRITES = "file = open(sys.argv[1], 'wb')\n" + SLOWLY + "file.seek(0); file.write(b'x' * (1 << 18)); file.flush()"
FETCHES = (
    "import socket\nfrom_ = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\nfile = open(sys.argv[2], 'wb')\n"
    "print(flush=True)\nwhile data := from_.recv(1 << 16):\n    file.write(data); file.flush()"
)
WAITS = "print(flush=True); time.sleep(600)"
POLLS = "file = os.open('/proc/self/stat', os.O_RDONLY)\n" + SLOWLY + "os.pread(file, 64, 0)"
ANSWERS = "file = os.open('/dev/null', os.O_WRONLY)\n" + SLOWLY + "os.write(file, b'x' * 200)"
# Takes two MiB and gives them back to the system, again and again.
BREATHES = (
    "import mmap\n" + SLOWLY + "time.sleep(0.1); taken = mmap.mmap(-1, 2 << 20)\n"
    "    for place in range(0, 2 << 20, 4096): taken[place] = 1\n"
    "    time.sleep(0.15); taken.close()"
)
RESTARTS = SLOWLY + "subprocess.run(['sleep', '0.02'])"
IN_A_GRANDCHILD = "if os.fork() or os.fork():\n    time.sleep(600)\nos.setsid()\n"


@pytest.fixture
def process():
    popens = []

    def start(code, *words):
        argv = [sys.executable, "-S", "-c", f"import os, subprocess, sys, time\n{code}", *map(str, words)]
        popens.append(subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
        popens[-1].stdout.readline()
        return popens[-1].pid

    yield start
    for each in popens:
        for pid in below([each.pid]):
            subprocess.run(["kill", "-9", str(pid)], check=False, stderr=subprocess.DEVNULL)
        each.wait()
        each.stdout.close()


@pytest.fixture
def large(tmp_path):
    """Return a file that the page cache has."""
    path = tmp_path / "model"
    path.write_bytes(b"x" * MIB)
    path.read_bytes()
    return path


def most_idle(what, seconds=2 * LIMIT, enough=LIMIT):
    """Return the longest time in which nothing happened, as far as it was seen in some seconds."""
    end, most = time.monotonic() + seconds, 0.0
    while time.monotonic() < end:
        most = max(most, what.idle())
        if most > enough:
            break
        time.sleep(0.02)
    return most


def watched(*pids, said=lambda: 0, limit=LIMIT):
    return Activity(lambda: pids, said, limit)


@pytest.mark.parametrize("code", [GROWS, IN_A_GRANDCHILD + GROWS], ids=["itself", "in a grandchild's session"])
def test_who_only_takes_memory_is_not_idle(process, code):
    assert most_idle(watched(process(code))) < LIMIT


def test_who_only_reads_a_file_from_the_page_cache_is_not_idle(process, large):
    assert most_idle(watched(process(READS, large))) < LIMIT


def test_who_only_writes_is_not_idle(process, tmp_path):
    assert most_idle(watched(process(WRITES, tmp_path / "out"))) < LIMIT


def test_who_only_fetches_is_not_idle(process, tmp_path):
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with server.accept()[0] as to:
                while not stop.wait(0.05):
                    to.sendall(b"x" * (1 << 18))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            pid = process(FETCHES, server.getsockname()[1], tmp_path / "out")
            assert most_idle(watched(pid)) < LIMIT
        finally:
            stop.set()
            thread.join()


def test_who_only_says_something_now_and_then_is_not_idle(process):
    begun = time.monotonic()
    said = watched(process(WAITS), said=lambda: int((time.monotonic() - begun) / (LIMIT / 2)))
    assert most_idle(said) < LIMIT


@pytest.mark.parametrize(
    "code",
    [WAITS, POLLS, ANSWERS, IN_A_GRANDCHILD + POLLS],
    ids=["waits", "polls", "answers", "polls in a grandchild"],
)
def test_who_only_waits_is_idle(process, code):
    assert most_idle(watched(process(code))) > LIMIT


@pytest.mark.parametrize("window", [0.35, 60.0])
def test_memory_that_comes_and_goes_is_no_progress(process, window, monkeypatch):
    monkeypatch.setattr(activity, "_WINDOW", window)
    monkeypatch.setattr(activity, "_PAUSE", 0.05)
    assert most_idle(watched(process(BREATHES), limit=60.0), seconds=6, enough=3) > 3


def test_to_start_a_process_again_and_again_is_no_progress(process):
    assert most_idle(watched(process(RESTARTS)), seconds=6) > LIMIT


def test_without_processes_nothing_happens():
    assert most_idle(watched()) > LIMIT


def test_the_end_of_another_process_does_not_hide_growth(process):
    grows = process(GROWS)
    others = [subprocess.Popen(["sleep", "600"]) for _ in range(15)]
    both = watched(grows, *(each.pid for each in others))
    end, most = time.monotonic() + 2 * LIMIT, 0.0
    while others or time.monotonic() < end:
        if others:  # each of them takes away more than the other has taken in this time
            others[-1].kill()
            others.pop().wait()
        most = max(most, both.idle())
        time.sleep(0.1)
    assert most < LIMIT


@pytest.mark.parametrize("window", [0.3, 60.0])
def test_growth_of_less_than_a_mebibyte_in_the_window_is_none(process, window, monkeypatch):
    monkeypatch.setattr(activity, "_WINDOW", window)
    slowly = "kept = []\nprint(flush=True)\nwhile True:\n    time.sleep(0.1); kept.append(b'x' * (SIZE))".replace(
        "SIZE", "1 << 17" if window < 1 else "4096"
    )
    assert most_idle(watched(process(slowly))) > LIMIT


def test_usage_is_what_the_system_counts(process, large):
    code = f"data = open({str(large)!r}, 'rb').read(); print(flush=True); time.sleep(600)"
    read = process(code)
    counted = psutil.Process(read)
    # What was written is counted a moment after it can be read.
    end = time.monotonic() + 10
    while usage(read).moved != sum(counted.io_counters()[4:6]):
        assert time.monotonic() < end
        time.sleep(0.02)
    moved = counted.io_counters()
    assert usage(read).moved == moved.read_chars + moved.write_chars
    assert usage(read).moved > MIB
    # Resident memory shrinks when the system reclaims pages: both are asked at the same time.
    assert usage(read).memory == pytest.approx(counted.memory_info().rss, rel=0.2)
    assert usage(2**22 + 1) == Usage(0, 0)


def test_below_are_all_descendants_and_no_others(process):
    pid, other = process(IN_A_GRANDCHILD + WAITS), process(WAITS)
    found = below([pid, 2**22 + 1])
    assert pid in found
    assert len(found) == 3
    assert other not in found
    assert below([]) == set()
