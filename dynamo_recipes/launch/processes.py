"""What the processes of a graph are given: their environment."""

from collections.abc import Mapping

from dynamo_recipes.launch.environments import clean_environment
from dynamo_recipes.launch.folders import home
from dynamo_recipes.plan.bind import ProcessSpec, Secret

# The graph is what the plan says: settings of Dynamo in the caller's own environment must not change it.
FOREIGN_PREFIXES = ("DYN_", "ETCD_", "NATS_", "VLLM_", "SGLANG_", "TRTLLM_")


def environment(spec: ProcessSpec, secrets: Mapping[Secret, str]) -> dict[str, str]:
    """Return the whole environment of a process, with the values of its secrets."""
    base = {name: value for name, value in clean_environment().items() if not name.startswith(FOREIGN_PREFIXES)}
    base["HOME"] = str(home())  # without it, Dynamo's frontend looks for the model's files in the wrong folder
    own = {name: "".join(_text(piece, secrets) for piece in pieces) for name, pieces in spec.env}
    return base | {"PYTHONUNBUFFERED": "1"} | own


def _text(piece: object, secrets: Mapping[Secret, str]) -> str:
    if isinstance(piece, Secret):
        return secrets[piece]
    return piece if isinstance(piece, str) else str(getattr(piece, "value", ""))
