"""Where a plan's processes stand and which ports they have: placement and ports in one step."""

from dynamo_recipes.findings import Finding, errors_of, finding
from dynamo_recipes.plan.model import Instance, Plan
from dynamo_recipes.plan.place import Inventory, place
from dynamo_recipes.plan.ports import Taken, assign, nothing_taken
from dynamo_recipes.recipe.hardware import Hardware

# Far above what ports and hardware allow: to place more would take seconds and memory before it is refused.
MOST_PROCESSES = 100_000
MOST_GPUS = 250_000


def inventory(hardware: Hardware, plan: Plan) -> Inventory:
    """Return the devices that the recipe states; where it states none, one node with as many as the plan needs."""
    per_node = hardware.gpus_per_node or min(_gpus(plan), MOST_GPUS)
    return Inventory((tuple(range(per_node)),) * hardware.nodes)


def lay_out(
    plan: Plan, devices: Inventory, taken: Taken = nothing_taken
) -> tuple[tuple[Instance, ...], tuple[Finding, ...]]:
    """Return every process with node, devices and ports, and what does not fit."""
    found = _too_large(plan)
    if found:
        return (), found
    placed, found = place(plan.components, devices)
    if errors_of(found):
        return (), found
    return assign(plan.components, placed, taken)


def _gpus(plan: Plan) -> int:
    return sum(each.replicas * member.gpus * member.per_group for each in plan.components for member in each.members)


def _too_large(plan: Plan) -> tuple[Finding, ...]:
    processes = sum(each.replicas * member.per_group for each in plan.components for member in each.members)
    if processes > MOST_PROCESSES:
        message = f"The graph has {processes} processes: each needs a port, and one host has fewer."
        return (finding("DR407", ("workers",), message, "Lower `replicas`."),)
    if _gpus(plan) > MOST_GPUS:
        message = f"The layout needs {_gpus(plan)} GPUs, and at most {MOST_GPUS} can be laid out."
        return (finding("DR403", ("workers",), message, "Lower `replicas` or `parallel`."),)
    return ()
