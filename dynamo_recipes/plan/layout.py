"""Where a plan's processes stand and which ports they have: placement and ports in one step."""

from dynamo_recipes.findings import Finding, errors_of
from dynamo_recipes.plan.model import Instance, Plan
from dynamo_recipes.plan.place import Inventory, place
from dynamo_recipes.plan.ports import Taken, assign, nothing_taken
from dynamo_recipes.recipe.model import Hardware


def inventory(hardware: Hardware, plan: Plan) -> Inventory:
    """Return the devices that the recipe states; where it states none, one node with as many as the plan needs."""
    most = sum(each.replicas * member.gpus * member.per_group for each in plan.components for member in each.members)
    per_node = hardware.gpus_per_node or most
    return Inventory((tuple(range(per_node)),) * hardware.nodes)


def lay_out(
    plan: Plan, devices: Inventory, taken: Taken = nothing_taken
) -> tuple[tuple[Instance, ...], tuple[Finding, ...]]:
    """Return every process with node, devices and ports, and what does not fit."""
    placed, found = place(plan.components, devices)
    if errors_of(found):
        return (), found
    return assign(plan.components, placed, taken)
