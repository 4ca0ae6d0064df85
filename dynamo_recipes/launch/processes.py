"""What the processes of a graph are given: their environment, and the secrets in it."""

import os
from collections.abc import Iterable, Mapping

from dynamo_recipes.findings import Finding
from dynamo_recipes.launch.environments import clean_environment
from dynamo_recipes.launch.folders import home
from dynamo_recipes.plan.bind import ProcessSpec, Secret

# The graph is what the plan says: settings of Dynamo in the caller's own environment must not change it.
FOREIGN_PREFIXES = ("DYN_", "ETCD_", "NATS_", "VLLM_", "SGLANG_", "TRTLLM_")


def environment(spec: ProcessSpec, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of a process. `secrets` maps variables to values."""
    base = {name: value for name, value in clean_environment().items() if not name.startswith(FOREIGN_PREFIXES)}
    base["HOME"] = str(home())  # without it, Dynamo's frontend looks for the model's files in the wrong folder
    own = {name: "".join(_text(piece, secrets) for piece in pieces) for name, pieces in spec.env}
    return base | {"PYTHONUNBUFFERED": "1"} | own


def _text(piece: object, secrets: Mapping[str, str]) -> str:
    if isinstance(piece, Secret):
        return secrets[piece.variable]
    return piece if isinstance(piece, str) else str(getattr(piece, "value", ""))


def missing_secrets(specs: Iterable[ProcessSpec]) -> tuple[Finding, ...]:
    """Return a finding (DR606) for each secret that this environment does not have."""
    missing = sorted({(each.name, each.variable) for each in _wanted(specs) if each.variable not in os.environ})
    return tuple(
        Finding(
            "DR606",
            f"The secret `{name}` has no value: the variable {variable} is not set.",
            f"Set {variable} in the environment of this command.",
        )
        for name, variable in missing
    )


def look_up(specs: Iterable[ProcessSpec]) -> dict[str, str]:
    """Return the secrets of some processes, from this environment, where `missing_secrets` found none missing."""
    return {each.variable: os.environ[each.variable] for each in _wanted(specs)}


def _wanted(specs: Iterable[ProcessSpec]) -> set[Secret]:
    return {piece for spec in specs for _, pieces in spec.env for piece in pieces if isinstance(piece, Secret)}
