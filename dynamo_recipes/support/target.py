"""The targets as versions see them: what is installed there, and from where. What they write is in `targets/`."""

from typing import Literal, NamedTuple


class Target(NamedTuple):
    """A place where graphs run."""

    name: str
    path: Literal["wheels", "image"]  # what an engine is installed from
    cluster: bool  # facts of a cluster count


LOCAL = Target("local", "wheels", cluster=False)
DOCKER = Target("docker", "image", cluster=False)
KUBERNETES = Target("kubernetes", "image", cluster=True)
TARGETS = {each.name: each for each in (LOCAL, DOCKER, KUBERNETES)}  # in the order in which one is looked for
