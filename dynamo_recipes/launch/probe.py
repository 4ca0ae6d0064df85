"""This machine as it is: system, CPU, memory, GPUs, Pythons, Docker. Values of our own; judges nothing.

Each part is asked within a bounded time and none is fatal: what cannot be had is None, and a line of `problems` says
why. NVML is asked in a process of its own: it can be killed, it takes nothing with it when the library crashes, and one
that hangs in the kernel is left behind. A thread that does so would keep this process from ending.
"""

import json
import os
import platform
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

from dynamo_recipes.launch import dockerd, memory, processor
from dynamo_recipes.launch.children import Child
from dynamo_recipes.launch.pythons import Asked

_NVML = str(Path(__file__).with_name("nvml.py"))  # not imported: ctypes is for that process alone
_PATIENCE = 2.0  # seconds, for NVML and for interpreters
_SYSTEMS = {"win32": "windows", "cygwin": "windows"}
_ARCHITECTURES = {"AMD64": "x86_64", "arm64": "aarch64"}
_INDEX_SETTINGS = ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
_NVIDIA_INDEX = re.compile(r"//([^/@\s]*@)?pypi\.nvidia\.com(?![\w.-])", re.IGNORECASE)
_MOST_OS_RELEASE = 64 << 10
# One of them is there wherever a driver is: of Linux itself, and of Linux below Windows.
_DRIVERS = ("/proc/driver/nvidia/version", "/dev/nvidiactl", "/dev/dxg")


class Gpu(NamedTuple):
    """One GPU, as the driver tells of it."""

    product: str | None = None
    memory_mib: int | None = None
    compute_capability: str | None = None
    mig: bool | None = None


class Driver(NamedTuple):
    """NVIDIA's driver, the newest CUDA that it runs, and the GPUs; () where there is no driver."""

    version: str | None = None
    cuda: str | None = None
    gpus: tuple[Gpu, ...] | None = None
    problems: tuple[str, ...] = ()


class System(NamedTuple):
    """The operating system. The distribution is named as in os-release."""

    os: str
    arch: str | None
    glibc: str | None = None
    distribution: str | None = None
    version: str | None = None


class Machine(NamedTuple):
    """All that a probe finds. `pythons` is None where it was not asked for."""

    system: System
    cpu: str | None
    cores: int | None
    memory_mib: int | None
    driver: Driver
    nvidia_index: bool
    pythons: tuple[str, ...] | None = None
    docker: dockerd.Docker = dockerd.Docker()
    problems: tuple[str, ...] = ()


def machine(pythons: bool = True, docker: bool = True) -> Machine:
    """Probe this machine; without Pythons and Docker where nobody asks for them."""
    until = monotonic() + _PATIENCE
    asked_gpus = AskedDriver() if has_driver() else None
    asked_pythons = Asked() if pythons else None
    engine = dockerd.ask() if docker else dockerd.Docker()
    size = memory.in_all()
    found, slow = asked_pythons.versions(until) if asked_pythons else (None, ())
    driver = asked_gpus.driver(until) if asked_gpus else Driver(gpus=() if sys.platform == "linux" else None)
    return Machine(
        system=system(),
        cpu=processor.model(),
        cores=processor.cores(),
        memory_mib=size.mib if size else None,
        driver=driver,
        nvidia_index=asks_nvidia(os.environ),
        pythons=found,
        docker=engine,
        problems=(*driver.problems, *slow, *((engine.problem,) if engine.problem else ())),
    )


def system(os_release: Path = Path("/etc/os-release")) -> System:
    """Return the operating system, without asking anything outside this process but one file."""
    library, version = platform.libc_ver()
    name = _SYSTEMS.get(sys.platform, sys.platform)
    arch = _ARCHITECTURES.get(platform.machine(), platform.machine()) or None
    release = _os_release(os_release) if name == "linux" else {}
    glibc = version if library == "glibc" else None
    return System(name, arch, glibc, release.get("ID"), release.get("VERSION_ID"))


def _os_release(file: Path) -> dict[str, str]:
    """Return the entries of os-release(5); the quotes of a value do not belong to it."""
    try:
        with file.open(errors="replace") as opened:
            lines = opened.read(_MOST_OS_RELEASE).splitlines()
    except OSError:
        return {}
    entries = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {key: text for key, _, value in entries if (text := value.strip().strip("\"'"))}


def asks_nvidia(env: Mapping[str, str]) -> bool:
    """Tell whether NVIDIA's own Python index is among those that uv asks."""
    return any(_NVIDIA_INDEX.search(env.get(name, "")) for name in _INDEX_SETTINGS)


def has_driver() -> bool:
    """Tell whether a driver of NVIDIA is loaded: where it is not, no library needs to be asked."""
    return any(os.path.exists(each) for each in _DRIVERS)


class AskedDriver:
    """NVML, asked in a process of its own; `driver` waits for the answer."""

    def __init__(self, program: str = _NVML) -> None:
        # Without site packages: it needs none, and starts in a quarter of the time.
        self._child = Child([sys.executable, "-I", "-S", program])

    def driver(self, until: float) -> Driver:
        """Return what NVML says."""
        answer = self._child.answer(until)
        if answer.problem:
            return Driver(problems=(f"NVML: {answer.problem}",))
        try:
            return _driver(json.loads(answer.text))
        except (ValueError, KeyError, TypeError):
            return Driver(problems=("NVML: its answer cannot be read",))


def _driver(told: dict[str, Any]) -> Driver:
    listed = told["gpus"]
    gpus = None if listed is None else tuple(Gpu(**each) for each in listed)
    return Driver(told["driver"], told["cuda"], gpus, tuple(dict.fromkeys(told["problems"])))
