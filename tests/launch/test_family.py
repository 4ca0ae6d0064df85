"""Which processes are whose, with real ones: descendants, strangers, notes that are true and notes that are not."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import psutil
import pytest

from dynamo_recipes.launch import family, procfs
from dynamo_recipes.launch.family import Adopted, Descendants, Leader, belonging, ending, stop_order, stopping, ticks
from dynamo_recipes.launch.state import MARKER, State
from dynamo_recipes.launch.subreaper import adopt_orphans

VALUE = f"toy@{os.urandom(8).hex()}"  # another one each time: the same tests can run beside us
RUN = f"{MARKER}={VALUE}"
WAIT = "time.sleep(600)"
# Each prints its own number when it is what it should be.
SAY = "print(os.getpid(), flush=True)"
TWICE = f"os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0); {SAY}; {WAIT}"
DEAF = f"signal.signal(15, signal.SIG_IGN); {SAY}; {WAIT}"
# Asked to end, it says so each time, and does not.
COUNTS = f"signal.signal(15, lambda *_: print('asked', flush=True)); {SAY}\nwhile True: signal.pause()"


def until(what, within=10.0):
    end = time.monotonic() + within
    while not what():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


@pytest.fixture
def process():
    """Start code; returns the process that it leaves, by the number that it prints. All of it is ended afterwards."""
    popens, ends = [], []

    def start(code, **how):
        words = [sys.executable, "-S", "-c", f"import os, signal, subprocess, sys, time\n{code}"]
        popens.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **how))
        found = procfs.look(int(popens[-1].stdout.readline()))
        ends.append(found)
        return found

    start.popens = popens
    yield start
    for each in ends:
        procfs.send(each.pid, each.started, signal.SIGKILL)
    for each in popens:
        each.kill()
        each.wait()
        each.stdout.close()


@pytest.fixture
def parent_of_orphans(process):
    """Be the parent of what loses its own, as the guard is."""
    adopt_orphans()
    yield
    adopt_orphans(False)
    for each in psutil.Process().children(recursive=True):
        each.kill()
    with suppress(ChildProcessError):
        while os.waitpid(-1, 0):
            pass


# --- Descendants --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        f"{SAY}; {WAIT}",
        f"os.setsid(); {SAY}; {WAIT}",
        f"os.fork() and {WAIT}; os.setsid(); {SAY}; {WAIT}",
        f"os.fork() and os._exit(0); {SAY}; {WAIT}",
        TWICE,
    ],
    ids=["a child", "in a session of its own", "a grandchild", "its parent has ended", "forked twice"],
)
def test_a_descendant_is_found_whatever_it_did(process, parent_of_orphans, code):
    found = process(code)
    assert Descendants().scan()[found.pid] == found.started


def test_strangers_are_no_descendants(process):
    stranger = process(TWICE)  # nobody adopts orphans here: it has gone to process 1
    assert stranger.parent != os.getpid()
    own = process(f"{SAY}; {WAIT}")
    found = Descendants().scan()
    assert own.pid in found
    assert not {stranger.pid, os.getpid(), os.getppid(), 1} & set(found)


def test_what_has_ended_does_not_live(process, parent_of_orphans):
    done = process(f"{SAY}")
    until(lambda: procfs.look(done.pid).ended)
    assert done.pid not in Descendants().scan()


def test_each_look_sees_what_has_come_and_gone(process, parent_of_orphans):
    descendants = Descendants()
    first = process(f"{SAY}; {WAIT}")
    assert first.pid in descendants.scan()
    second = process(TWICE)
    assert {first.pid, second.pid} <= set(descendants.scan())
    process.popens[0].kill()
    process.popens[0].wait()
    assert first.pid not in descendants.scan()
    assert descendants.found == descendants.scan()


def test_a_parent_that_ends_at_the_moment_of_the_look_hides_nothing(process, parent_of_orphans, monkeypatch):
    child = process(f"os.fork() and {WAIT}; {SAY}; {WAIT}")
    parent, before = process.popens[0], {}

    def look(pid, real=procfs.look):
        if pid in (child.pid, parent.pid) and parent.returncode is None:
            before[child.pid] = real(child.pid)  # its parent is the one that ends now
            parent.kill()
            parent.wait()
        return before.pop(pid, None) or real(pid)

    monkeypatch.setattr(procfs, "look", look)
    assert child.pid in Descendants().scan()
    assert parent.returncode is not None
    assert not before


def test_who_was_found_a_stranger_is_not_asked_again(process, parent_of_orphans, monkeypatch):
    descendants, asked = Descendants(), []
    descendants.scan()
    own = process(f"{SAY}; {WAIT}")
    monkeypatch.setattr(procfs, "look", lambda pid, real=procfs.look: asked.append(pid) or real(pid))
    descendants.scan()
    assert own.pid in asked
    assert os.getppid() not in asked
    assert 1 not in asked


def test_a_strangers_number_that_a_descendant_has_now_is_looked_at_again_in_time(
    process, parent_of_orphans, monkeypatch
):
    descendants, own = Descendants(), process(f"{SAY}; {WAIT}")
    descendants._strangers.add(own.pid)  # numbers cannot be made to come round here
    assert own.pid not in descendants.scan()
    monkeypatch.setattr(family, "_REFRESH", 0.0)
    assert own.pid in descendants.scan()


# --- What was written down ----------------------------------------------------------------------------------------


def state(**known):
    """Return notes on a run that began before every test and has no process at all."""
    nobody = (os.getpid(), 0)
    empty = State("toy", procfs.place(), RUN, nobody, nobody, 0, ticks(), (), ())
    return empty._replace(**known)


def identity(found, off=0):
    return (found.pid, found.started + off)


def test_notes_on_nobody_find_nobody(process):
    process(f"{SAY}; {WAIT}")
    assert belonging(state()) == {}


@pytest.mark.parametrize(("off", "ours"), [(0, True), (-1, False), (1, False)])
@pytest.mark.parametrize("known", ["seen", "guard"])
def test_a_process_that_was_seen_is_known_by_number_and_start_time(process, known, off, ours):
    one = process(f"{SAY}; {WAIT}")
    seen = {"seen": (identity(one, off),)} if known == "seen" else {"guard": identity(one, off)}
    assert belonging(state(**seen)) == ({one.pid: one.started} if ours else {})


@pytest.mark.parametrize("scanned", [-5, 1000], ids=["began after the last look", "began before it"])
@pytest.mark.parametrize(("off", "ours"), [(0, True), (-1, False), (1, False)])
def test_a_living_session_leader_vouches_for_its_session_if_it_is_the_one_that_was_seen(process, off, ours, scanned):
    code = f"os.setsid(); a = os.fork(); a or ({WAIT}); print(a, flush=True); {WAIT}"
    member = process(code)
    leader = procfs.look(process.popens[0].pid)
    assert member.session == leader.pid
    found = belonging(state(seen=(identity(leader, off),), scanned=leader.started + scanned))
    assert (member.pid in found) is ours
    assert (leader.pid in found) is ours


@pytest.mark.parametrize(("scanned", "ours"), [(0, True), (100, True), (-1, False)])
def test_members_of_a_session_without_its_leader_count_if_they_began_before_the_last_look(process, scanned, ours):
    """Later, the session's number can be a stranger's: it was free in between."""
    member = process(f"os.setsid(); os.fork() and os._exit(0); time.sleep(0.05); {SAY}; {WAIT}")
    leader = process.popens[0]
    leader.wait()
    assert member.session == leader.pid
    assert procfs.look(leader.pid) is None
    known = state(seen=((leader.pid, member.started - 3),), scanned=member.started + scanned)
    assert (member.pid in belonging(known)) is ours


def test_a_session_older_than_the_process_that_was_seen_is_a_strangers(process):
    member = process(f"os.setsid(); os.fork() and os._exit(0); {SAY}; {WAIT}")
    leader = process.popens[0]
    leader.wait()
    assert belonging(state(seen=((leader.pid, member.started + 1),))) == {}
    assert member.pid in belonging(state(seen=((leader.pid, member.started),)))


@pytest.mark.parametrize(("begun", "ours"), [(0, True), (-100, True), (1, False)])
@pytest.mark.parametrize("sign", ["seen", "marker"])
def test_what_began_before_the_run_is_none_of_it(process, sign, begun, ours):
    one = process(f"{SAY}; {WAIT}", env={MARKER: VALUE} if sign == "marker" else None)
    known = state(begun=one.started + begun, seen=(identity(one),) if sign == "seen" else ())
    assert (one.pid in belonging(known)) is ours


@pytest.mark.parametrize("place", ["", "another-boot {space}", "{boot} pid:[1]", "{place} "])
def test_numbers_of_another_boot_or_namespace_mean_nothing(process, place):
    one = process(f"{SAY}; {WAIT}", env={MARKER: VALUE})
    boot, space = procfs.place().split()
    known = state(seen=(identity(one),), guard=identity(one))
    assert belonging(known) == {one.pid: one.started}
    assert belonging(known._replace(place=place.format(boot=boot, space=space, place=procfs.place()))) == {}


@pytest.mark.parametrize(
    ("value", "ours"),
    [
        ("{}", True),
        ("toy@0123456789abcdee", False),
        ("other-{}", False),
        ("{}0", False),
        ("toy", False),
        ("", False),
    ],
)
def test_the_marker_of_a_run_is_its_own(process, value, ours):
    one = process(f"{SAY}; {WAIT}", env={MARKER: value.format(VALUE)})
    assert (one.pid in belonging(state())) is ours


def test_who_writes_to_a_log_of_the_run_belongs_to_it(process):
    one, other = process(f"{SAY}; {WAIT}"), process(f"{SAY}; {WAIT}")
    inode = os.fstat(process.popens[0].stdout.fileno()).st_ino
    assert set(belonging(state(pipes=(inode,)))) == {one.pid}
    assert other.pid not in belonging(state(pipes=(inode + 1_000_000,)))


def test_descendants_of_what_is_known_are_known(process):
    code = f"a = os.fork(); a or (os.setsid(), ({WAIT})); print(a, flush=True); {WAIT}"
    child = process(code)
    parent = procfs.look(process.popens[0].pid)
    until(lambda: procfs.look(child.pid).session == child.pid)
    assert set(belonging(state(seen=(identity(parent),)))) == {parent.pid, child.pid}


def test_what_has_ended_is_not_left(process):
    done = process(SAY)
    until(lambda: procfs.look(done.pid).ended)
    assert belonging(state(seen=(identity(done),))) == {}


def test_nobody_ends_itself_its_ancestors_or_process_1(process):
    line = [psutil.Process(), *psutil.Process().parents()]
    known = [procfs.look(each.pid) for each in line]
    one = process(f"{SAY}; {WAIT}")
    seen = (*map(identity, known), identity(procfs.look(1)), identity(one))
    found = belonging(state(seen=seen, guard=identity(known[-1])))
    assert one.pid in found
    assert not {1, *(each.pid for each in line)} & set(found)


def test_a_process_that_nothing_is_an_ancestor_of_spares_process_1_too(process, monkeypatch):
    """In a container that was entered from outside, process 1 is nobody's ancestor."""
    table = procfs.table()
    table[os.getpid()] = table[os.getpid()]._replace(parent=0)
    monkeypatch.setattr(procfs, "table", lambda: table)
    assert 1 not in belonging(state(seen=(identity(table[1]),)))


def test_where_the_place_is_not_known_numbers_mean_nothing(process, monkeypatch):
    one = process(f"{SAY}; {WAIT}")
    monkeypatch.setattr(procfs, "place", lambda: "")
    assert belonging(state(seen=(identity(one),))) == {}


@pytest.mark.parametrize(
    ("env", "off", "ours"),
    [
        ({MARKER: VALUE}, 0, True),
        ({MARKER: VALUE}, 1, False),
        ({MARKER: "other@0123456789abcdef"}, 0, False),
        ({"HOME": "/"}, 0, False),
        ({}, 0, True),
        ({}, 1, False),
    ],
    ids=["of the run", "older than it", "of another run", "a stranger's child", "has no environment", "and is older"],
)
def test_what_a_dead_guard_leaves_to_its_command_is_told_from_other_children(process, env, off, ours):
    one = process(f"{SAY}; {WAIT}", env=env)
    assert (one.pid in Adopted(RUN, one.started + off).scan()) is ours


# --- Ending -------------------------------------------------------------------------------------------------------


@pytest.fixture
def leader(process, parent_of_orphans):
    """Start code as the leader of a group; its `popen` is the process itself."""

    def start(name, code):
        found = process(code, start_new_session=True)
        made = Leader(name, name, found.pid, found.started)
        made.popen = process.popens[-1]
        return made

    return start


def drive(steps, *leaders, within=30.0):
    """Take all steps, and note ends as the guard does; returns the names in the order of their ends, and seconds."""
    begun, order = time.monotonic(), []
    for _ in steps:
        for each in leaders:
            if each.status is None and each.popen.poll() is not None:
                each.status = each.popen.returncode
                order.append(each.name)
        assert time.monotonic() < begun + within, "it never ended"
        time.sleep(0.005)
    return order, time.monotonic() - begun


def living():
    """Return our living descendants, after those that ended have been waited for."""
    return Descendants().scan()


def test_workers_stop_all_at_once_and_what_was_started_first_last():
    leaders = [Leader(name, group, 1, 1) for name, group in (("f", "f"), ("a", "w"), ("b", "w"), ("c", "x"))]
    leaders[2].status = 0
    assert [[each.name for each in group] for group in stop_order(leaders)] == [["a", "c"], ["f"]]
    assert stop_order([]) == [[], []]
    assert stop_order(leaders[:1]) == [[], leaders[:1]]


def test_a_group_is_asked_when_the_one_before_has_ended(leader):
    slow = f"signal.signal(15, lambda *_: (time.sleep(0.5), os._exit(0))); {SAY}; {WAIT}"
    front, one, other = leader("front", f"{SAY}; {WAIT}"), leader("slow", slow), leader("quick", f"{SAY}; {WAIT}")
    deadline = time.monotonic() + 30
    order, took = drive(stopping([[one, other], [front]], living, lambda: deadline), one, other, front)
    assert order == ["quick", "slow", "front"]
    assert [one.status, other.status, front.status] == [0, -15, -15]
    assert 0.5 <= took < 5


def test_what_ignores_it_is_killed_at_the_deadline_and_no_sooner(leader):
    front, deaf = leader("front", f"{SAY}; {WAIT}"), leader("deaf", DEAF)
    deadline = time.monotonic() + 1.0
    _, took = drive(stopping([[deaf], [front]], living, lambda: deadline), deaf, front)
    assert deaf.popen.wait(5) == -signal.SIGKILL
    assert front.popen.wait(5) in (-signal.SIGTERM, -signal.SIGKILL)
    assert 0.9 <= took < 5
    assert not living()


def test_a_deadline_can_come_nearer(leader):
    deaf = leader("deaf", DEAF)
    deadline = [time.monotonic() + 600]
    steps = stopping([[deaf]], living, lambda: deadline[0])
    for _ in range(5):
        next(steps)
    deadline[0] = time.monotonic() + 0.2
    _, took = drive(steps, deaf)
    assert took < 5
    assert deaf.popen.wait(5) == -signal.SIGKILL


def test_what_outlives_its_leader_is_asked_and_then_killed(leader, tmp_path, monkeypatch):
    monkeypatch.setattr(family, "_STRAYS", 0.5)
    asked = tmp_path / "asked"
    polite = f"signal.signal(15, lambda *_: (open({str(asked)!r}, 'w'), os._exit(0)))"
    code = (
        f"read, write = os.pipe()\n"
        f"if not os.fork():\n    os.setsid()\n    {polite}; os.write(write, b'.'); {WAIT}\n"
        f"if not os.fork():\n    os.setsid()\n    signal.signal(15, signal.SIG_IGN); os.write(write, b'.'); {WAIT}\n"
        f"os.read(read, 1), os.read(read, 1), {SAY}; {WAIT}"
    )
    one = leader("one", code)
    strays = set(living()) - {one.pid}
    assert len(strays) == 2
    deadline = time.monotonic() + 60
    _, took = drive(stopping([[one]], living, lambda: deadline), one)
    assert asked.exists(), "SIGTERM came first"
    assert not strays & set(living())
    assert 0.4 < took < 10


def test_nothing_to_end_ends_at_once():
    assert list(stopping([[], []], dict, lambda: time.monotonic() + 60)) == []
    assert list(ending(dict, signal.SIGTERM, time.monotonic() + 60)) == []


def test_each_is_asked_once_and_those_that_come_later_too(leader):
    first, made = leader("first", COUNTS), []
    steps = ending(living, signal.SIGTERM, time.monotonic() + 60)
    for turn in range(8):
        next(steps)
        if turn == 3:
            made.append(leader("second", COUNTS))
    for each in (first, *made):
        assert each.popen.stdout.readline() == "asked\n"
    first.popen.kill()
    rest = first.popen.stdout.read()
    assert rest == "", "it was asked once"


def test_what_a_stranger_with_a_reused_number_is_told_is_nothing(process):
    stranger = process(COUNTS)
    told = ending(lambda: {stranger.pid: stranger.started - 1}, signal.SIGTERM, time.monotonic() + 0.2)
    for _ in told:
        time.sleep(0.01)
    for _ in ending(lambda: {stranger.pid: stranger.started - 1}, signal.SIGKILL, time.monotonic() + 0.2):
        time.sleep(0.01)
    assert procfs.look(stranger.pid) == stranger
    process.popens[0].kill()
    assert process.popens[0].stdout.read() == ""
