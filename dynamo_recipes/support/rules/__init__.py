"""The rules of what fits together: one function and one code each. `RULES` is the table.

A rule gets a `Case` and yields findings: errors turn the release down, warnings are told when it is taken. A fact of
the machine that is unknown is no reason for a finding; one of the release is DR229, `not verified`.
"""

from collections.abc import Callable, Iterable

from dynamo_recipes.findings import Finding
from dynamo_recipes.support.case import Case
from dynamo_recipes.support.rules import (
    abilities,
    cluster,
    drivers,
    engines,
    images,
    machine,
    mixtures,
    models,
    verified,
    wheels,
)

Rule = Callable[[Case], Iterable[Finding]]

# In the order in which they are told: what the release can do, then what it is installed from, then the machine.
RULES: dict[str, Rule] = {
    "abilities": abilities.abilities,
    "lora": models.lora,
    "multimodal": models.multimodal,
    "experimental": models.experimental,
    "kvbm": mixtures.kvbm,
    "known_broken": mixtures.known_broken,
    "precision": models.precision,
    "version_window": mixtures.version_window,
    "kubernetes_version": cluster.kubernetes_version,
    "multinode": cluster.multinode,
    "grove": cluster.grove,
    "container_only": engines.container_only,
    "engine_version": engines.engine_version,
    "platform": wheels.platform,
    "python_range": wheels.python_range,
    "engine_python": wheels.engine_python,
    "index": wheels.index,
    "missing_wheel": wheels.missing_wheel,
    "engine_glibc": wheels.engine_glibc,
    "image": images.image,
    "cuda12_images": drivers.cuda12_images,
    "driver_floor": drivers.driver_floor,
    "wheels_cuda": drivers.wheels_cuda,
    "blackwell_ultra": drivers.blackwell_ultra,
    "gpu_floor": machine.gpu_floor,
    "system": machine.system,
    "not_verified": verified.not_verified,
}


def judged(case: Case) -> tuple[Finding, ...]:
    """Return what all rules say of a case."""
    return tuple(found for rule in RULES.values() for found in rule(case))
