"""This machine: its facts as the probe finds them, as an entry of a facts file, and as what a launch is judged on."""

import os
import re
from collections import Counter
from typing import Any, NamedTuple

from dynamo_recipes.app.facts_words import DISTRIBUTIONS, python_of
from dynamo_recipes.app.hosts import written
from dynamo_recipes.app.machines import Machines
from dynamo_recipes.launch import probe
from dynamo_recipes.support import gpus
from dynamo_recipes.support.facts import Gpu, HostFacts

# What has another form cannot be written into a facts file, and no rule can read it: it is as good as not known.
_FORMS = {
    "os": r"[a-z0-9_]{1,40}",
    "arch": r"[a-z0-9_]{1,40}",
    "distribution": r"[a-z0-9]([-a-z0-9._]{0,38}[a-z0-9])?",
    "os_version": r"[0-9]{1,4}(\.[0-9]{1,6}){0,3}",
    "glibc": r"[0-9]{1,4}(\.[0-9]{1,6}){0,3}",
    "driver": r"[0-9]{1,4}(\.[0-9]{1,6}){0,3}",
    "cuda": r"[0-9]{1,2}\.[0-9]{1,3}",
    "cpu": r"[ -~]{1,200}",
    "docker": r"[0-9A-Za-z][0-9A-Za-z.+~_-]{0,59}",
}
_CAPABILITY = re.compile(r"[0-9]{1,2}\.[0-9]")
_MOST_NAME = 60
_NO_DOWNLOADS = ("never", "manual", "false", "0", "off", "no")


class Here(NamedTuple):
    """This machine: its facts, the same as an entry of a facts file, and a line for each thing that cannot be had."""

    facts: HostFacts
    host: dict[str, Any]
    problems: tuple[str, ...]


def here() -> Here:
    """Probe all of this machine, within seconds at most."""
    machine = probe.machine()
    facts, unfit = facts_of(machine)
    return Here(facts, written(facts), (*machine.problems, *unfit))


def launchable(python: str | None) -> Machines:
    """Return this machine as a launch sees it: `python` is a version or path as in the option.

    Without one, an installed Python is as good as one that uv would fetch: they count only where it may fetch none.
    """
    facts, _ = facts_of(probe.machine(pythons=python is None and not _downloads(), docker=False))
    return Machines((("", facts if python is None else facts._replace(python=python_of(python))),))


def _downloads() -> bool:
    """Tell whether uv may fetch an interpreter. Source: the environment variables in uv's reference."""
    choice = os.environ.get("UV_PYTHON_DOWNLOADS", "").lower()
    return choice not in _NO_DOWNLOADS and os.environ.get("UV_OFFLINE", "").lower() not in ("1", "true", "yes", "on")


def facts_of(machine: probe.Machine) -> tuple[HostFacts, tuple[str, ...]]:
    """Return what was found as facts, and a line for each thing that has no form that is known."""
    system, driver, docker = machine.system, machine.driver, machine.docker
    texts = {
        "os": system.os,
        "distribution": DISTRIBUTIONS.get(system.distribution or "", system.distribution),
        "os_version": system.version,
        "arch": system.arch,
        "glibc": system.glibc,
        "driver": driver.version,
        "cuda": driver.cuda,
        "cpu": machine.cpu,
        "docker": docker.version,
    }
    unfit = [name for name, text in texts.items() if text and not re.fullmatch(_FORMS[name], text)]
    known: dict[str, Any] = {name: text or None for name, text in texts.items() if name not in unfit}
    facts = HostFacts(
        **known,
        python=machine.pythons or None,
        gpus=None if driver.gpus is None else tuple(_gpu(gpu, number) for gpu, number in Counter(driver.gpus).items()),
        nvidia_index=machine.nvidia_index,
        cores=machine.cores,
        memory_mib=machine.memory_mib or None,
        docker_nvidia=docker.nvidia,
    )
    return facts, tuple(f"`{name}` has a form that is not known" for name in unfit)


def _gpu(gpu: probe.Gpu, number: int) -> Gpu:
    """Return the GPUs of one kind, by their name in the table where they are there."""
    product = "".join(each for each in gpu.product or "" if " " <= each <= "~")
    name = gpus.named(product)[:_MOST_NAME] or "unknown"
    capability = gpu.compute_capability
    fits = capability and _CAPABILITY.fullmatch(capability)
    found = gpus.on_machine(name, gpu.memory_mib or None, capability if fits else None)
    return found._replace(number=number, mig=gpu.mig)
