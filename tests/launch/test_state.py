"""What a run writes down: whole or not at all, and nothing but what it should be is ever believed."""

import json
import os
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamo_recipes.launch.state import FILE, MARKER, State, Unreadable, forget, load, save

GOOD = State(
    name="toy",
    place="boot namespace",
    marker=f"{MARKER}=toy@0123456789abcdef",
    runner=(10, 100),
    guard=(11, 101),
    begun=101,
    scanned=200,
    seen=((12, 110), (13, 120)),
    pipes=(4711, 4712),
)
AS_WRITTEN = {"state": 1, **json.loads(json.dumps(GOOD._asdict()))}
NO_STATE = "it does not have the form of a state"
NO_PROCESSES = "it names processes that cannot be those of a run"


def test_what_is_saved_is_loaded(tmp_path):
    save(tmp_path, GOOD)
    assert load(tmp_path) == GOOD
    save(tmp_path, GOOD._replace(seen=(), pipes=()))
    assert load(tmp_path).seen == ()
    assert [each.name for each in tmp_path.iterdir()] == [FILE], "no draft is left"


def test_no_file_is_no_state(tmp_path):
    assert load(tmp_path) is None
    assert load(tmp_path / "missing") is None


def test_what_is_forgotten_has_gone(tmp_path):
    save(tmp_path, GOOD)
    forget(tmp_path)
    assert load(tmp_path) is None
    forget(tmp_path)
    forget(tmp_path / "missing")


def test_a_reader_never_sees_half_a_state(tmp_path):
    versions = [GOOD, GOOD._replace(seen=tuple((pid, 1) for pid in range(2, 5000)))]
    save(tmp_path, GOOD)
    done = threading.Event()

    def write():
        for number in range(300):
            save(tmp_path, versions[number % 2])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen, until = set(), time.monotonic() + 60
    while (not done.is_set() or len(seen) < 2) and time.monotonic() < until:
        seen.add(versions.index(load(tmp_path)))
    writer.join()
    assert done.is_set()


def test_a_state_that_cannot_be_written_leaves_the_one_before(tmp_path):
    save(tmp_path, GOOD)
    (tmp_path / f".{FILE}").mkdir()
    with pytest.raises(OSError, match="directory"):
        save(tmp_path, GOOD._replace(seen=()))
    assert load(tmp_path) == GOOD


@pytest.mark.parametrize("place", ["file", "/proc/1"])
def test_a_folder_that_takes_no_file_is_an_error(tmp_path, place):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"\w"):
        save(tmp_path / place, GOOD)


def but(**changed):
    return json.dumps(AS_WRITTEN | changed).encode()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(b"", "it is not JSON", id="empty"),
        pytest.param(but()[:-5], "it is not JSON", id="cut off"),
        pytest.param(b"\0" * 500, "it is not JSON", id="null bytes"),
        pytest.param(but() + b"\0", "it is not JSON", id="a null byte after it"),
        pytest.param(b"\xff\xfe{}\x80", "it is not JSON", id="no text"),
        pytest.param(b"[" * 100_000, "it is not JSON", id="deep"),
        pytest.param(b'{"a":' * 100_000, "it is not JSON", id="deep objects"),
        pytest.param(b"1" * (5 << 20), "it is larger than 4 MiB", id="a huge number"),
        pytest.param(but(seen=[[2, 3]] * 1_000_000), "it is larger than 4 MiB", id="huge"),
        pytest.param(but(state=2), "a newer dynamo-recipe wrote it (version 2, this one knows 1)", id="newer"),
        pytest.param(b'{"state": 7}', "a newer dynamo-recipe wrote it (version 7, this one knows 1)", id="much newer"),
        pytest.param(but(state=0), "its version is not known", id="older"),
        pytest.param(but(state="1"), "its version is not known", id="a version in quotes"),
        *(
            pytest.param(text, NO_STATE, id=text.decode() + " alone")
            for text in (b"[]", b"null", b"1", b'"state"', b"{}", b'{"state": 1}', b"[1]")
        ),
        *(
            pytest.param(but(**{key: value}), NO_STATE, id=f"{key} is {value}")
            for key, value in [
                ("extra", 1),
                ("name", None),
                ("place", 5),
                ("marker", ["x"]),
                ("runner", 10),
                ("runner", [10]),
                ("runner", "10"),
                ("runner", [10, 1, 1]),
                ("runner", [-1, 100]),
                ("runner", [0, 100]),
                ("guard", [11, -1]),
                ("guard", [11.0, 1]),
                ("guard", [True, 1]),
                ("guard", None),
                ("seen", 5),
                ("seen", {"a": 1}),
                ("seen", [5]),
                ("seen", [[-5, 1]]),
                ("seen", [[0, 1]]),
                ("seen", [["5", "1"]]),
                ("seen", [[5, None]]),
                ("seen", [[[5, 1], 1]]),
                ("pipes", None),
                ("pipes", "12"),
                ("pipes", [[1]]),
                ("begun", "now"),
                ("begun", 1.5),
                ("scanned", None),
            ]
        ),
        *(
            pytest.param(but(**{key: value}), NO_PROCESSES, id=f"{key} is {value!a}")
            for key, value in [
                ("seen", [[12, 110], [1, 0]]),
                ("guard", [1, 0]),
                ("marker", ""),  # every environment ends with an empty entry
                ("marker", MARKER),
                ("marker", f"{MARKER}="),
                ("marker", "HOME=/root"),
                ("marker", f"{MARKER}=toy@0123456789abcde\udcff"),
                ("marker", f"{MARKER}=\ud800@0123456789abcdef"),
                ("marker", f"{MARKER}=toy@0123456789abcdef\n"),
            ]
        ),
    ],
)
def test_what_is_no_state_is_told_and_why(tmp_path, text, why):
    (tmp_path / FILE).write_bytes(text)
    with pytest.raises(Unreadable) as unreadable:
        load(tmp_path)
    assert str(unreadable.value) == why


def test_a_state_that_is_no_file_is_told(tmp_path):
    (tmp_path / FILE).mkdir()
    with pytest.raises(Unreadable, match="Is a directory"):
        load(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(Unreadable, match="Not a directory"):
        load(tmp_path / "file")


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_what_another_user_wrote_is_not_believed(tmp_path):
    save(tmp_path, GOOD)
    os.chown(tmp_path / FILE, 4711, 4711)
    with pytest.raises(Unreadable, match="user 4711 wrote it"):
        load(tmp_path)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 1 << 70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([*AS_WRITTEN, "extra"]), VALUES, min_size=1, max_size=3))
def test_whatever_a_file_says_is_a_state_of_the_right_types_or_unreadable(tmp_path, changed):
    (tmp_path / FILE).write_text(json.dumps(AS_WRITTEN | changed))
    try:
        found = load(tmp_path)
    except Unreadable:
        return
    assert all(type(each) is str for each in (found.name, found.place, found.marker))
    pairs = (found.runner, found.guard, *found.seen)
    assert all(type(number) is int and number >= 0 for pair in pairs for number in pair)
    assert all(len(pair) == 2 for pair in pairs)
    assert all(type(each) is int for each in (found.begun, found.scanned, *found.pipes))
    assert found.marker.startswith(f"{MARKER}=toy@")
