"""Which node and which devices each process of a plan gets. For every target that does not place by itself."""

from dataclasses import dataclass, field
from typing import NamedTuple

from dynamo_recipes.findings import Finding, finding
from dynamo_recipes.plan.model import Component, Instance


class Inventory(NamedTuple):
    """The devices that are there: one tuple of device ids for each node."""

    nodes: tuple[tuple[int, ...], ...]


@dataclass
class _Free:
    """What is left. A node's devices are handed out in their order, so that a count says which ones are gone.

    Where a size was placed last is kept: nodes before it have no room for that size.
    """

    nodes: tuple[tuple[int, ...], ...]
    gone: list[int]
    first: dict[int, int] = field(default_factory=dict)

    def has_room(self, node: int, size: int) -> bool:
        """Tell whether so many devices are left on a node."""
        return len(self.nodes[node]) - self.gone[node] >= size

    def take(self, size: int, avoid: set[int]) -> tuple[int, tuple[int, ...]] | None:
        """Take the lowest devices of the first node with room that is not in `avoid`."""
        start = self.first.get(size, 0)
        while start < len(self.nodes) and not self.has_room(start, size):
            start += 1
        self.first[size] = start
        for node in range(start, len(self.nodes)):
            if node not in avoid and self.has_room(node, size):
                begin = self.gone[node]
                self.gone[node] += size
                return node, self.nodes[node][begin : begin + size]
        return None

    def give_back(self, group: list[Instance]) -> None:
        """Take back the devices of the group that was placed last."""
        for each in group:
            if each.devices:
                self.gone[each.node] -= len(each.devices)
        self.first.clear()


def place(components: tuple[Component, ...], inventory: Inventory) -> tuple[tuple[Instance, ...], tuple[Finding, ...]]:
    """Return the processes with their devices, without ports, and what does not fit.

    First fit, in the order of components, groups and ranks: the same plan is placed the same way everywhere.
    """
    free = _Free(inventory.nodes, [0] * len(inventory.nodes))
    placed: list[Instance] = []
    found: list[Finding] = []
    for component in components:
        for index in range(component.replicas):
            group, complete = _group(component, index, free)
            if not complete:
                free.give_back(group)
                found.append(_no_room(component, index, inventory))
                break
            placed += group
    return tuple(placed), tuple(found)


def _group(component: Component, index: int, free: _Free) -> tuple[list[Instance], bool]:
    """Return the processes of one group, and whether all have room. Who needs no device stands on the first node."""
    group: list[Instance] = []
    used: set[int] = set()
    for member in component.members:
        processes = member.per_group // member.nodes
        for _ in range(member.nodes):
            room = free.take(member.gpus * processes, used) if member.gpus else (0, ())
            if room is None:
                return group, False
            node, devices = room
            if devices:
                used.add(node)
            for at in range(processes):
                mine = devices[at * member.gpus : (at + 1) * member.gpus]
                group.append(Instance(component.name, member.name, index, len(group), node, mine, ()))
    return group, True


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
