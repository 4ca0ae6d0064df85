"""What a machine lacks is told before anything starts: rules on given figures, readers on files, a real interpreter."""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from dynamo_recipes.app.planning import planned
from dynamo_recipes.errors import Interrupted, Refused
from dynamo_recipes.launch import environments, memory, preflight, software
from dynamo_recipes.launch.memory import Memory
from dynamo_recipes.launch.preflight import Disk, Known, Room
from dynamo_recipes.launch.signals import Signals, watched

HEAD = "schema: 1\nmodel: {packaged: tiny}\nengine: mocker\n"
CACHE, STATE = Path("/cache"), Path("/state")
ENVIRONMENT = Room("the environment needs about", CACHE, 600, "XDG_CACHE_HOME")
LOGS = Room("logs and state need at least", STATE, 64, "XDG_STATE_HOME")


def graph(rest="", **install):
    """Return a plan and its processes; `install` replaces what it needs."""
    result = planned((HEAD + rest).encode(), "x.yaml")
    assert result.findings == ()
    return result.plan._replace(install=result.plan.install._replace(**install)), result.instances


# Disks


@pytest.mark.parametrize(
    ("cache", "state", "expected"),
    [
        (Disk(1, 600), Disk(2, 64), []),
        (Disk(1, 599), Disk(2, 64), ["the environment needs about 600 MiB, and the disk of /cache has 599 MiB free."]),
        (Disk(1, 600), Disk(2, 63), ["logs and state need at least 64 MiB, and the disk of /state has 63 MiB free."]),
        (
            Disk(1, 0),
            Disk(2, 0),
            [
                "the environment needs about 600 MiB, and the disk of /cache has 0 MiB free.",
                "logs and state need at least 64 MiB, and the disk of /state has 0 MiB free.",
            ],
        ),
        (Disk(1, 664), Disk(1, 664), []),
        (
            Disk(1, 663),
            Disk(1, 663),
            [
                "the environment needs about 600 MiB and logs and state need at least 64 MiB, "
                "and the disk of /cache has 663 MiB free."
            ],
        ),
        (None, Disk(1, 64), []),
        (None, Disk(1, 63), ["logs and state need at least 64 MiB, and the disk of /state has 63 MiB free."]),
        (Disk(1, 600), None, []),
        (None, None, []),
    ],
)
def test_each_disk_has_room_for_all_that_goes_there(cache, state, expected):
    found = preflight.room([(ENVIRONMENT, cache), (LOGS, state)])
    assert [each.message[0].lower() + each.message[1:] for each in found] == expected
    assert {each.code for each in found} <= {"DR603"}
    for each in found:
        assert ("XDG_CACHE_HOME" in each.hint) == ("environment" in each.message)
        assert ("XDG_STATE_HOME" in each.hint) == ("ogs and state" in each.message)


def test_the_disk_of_a_folder_that_is_not_there_is_that_of_the_next_above(tmp_path):
    here = preflight.disk(tmp_path)
    assert here.number == tmp_path.stat().st_dev
    assert here.free_mib > 0
    assert preflight.disk(tmp_path / "a" / "b").number == here.number


def test_a_file_system_without_sizes_says_nothing():
    assert preflight.disk(Path("/proc/self")) is None


# Memory


@pytest.mark.parametrize(
    ("needs", "had", "expected"),
    [
        ([50, 62], 112, None),
        ([50, 62], 111, "About 112 MiB of memory are needed for 2 processes, and 111 MiB are available (/m)."),
        ([50, None], 50, None),
        ([50, None], 49, "About 50 MiB of memory are needed for 1 process, and 49 MiB are available (/m)."),
        ([None, None], 0, None),
        ([], 0, None),
        ([50, 62], None, None),
    ],
)
def test_processes_get_no_more_memory_than_there_is(needs, had, expected):
    found = preflight.enough(needs, None if had is None else Memory(had, "/m"))
    assert [(each.code, each.message) for each in found] == ([("DR611", expected)] if expected else [])


def test_every_process_counts_with_the_figure_of_its_kind():
    plan, instances = graph("workers: {prefill: {replicas: 2}, decode: {}}", frontend_mib=1, worker_mib=10)
    assert sorted(preflight.memory_needs(plan, instances)) == [1, 10, 10, 10]
    plan, instances = graph(frontend_mib=1, worker_mib=None)
    assert set(preflight.memory_needs(plan, instances)) == {1, None}


class Machine:
    """A /proc and control groups as files. The groups' tree is mounted at `groups`."""

    def __init__(self, folder: Path) -> None:
        self.proc, self.groups = folder / "proc", folder / "groups"
        (self.proc / "self").mkdir(parents=True)
        self.groups.mkdir()

    def has(self, available_mib: int) -> None:
        text = f"MemTotal: 99999999 kB\nMemFree: 1 kB\nMemAvailable: {available_mib * 1024} kB\n"
        (self.proc / "meminfo").write_text(text)

    def v2(self, path: str, root: str = "/") -> None:
        self._mount(f"0::{path}\n", f"30 23 0:26 {root} {self.groups} rw,nosuid shared:9 - cgroup2 cgroup2 rw\n")

    def v1(self, path: str, root: str = "/") -> None:
        self._mount(
            f"9:name=systemd:/elsewhere\n4:cpu,memory:{path}\n3:cpuset:/\n0::/elsewhere\n",
            f"31 23 0:28 / /dev/null rw - cgroup cgroup rw,cpuset\n"
            f"30 23 0:26 {root} {self.groups} rw - cgroup cgroup rw,cpu,memory\n",
        )

    def _mount(self, groups: str, mount: str) -> None:
        (self.proc / "self" / "cgroup").write_text(groups)
        (self.proc / "self" / "mountinfo").write_text(f"22 1 0:1 / / rw - ext4 /dev/vda rw\n23 22 0:2 / /x rw\n{mount}")

    def group(self, path: str, **files: object) -> Path:
        folder = self.groups / path
        folder.mkdir(parents=True, exist_ok=True)
        for name, value in files.items():
            (folder / f"memory.{name}").write_text(f"{value}\n")
        return folder

    def limit(self, path: str, limit_mib: int | str, used_mib: int, files_mib: int = 0) -> Path:
        """Make a group of version 2."""
        limit = limit_mib if isinstance(limit_mib, str) else limit_mib << 20
        stat = f"anon 1\ninactive_file {files_mib << 20}\nactive_file 0"
        return self.group(path, max=limit, current=used_mib << 20, stat=stat)

    def left(self) -> Memory | None:
        return memory.available(self.proc)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_without_groups_it_is_the_machines_own(machine):
    machine.has(4000)
    assert machine.left() == Memory(4000, str(machine.proc / "meminfo"))


def test_nothing_that_can_be_read_is_nothing_known(machine):
    assert machine.left() is None
    (machine.proc / "meminfo").write_text("MemTotal: 1 kB\n")
    assert machine.left() is None
    (machine.proc / "meminfo").write_text("MemAvailable: many kB\n")
    assert machine.left() is None


@pytest.mark.parametrize(("limit", "used", "expected"), [(500, 100, 400), (5000, 100, 4000), (100, 200, 0)])
def test_the_smaller_of_machine_and_group_counts(machine, limit, used, expected):
    machine.has(4000)
    machine.v2("/mine")
    folder = machine.limit("mine", limit, used)
    file = folder / "memory.max" if expected < 4000 else machine.proc / "meminfo"
    assert machine.left() == Memory(expected, str(file))


def test_a_group_above_limits_too_and_max_is_no_limit(machine):
    machine.has(4000)
    machine.v2("/a/b/c")
    machine.limit("a/b/c", "max", 10)
    machine.limit("a", 300, 50)
    machine.limit("a/b", 290, 10)
    assert machine.left() == Memory(250, str(machine.groups / "a" / "memory.max"))


def test_files_that_the_kernel_can_drop_are_no_use(machine):
    machine.v2("/mine")
    machine.limit("mine", 500, 480, files_mib=300)
    assert machine.left().mib == 320


def test_limits_of_version_1_count(machine):
    machine.has(4000)
    machine.v1("/docker/x")
    stat = f"cache 9\ntotal_inactive_file {20 << 20}\ntotal_active_file {10 << 20}"
    machine.group("", limit_in_bytes=9223372036854771712, usage_in_bytes=1, stat=stat)
    folder = machine.group("docker/x", limit_in_bytes=200 << 20, usage_in_bytes=50 << 20, stat=stat)
    assert machine.left() == Memory(180, str(folder / "memory.limit_in_bytes"))


@pytest.mark.parametrize(
    ("path", "root", "folder"),
    [
        ("/docker/x", "/docker/x", ""),
        ("/docker/x/inner", "/docker/x", "inner"),
        ("/docker/xy", "/docker/x", ""),
        ("/../outside", "/", ""),
        ("/", "/", ""),
    ],
)
def test_a_container_sees_its_own_part_of_the_groups(machine, path, root, folder):
    machine.v2(path, root)
    file = machine.limit(folder, 100, 0) / "memory.max"
    machine.limit("y", 1, 0)
    assert machine.left() == Memory(100, str(file))


@pytest.mark.parametrize("missing", ["max", "current", "stat"])
def test_a_group_that_is_half_known_is_not_known(machine, missing):
    machine.v2("/mine")
    (machine.limit("mine", 100, 0) / f"memory.{missing}").unlink()
    assert machine.left() is None


def test_this_machine_has_memory():
    had = memory.available()
    assert 0 < had.mib <= psutil.virtual_memory().total >> 20


# Headers and libraries


def fake_python(folder: Path, code: str) -> str:
    """Return an interpreter that does something else when it is asked."""
    file = folder / "python"
    file.write_text(f"#!{sys.executable}\nimport sys, os, time, sysconfig\n{code}\n")
    file.chmod(0o755)
    return str(file)


@pytest.fixture(autouse=True)
def no_folders_of_the_caller(monkeypatch):
    for variable in ("CPATH", "C_INCLUDE_PATH", "LD_LIBRARY_PATH"):
        monkeypatch.delenv(variable, raising=False)


LIES = "sysconfig.get_path = lambda *_: {!r}\ncode, sys.argv = sys.argv[2], sys.argv[2:]\nexec(code)"
ABSENT = "libabsent-dynamo-recipes.so.7"


def lacking(python=sys.executable, rest="", signals=None, **install):
    plan, _ = graph(rest, **{"headers": False, "libraries": (), **install})
    return software.check(plan, python, signals or Signals())


def test_what_is_there_is_found():
    assert lacking(libraries=(("libc.so.6", "libc6"), ("libm.so.6", None))) == ()


def test_each_missing_library_is_a_finding_with_its_package_where_it_is_known():
    first, second = lacking(libraries=((ABSENT, "libabsent7"), ("libc.so.6", "libc6"), ("libgone.so", None)))
    assert (first.code, second.code) == ("DR612", "DR612")
    assert first.message == (
        f"The engine needs the library {ABSENT}: cannot open shared object file: No such file or directory."
    )
    assert "libabsent7" in first.hint
    assert "libgone.so" in second.message
    assert second.hint.startswith("Install the package that has it, or")


def test_a_library_that_is_there_and_cannot_be_loaded_is_told_with_the_loaders_reason(tmp_path, monkeypatch):
    (tmp_path / ABSENT).write_text("no library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    (found,) = lacking(libraries=((ABSENT, None),))
    assert "file too short" in found.message or "invalid ELF header" in found.message


def test_headers_are_those_of_the_interpreter(tmp_path):
    (tmp_path / "include").mkdir()
    python = fake_python(tmp_path, LIES.format(str(tmp_path / "include")))
    (found,) = lacking(python, headers=True)
    assert (found.code, "python3-dev" in found.hint) == ("DR612", True)
    assert f"{tmp_path}/include does not have it" in found.message
    (tmp_path / "include" / "Python.h").touch()
    assert lacking(python, headers=True) == ()


def test_headers_in_the_callers_own_folders_count(tmp_path, monkeypatch):
    python = fake_python(tmp_path, LIES.format("/nowhere"))
    monkeypatch.setenv("CPATH", f"/other:{tmp_path}")
    assert [each.code for each in lacking(python, headers=True)] == ["DR612"]
    (tmp_path / "Python.h").touch()
    assert lacking(python, headers=True) == ()


def test_headers_come_first_and_all_is_told_at_once(tmp_path):
    python = fake_python(tmp_path, LIES.format("/nowhere"))
    found = lacking(python, headers=True, libraries=((ABSENT, None),))
    assert ["Python.h" in each.message for each in found] == [True, False]


def test_no_interpreter_is_started_when_nothing_is_needed(tmp_path):
    python = fake_python(tmp_path, f"open({str(tmp_path / 'asked')!r}, 'w')")
    assert lacking(python) == ()
    assert not (tmp_path / "asked").exists()
    lacking(python, libraries=(("libc.so.6", None),))
    assert (tmp_path / "asked").exists()


@pytest.mark.parametrize(
    "code",
    [
        "sys.exit(1)",
        "print('[')",
        "print('[1]')",
        "pass",
        "os.kill(os.getpid(), 9)",
        f"print({json.dumps(json.dumps({ABSENT: 'gone'}))}); sys.exit(3)",
    ],
)
def test_an_answer_that_is_none_is_not_known(tmp_path, code):
    assert lacking(fake_python(tmp_path, code), libraries=((ABSENT, None),)) == ()


def test_words_of_a_library_that_is_loaded_do_not_disturb(tmp_path):
    python = fake_python(tmp_path, "os.write(1, b'hello')\n" + LIES.format("/nowhere"))
    assert [each.code for each in lacking(python, libraries=((ABSENT, None),))] == ["DR612"]


def test_an_interpreter_that_cannot_be_run_is_told_elsewhere(tmp_path):
    assert lacking(str(tmp_path / "missing"), libraries=((ABSENT, None),)) == ()


def test_a_recipe_that_says_where_to_search_is_not_checked():
    libraries = ((ABSENT, None),)
    assert lacking(rest="env: {LD_LIBRARY_PATH: /opt/lib}", libraries=libraries) == ()
    assert lacking(rest="workers: {aggregated: {env: {CPATH: /opt/include}}}", libraries=libraries) == ()
    assert len(lacking(rest="env: {PATH_OF_MINE: /opt/lib}", libraries=libraries)) == 1


def sleeper(folder: Path) -> tuple[str, Path]:
    """Return an interpreter that never answers, and the file in which it and its child write their numbers."""
    pids = folder / "pids"
    code = (
        f"child = os.fork()\nif child:\n    with open({str(folder / 'draft')!r}, 'w') as file:\n"
        f"        file.write(f'{{os.getpid()}} {{child}}')\n    os.rename(file.name, {str(pids)!r})\ntime.sleep(600)"
    )
    return fake_python(folder, code), pids


def written(pids: Path) -> list[int]:
    until = time.monotonic() + 30
    while not pids.exists() and time.monotonic() < until:
        time.sleep(0.01)
    return [int(each) for each in pids.read_text().split()]


def gone(pid: int) -> bool:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


def test_an_interpreter_that_does_not_answer_is_ended_and_nothing_is_known(tmp_path, monkeypatch):
    python, pids = sleeper(tmp_path)
    monkeypatch.setattr(preflight, "_PATIENCE", 2.0)
    assert lacking(python, libraries=((ABSENT, None),)) == ()
    assert all(gone(each) for each in written(pids))


def test_ctrl_c_ends_the_question(tmp_path):
    python, pids = sleeper(tmp_path)

    def interrupt():
        written(pids)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    with watched() as signals:
        thread.start()
        with pytest.raises(Interrupted):
            lacking(python, signals=signals, libraries=((ABSENT, None),))
        thread.join()
    assert all(gone(each) for each in written(pids))


def test_after_ctrl_c_nothing_is_asked(tmp_path):
    signals = Signals()
    signals.received.append(signal.SIGINT)
    with pytest.raises(Interrupted):
        lacking(fake_python(tmp_path, f"open({str(tmp_path / 'asked')!r}, 'w')"), "", signals, headers=True)
    assert not (tmp_path / "asked").exists()


# Together


def test_what_is_known_of_an_environment_before_it_is_made(tmp_path):
    install = graph()[0].install
    own = str(tmp_path / "own")
    assert preflight.known(install, own, None) == Known(f"{own}/bin/python", None)
    assert preflight.known(install, own, "3.11") == Known(f"{own}/bin/python", None)
    folder = environments.folder_of(install, sys.executable)
    assert preflight.known(install, None, sys.executable) == Known(sys.executable, folder)
    assert preflight.known(install, None, "3.11") == Known(None, environments.folder_of(install, "3.11"))
    assert preflight.known(install, None, "/no/python") == Known(None, environments.folder_of(install, "/no/python"))
    assert preflight.known(install, None, None) == Known(None, environments.folder_of(install, None))


def test_an_environment_that_is_made_needs_no_room_and_can_be_asked(tmp_path):
    install = graph()[0].install
    folder = environments.folder_of(install, "3.11")
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").touch()
    assert preflight.known(install, None, "3.11") == Known(None, folder)
    (folder / ".dynamo-recipes-complete").touch()
    assert preflight.known(install, None, "3.11") == Known(str(folder / "bin" / "python"), None)


HUGE = 10**12
LACKING = SimpleNamespace(disk_mib=HUGE, worker_mib=HUGE, libraries=((ABSENT, None),))


def test_everything_that_is_missing_is_told_at_once(tmp_path):
    plan, instances = graph(**vars(LACKING))
    known = Known(sys.executable, tmp_path / "environment")
    found = preflight.check(plan, instances, tmp_path, known, Signals())
    assert [each.code for each in found] == ["DR603", "DR611", "DR612"]
    assert all(each.hint for each in found)
    assert preflight.check_made(plan, known, sys.executable, Signals()) == ()


def test_what_cannot_be_asked_before_is_asked_when_the_environment_is_made(tmp_path):
    plan, instances = graph(**vars(LACKING))
    known = Known(None, None)
    assert [each.code for each in preflight.check(plan, instances, tmp_path, known, Signals())] == ["DR611"]
    assert [each.code for each in preflight.check_made(plan, known, sys.executable, Signals())] == ["DR612"]


def test_a_machine_that_has_all_is_told_nothing(tmp_path):
    plan, instances = graph(libraries=(("libc.so.6", "libc6"),))
    assert preflight.check(plan, instances, tmp_path, Known(sys.executable, None), Signals()) == ()


def test_the_disk_is_looked_at_again_when_the_environment_is_made():
    install = graph(disk_mib=HUGE)[0].install
    with pytest.raises(Refused) as refused:
        environments.prepare(install, sys.executable, lambda text: None, Signals())
    assert [each.code for each in refused.value.findings] == ["DR603"]
    assert not environments.is_made(environments.folder_of(install, sys.executable))


def test_a_given_environment_must_have_the_module(tmp_path):
    def codes(module):
        return [each.code for each in preflight.unusable(str(tmp_path), module, Signals())]

    assert codes("json") == ["DR607"], "no interpreter"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(sys.executable)
    assert codes("json") == []
    assert codes("no_such_module") == ["DR607"]
    (tmp_path / "bin/python").unlink()
    (tmp_path / "bin/python").write_text("no program")
    (tmp_path / "bin/python").chmod(0o755)
    assert codes("json") == ["DR607"], "it cannot be run"
