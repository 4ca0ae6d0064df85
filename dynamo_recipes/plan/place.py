"""Which node and which devices each process of a plan gets. For every target that does not place by itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from dynamo_recipes.findings import Finding, finding
from dynamo_recipes.plan.model import Component, Instance, Member


class Inventory(NamedTuple):
    """The devices that are there: one tuple of device ids for each node."""

    nodes: tuple[tuple[int, ...], ...]


@dataclass
class _Free:
    """Free devices by node. Where a size was placed last is kept: nodes before it have no room for that size."""

    devices: list[list[int]]
    first: dict[int, int] = field(default_factory=dict)

    def take(self, size: int, avoid: set[int]) -> tuple[int, list[int]] | None:
        """Take the lowest devices of the first node with room that is not in `avoid`."""
        while self.first.get(size, 0) < len(self.devices) and len(self.devices[self.first.get(size, 0)]) < size:
            self.first[size] = self.first.get(size, 0) + 1
        for node in range(self.first.get(size, 0), len(self.devices)):
            if node not in avoid and len(self.devices[node]) >= size:
                taken, self.devices[node] = self.devices[node][:size], self.devices[node][size:]
                return node, taken
        return None


def place(components: tuple[Component, ...], inventory: Inventory) -> tuple[tuple[Instance, ...], tuple[Finding, ...]]:
    """Return the processes with their devices, without ports, and what does not fit.

    First fit, in the order of components, groups and ranks: the same plan is placed the same way everywhere.
    """
    free = _Free([list(node) for node in inventory.nodes])
    placed: list[Instance] = []
    found: list[Finding] = []
    for component in components:
        for index in range(component.replicas):
            group = list(_group(component, index, free))
            if None in group:
                found.append(_no_room(component, index, inventory))
                break
            placed += [each for each in group if each is not None]
    return tuple(placed), tuple(found)


def _group(component: Component, index: int, free: _Free) -> Iterator[Instance | None]:
    """Yield the processes of one group; None when one has no room."""
    used: set[int] = set()
    rank = 0
    for member in component.members:
        for _ in range(member.nodes):
            each = member.per_group // member.nodes
            room = _room(member, each, used, free)
            if room is None:
                yield None
                return
            node, devices = room
            used.add(node)
            for at in range(each):
                mine = tuple(devices[at * member.gpus : (at + 1) * member.gpus])
                yield Instance(component.name, member.name, index, rank, node, mine, ())
                rank += 1


def _room(member: Member, processes: int, used: set[int], free: _Free) -> tuple[int, list[int]] | None:
    if member.gpus == 0:
        return 0, []
    return free.take(member.gpus * processes, used)


def _no_room(component: Component, index: int, inventory: Inventory) -> Finding:
    sizes = [len(node) for node in inventory.nodes]
    gpus = sum(member.gpus * member.per_group for member in component.members)
    shape = f"{len(sizes)} node{'s' if len(sizes) != 1 else ''} with {max(sizes, default=0)} GPUs each"
    if gpus > max(sizes, default=0) and len(component.members) == 1 and component.members[0].nodes == 1:
        message = f"{component.name} needs {gpus} GPUs per replica, and a node has {max(sizes, default=0)}."
        return finding(
            "DR402",
            ("workers", component.name),
            message,
            "Lower `parallel`, or state hardware with more GPUs per node.",
        )
    message = f"{component.name} fits {index} of {component.replicas} times on {shape}; each needs {gpus} GPUs."
    return finding(
        "DR403", ("workers", component.name), message, "Lower `replicas` or `parallel`, or state more hardware."
    )
