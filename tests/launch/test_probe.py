"""The probe: each part with what it finds, what it cannot have, and the time that it takes at most."""

import ctypes
import json
import os
import socket
import stat
import sys
import threading
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest

from dynamo_recipes.launch import cgroups, children, dockerd, memory, nvml, probe, processor, pythons
from dynamo_recipes.launch.children import Child


class Library:
    """NVML with recorded answers: what each function returns, and what it writes where it is told to."""

    def __init__(self, **statuses: int) -> None:
        self.statuses = statuses
        self.asked: list[str] = []

    def __getattr__(self, function):
        if not function.startswith("nvml") or self.statuses.get(function) == -1:
            raise AttributeError(function)

        def call(*arguments):
            self.asked.append(function)
            status = self.statuses.get(function, 0)
            if status == 0 and function in ANSWERS:
                ANSWERS[function](*arguments)
            return status

        return call


def text(value):
    def write(*arguments):
        buffer, size = arguments[-2:]
        assert size == len(buffer)
        buffer.value = value

    return write


def numbers(*values):
    def write(*arguments):
        for each, value in zip(arguments[-len(values) :], values, strict=True):
            each._obj.value = value

    return write


def sizes(_handle, memory):
    memory._obj.total = 81559 << 20


ANSWERS = {
    "nvmlSystemGetDriverVersion": text(b"580.65.06"),
    "nvmlSystemGetCudaDriverVersion_v2": numbers(13000),
    "nvmlDeviceGetCount_v2": numbers(2),
    "nvmlDeviceGetHandleByIndex_v2": numbers(42),
    "nvmlDeviceGetName": text(b"NVIDIA H100 80GB HBM3"),
    "nvmlDeviceGetMemoryInfo": sizes,
    "nvmlDeviceGetCudaComputeCapability": numbers(9, 0),
    "nvmlDeviceGetMigMode": numbers(1, 0),
}
GPU = {"product": "NVIDIA H100 80GB HBM3", "memory_mib": 81559, "compute_capability": "9.0", "mig": True}


def test_nvml_tells_of_driver_cuda_and_each_gpu():
    library = Library()
    assert nvml.read(library) == {"driver": "580.65.06", "cuda": "13.0", "gpus": [GPU, GPU], "problems": []}
    assert (library.asked[0], library.asked[-1]) == ("nvmlInit_v2", "nvmlShutdown")


@pytest.mark.parametrize(
    ("function", "status", "changed", "problem"),
    [
        ("nvmlSystemGetDriverVersion", 999, {"driver": None}, "failed with 999"),
        ("nvmlSystemGetCudaDriverVersion_v2", -1, {"cuda": None}, "is not in the library"),
        ("nvmlDeviceGetCount_v2", 4, {"gpus": None}, "is not permitted"),
        ("nvmlDeviceGetHandleByIndex_v2", 4, {"gpus": None}, "is not permitted"),
        ("nvmlDeviceGetName", 15, {"gpus": [GPU | {"product": None}] * 2}, "failed with 15"),
        ("nvmlDeviceGetMemoryInfo", 3, {"gpus": [GPU | {"memory_mib": None}] * 2}, None),
        ("nvmlDeviceGetCudaComputeCapability", 1, {"gpus": [GPU | {"compute_capability": None}] * 2}, "failed with 1"),
        ("nvmlDeviceGetMigMode", 3, {"gpus": [GPU | {"mig": None}] * 2}, None),
    ],
)
def test_what_nvml_does_not_tell_is_unknown_and_the_rest_is_told(function, status, changed, problem):
    told = nvml.read(Library(**{function: status}))
    problems = told.pop("problems")
    assert told == {"driver": "580.65.06", "cuda": "13.0", "gpus": [GPU, GPU], **changed}
    assert set(problems) == ({f"NVML: {function} {problem}"} if problem else set())


def test_nvml_that_does_not_start_is_one_line():
    told = nvml.read(Library(nvmlInit_v2=9))
    assert told == {
        "driver": None,
        "cuda": None,
        "gpus": None,
        "problems": ["NVML: nvmlInit_v2 found no driver"],
    }


def test_cuda_of_two_figures():
    number = ctypes.c_int(12090)
    assert f"{number.value // 1000}.{number.value % 1000 // 10}" == "12.9"


# NVML as a process of its own


@pytest.fixture
def program(tmp_path):
    def write(code):
        (tmp_path / "told.py").write_text(code)
        return probe.AskedDriver(str(tmp_path / "told.py"))

    return write


def soon(seconds=10.0):
    return monotonic() + seconds


def test_a_machine_without_the_library_has_a_line_and_nothing_else():
    """Real: where a library is there, it answers."""
    found = probe.AskedDriver().driver(soon())
    try:
        ctypes.CDLL(nvml.LIBRARY)
    except OSError:
        assert found[:3] == (None, None, None)
        (line,) = found.problems
        assert line.startswith("NVML: libnvidia-ml.so.1: ")
    else:
        assert found.version


def test_the_answer_is_read(program):
    told = {"driver": "580.65.06", "cuda": "13.0", "gpus": [GPU, GPU], "problems": ["a", "a", "b"]}
    found = program(f"print({json.dumps(told)!r})").driver(soon())
    gpu = probe.Gpu("NVIDIA H100 80GB HBM3", 81559, "9.0", mig=True)
    assert found == probe.Driver("580.65.06", "13.0", (gpu, gpu), ("a", "b"))


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("import os; os.kill(os.getpid(), 11)", "NVML: it ended with -11"),
        ("raise SystemExit(3)", "NVML: it ended with 3"),
        ("", "NVML: its answer cannot be read"),
        ("print('[')", "NVML: its answer cannot be read"),
        ("print('[]')", "NVML: its answer cannot be read"),
        ("print('{}')", "NVML: its answer cannot be read"),
        ('print(\'{"driver": 1, "cuda": 1, "gpus": [1], "problems": []}\')', "NVML: its answer cannot be read"),
    ],
)
def test_a_library_that_breaks_takes_nothing_with_it(program, code, problem):
    assert program(code).driver(soon()) == probe.Driver(problems=(problem,))


def test_a_driver_that_hangs_is_ended_in_time(program):
    asked = program("import time; time.sleep(60)")
    begun = monotonic()
    assert asked.driver(monotonic() + 0.2).problems == ("NVML: it does not answer",)
    assert monotonic() - begun < 5
    assert not [each for each in psutil.Process().children() if "told.py" in " ".join(each.cmdline())]


def test_what_cannot_be_killed_is_left_behind(monkeypatch):
    """In the kernel a process may wait for a device for ever: no signal ends it."""
    child = Child([sys.executable, "-c", "import time; time.sleep(60)"])
    process = child._process
    with monkeypatch.context() as context:
        context.setattr(os, "killpg", lambda *_: None)
        begun = monotonic()
        assert child.answer(monotonic()).problem == "it does not answer"
        assert monotonic() - begun < 5
    assert children._left_behind.pop() is process
    process.kill()
    process.wait()


def test_a_program_that_cannot_be_started():
    assert Child(["/none"]).answer(soon()).problem == "No such file or directory"


# The system


RELEASES = [
    ('ID=ubuntu\nVERSION_ID="24.04"\n', ("ubuntu", "24.04")),
    ("ID='amzn'\nVERSION_ID='2023'\n", ("amzn", "2023")),
    ("# ID=no\nNAME=x\nID=arch\n", ("arch", None)),
    ("ID=\nVERSION_ID=\n", (None, None)),
    ("", (None, None)),
    ("\0\xff=\n=\nID", (None, None)),
]


@pytest.mark.parametrize(("text", "expected"), RELEASES, ids=lambda each: repr(each)[:30])
def test_the_distribution(tmp_path, text, expected):
    (tmp_path / "os-release").write_bytes(text.encode("latin-1"))
    found = probe.system(tmp_path / "os-release")
    if found.os == "linux":
        assert (found.distribution, found.version) == expected


def test_a_system_without_os_release(tmp_path):
    assert probe.system(tmp_path / "none").distribution is None


INDEXES = [
    ({}, False),
    ({"UV_INDEX": "https://pypi.nvidia.com/simple"}, True),
    ({"UV_INDEX": "nvidia=https://pypi.nvidia.com"}, True),
    ({"UV_EXTRA_INDEX_URL": "https://a.example/ https://pypi.nvidia.com/"}, True),
    ({"UV_DEFAULT_INDEX": "https://me:word@pypi.nvidia.com:443/"}, True),
    ({"UV_FIND_LINKS": "HTTPS://PYPI.NVIDIA.COM"}, True),
    ({"UV_INDEX_URL": "https://pypi.nvidia.com.example.org/"}, False),
    ({"UV_INDEX_URL": "https://example.org/pypi.nvidia.com/"}, False),
    ({"UV_INDEX_URL": "https://other-pypi.nvidia.com/"}, False),
    ({"PIP_INDEX_URL": "https://pypi.nvidia.com/"}, False),
]


@pytest.mark.parametrize(("env", "expected"), INDEXES, ids=lambda each: str(each)[:60])
def test_whether_uv_asks_nvidias_index(env, expected):
    assert probe.asks_nvidia(env) is expected


# CPU and memory


@pytest.fixture
def proc(tmp_path):
    """Make a /proc whose process is in the group /a/b of version 2."""
    (tmp_path / "self").mkdir()
    (tmp_path / "groups/a/b").mkdir(parents=True)
    (tmp_path / "self/cgroup").write_text("0::/a/b\n")
    (tmp_path / "self/mountinfo").write_text(f"1 2 0:1 / {tmp_path}/groups rw - cgroup2 cgroup2 rw\n")
    (tmp_path / "meminfo").write_text("MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\n")
    return tmp_path


def test_cores_are_those_that_groups_leave(proc):
    there = processor.cores(proc)
    assert there >= 1
    (proc / "groups/a/b/cpu.max").write_text("max 100000\n")
    assert processor.cores(proc) == there
    (proc / "groups/a/cpu.max").write_text("150000 100000\n")
    assert processor.cores(proc) == 1
    (proc / "groups/a/cpu.max").write_text("50000 100000\n")
    assert processor.cores(proc) == 1
    (proc / "groups/a/cpu.max").write_text("nonsense\n")
    assert processor.cores(proc) == there


def test_cores_in_groups_of_version_1(proc):
    (proc / "self/cgroup").write_text("3:cpu,cpuacct:/\n4:memory:/\n")
    (proc / "self/mountinfo").write_text(f"1 2 0:1 / {proc}/groups rw - cgroup cgroup rw,cpu,cpuacct\n")
    assert [each.old for each in cgroups.of("cpu", proc)] == [True]
    (proc / "groups/cpu.cfs_period_us").write_text("100000\n")
    (proc / "groups/cpu.cfs_quota_us").write_text("-1\n")
    there = processor.cores(proc)
    (proc / "groups/cpu.cfs_quota_us").write_text("100000\n")
    assert (processor.cores(proc), there >= 1) == (1, True)


def test_memory_is_what_groups_leave(proc):
    assert memory.in_all(proc).mib == 8192
    (proc / "groups/a/memory.max").write_text("1073741824\n")
    assert memory.in_all(proc).mib == 1024
    (proc / "groups/a/memory.max").write_text("max\n")
    assert memory.in_all(proc).mib == 8192
    assert memory.in_all(proc / "none") is None


CPUS = [
    ("processor: 0\nmodel name\t: Some CPU @ 2.0GHz\n", "Some CPU @ 2.0GHz"),
    ("processor: 0\nCPU part: 0xd4f\n", None),
    ("model name: \n", None),
    ("model name: a\x07b\n", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "expected"), CPUS)
def test_the_model_of_the_cpu(tmp_path, text, expected):
    (tmp_path / "cpuinfo").write_text(text)
    assert processor.model(tmp_path) == expected
    assert processor.model(tmp_path / "none") is None


# Pythons


@pytest.fixture
def bin_folder(tmp_path):
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def script(path, text='#!/bin/sh\ntouch "$0.ran"\n'):
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_programs_are_found_and_scripts_are_not_started(bin_folder):
    real = os.path.realpath(sys.executable)
    (bin_folder / "python3.11").symlink_to(real)
    script(bin_folder / "python3.12")
    script(bin_folder / "manager")
    (bin_folder / "python3.13").symlink_to(bin_folder / "manager")
    (bin_folder / "python3.10").symlink_to(bin_folder / "nowhere")
    (bin_folder / "python3.9").mkdir()
    (bin_folder / "python3-config").symlink_to(real)
    os.mkfifo(bin_folder / "python3.8")
    found = list(pythons.on_path(f"{bin_folder}:/none::{bin_folder}\0"))
    assert found == [real]
    assert not list(bin_folder.glob("*.ran"))


def test_the_manager_that_a_link_leads_to_is_not_started(bin_folder):
    manager = bin_folder / "shims-of-a-manager"
    manager.write_bytes(b"\x7fELF")
    manager.chmod(0o755)
    (bin_folder / "python3.12").symlink_to(manager)
    assert list(pythons.on_path(str(bin_folder))) == []


def test_versions_that_uv_keeps_are_read_from_names(tmp_path):
    for name in ("cpython-3.12.4-linux-x86_64-gnu", "cpython-3.13.0rc1-linux", "pypy-3.10.1-linux", ".lock", "x"):
        (tmp_path / name).mkdir()
    assert pythons.kept_by_uv(tmp_path) == ("3.12.4",)
    assert pythons.kept_by_uv(tmp_path / "none") == ()


def test_this_python_is_among_the_versions(monkeypatch):
    monkeypatch.setenv("PATH", "")
    own = ".".join(map(str, sys.version_info[:3]))
    assert pythons.Asked().versions(soon()) == ((own,), ())


def test_an_interpreter_that_hangs_is_one_line(monkeypatch):
    monkeypatch.setenv("PATH", "")
    asked = pythons.Asked()
    asked._children = [Child([sys.executable, "-c", "import time; time.sleep(60)"])]
    versions, problems = asked.versions(monotonic() + 0.2)
    assert versions
    assert problems == ("Python: 1 of the interpreters on the PATH do not answer",)


# Docker


@pytest.fixture
def engine(tmp_path):
    """Serve answers by path over a socket; None says nothing, a function writes itself."""
    servers = []

    def start(answers):
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(tmp_path / "docker.sock"))
        server.listen()
        servers.append(server)
        threading.Thread(target=serve, args=(server, answers), daemon=True).start()
        return f"unix://{tmp_path}/docker.sock"

    yield start
    for each in servers:
        each.close()


def serve(server, answers):
    held = []
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        path = connection.recv(1 << 16).decode().split()[1]
        answer = answers.get(path)
        if answer is None:
            held.append(connection)
            continue
        with connection, suppress(OSError):  # who asked may have gone
            answer(connection) if callable(answer) else connection.sendall(answer)


def ok(data):
    return b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + json.dumps(data).encode()


def test_an_engine_tells_version_and_runtimes(engine):
    host = engine({"/version": ok({"Version": "28.2.2"}), "/info": ok({"Runtimes": {"runc": {}, "nvidia": {}}})})
    assert dockerd.ask(5, host) == dockerd.Docker("28.2.2", nvidia=True)


def test_an_engine_without_nvidias_runtime(engine):
    host = engine({"/version": ok({"Version": "28.2.2"}), "/info": ok({"Runtimes": {"runc": {}}})})
    assert dockerd.ask(5, host) == dockerd.Docker("28.2.2", nvidia=False)


def dribble(connection):
    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
    for _ in range(100):
        connection.sendall(b" ")
        sleep(0.05)


def flood(connection):
    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + b" " * (3 << 20))


BAD = [
    (None, "Docker: it does not answer"),
    (dribble, "Docker: it does not answer"),
    (flood, "Docker: its answer is too long"),
    (b"", "Docker: its answer is no success"),
    (b"HTTP/1.0 500 No\r\n\r\n{}", "Docker: its answer is no success"),
    (ok([]), "Docker: its answer is no object"),
    (b"HTTP/1.0 200 OK\r\n\r\n\xff", "Docker: its answer is no JSON"),
    (b"HTTP/1.0 200 OK\r\n\r\n" + b"[" * 200_000, "Docker: its answer is no JSON"),
]


@pytest.mark.parametrize(("answer", "problem"), BAD, ids=range(len(BAD)))
def test_an_engine_that_does_not_answer_well(engine, answer, problem):
    begun = monotonic()
    host = engine({"/version": ok({"Version": "1.0"}), "/info": answer})
    assert dockerd.ask(0.3, host) == dockerd.Docker("1.0", problem=problem)
    assert monotonic() - begun < 5
    assert dockerd.ask(0.3, host).version == "1.0"


def test_values_of_another_type_are_unknown(engine):
    assert dockerd.ask(5, engine({"/version": ok({"Version": 5}), "/info": ok({"Runtimes": 5})})) == dockerd.Docker()


def test_where_there_is_no_engine_there_is_no_problem(tmp_path):
    assert dockerd.ask(1, f"unix://{tmp_path}/none") == dockerd.Docker()
    (tmp_path / "file").write_text("")
    assert dockerd.ask(1, f"unix://{tmp_path}/file") == dockerd.Docker()
    assert dockerd.ask(1, "unix://a\0b") == dockerd.Docker()


def test_an_engine_that_ended_is_one_line(tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
    assert dockerd.ask(1, f"unix://{tmp_path}/s") == dockerd.Docker(problem="Docker: Connection refused")


@pytest.mark.parametrize("host", ["tcp://10.0.0.1:2375", "ssh://me@example.org"])
def test_an_engine_elsewhere_is_not_asked(monkeypatch, host):
    monkeypatch.setenv("DOCKER_HOST", host)
    monkeypatch.setattr(socket, "socket", None)
    found = dockerd.ask()
    assert (found.version, found.nvidia) == (None, None)
    assert "not asked" in found.problem


# All of it


def test_this_machine_is_probed_within_a_second_or_its_patience():
    begun = monotonic()
    found = probe.machine()
    assert monotonic() - begun < 10  # far below on a machine that is idle: what must be fast is in benchmarks/
    assert found.system.os
    assert found.pythons
    assert found.cores
    if not Path("/proc/driver/nvidia").exists() and not probe.has_driver():
        assert found.driver == probe.Driver(gpus=() if sys.platform == "linux" else None)


def test_parts_that_nobody_asks_for_start_no_process(monkeypatch):
    monkeypatch.setattr(probe, "has_driver", lambda: False)
    monkeypatch.setattr(children.subprocess, "Popen", None)
    found = probe.machine(pythons=False, docker=False)
    assert (found.pythons, found.docker) == (None, dockerd.Docker())


def test_a_driver_is_asked_where_one_is(monkeypatch, program):
    asked = program('print(\'{"driver": "1", "cuda": null, "gpus": [], "problems": ["x"]}\')')
    monkeypatch.setattr(probe, "has_driver", lambda: True)
    monkeypatch.setattr(probe, "AskedDriver", lambda: asked)
    found = probe.machine(pythons=False, docker=False)
    assert found.driver == probe.Driver("1", None, (), ("x",))
    assert found.problems == ("x",)
