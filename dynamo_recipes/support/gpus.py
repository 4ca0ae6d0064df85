"""The GPU table: names, near names, and what rules read of a GPU."""

from dynamo_recipes.findings import Finding, Path, finding
from dynamo_recipes.recipe.hardware import Gpu as Written
from dynamo_recipes.recipe.near import did_you_mean, shown
from dynamo_recipes.support import data
from dynamo_recipes.support.facts import Gpu

_MIB = {"Mi": 1, "Gi": 1024}


def names() -> tuple[str, ...]:
    """Return the GPUs that are known, by the name that recipes use."""
    return tuple(data.load("gpus.json"))


def known(name: str) -> Gpu | None:
    """Return a GPU of the table.

    Its memory is what the driver reports; where only the vendor's decimal gigabytes are known it is those, and the
    GPU is not verified.
    """
    raw = data.load("gpus.json").get(name)
    if raw is None:
        return None
    gib, vendor = raw["memory_gib"], raw["vendor_gb"]
    reported = raw["memory_mib"] or (int(gib * 1024) if gib else None)
    memory = reported or (vendor * 10**9 // 2**20 if vendor else None)
    return Gpu(name, raw["compute_capability"], memory, raw["architecture"], verified=reported is not None)


def on_machine(name: str, memory_mib: int | None, compute_capability: str | None) -> Gpu:
    """Return a GPU that a machine has. What is not said of it is as in the table; outside of it nothing is verified."""
    table = known(name)
    if table is None:
        return Gpu(name, compute_capability, memory_mib, _architecture(compute_capability), verified=False)
    same = compute_capability in (None, table.compute_capability)
    return table._replace(
        memory_mib=memory_mib or table.memory_mib,
        compute_capability=compute_capability or table.compute_capability,
        verified=same and (table.verified or memory_mib is not None),
    )


def named(product: str) -> str:
    """Return the name in the table of what the driver calls a product; where it is not there, the product itself."""
    wanted = _plain(product)
    for name, raw in data.load("gpus.json").items():
        if wanted in map(_plain, raw["product_names"] or ()):
            return str(name)
    return product


def _plain(product: str) -> str:
    return product.replace("-", " ").replace("_", " ").casefold()


def _architecture(compute_capability: str | None) -> str | None:
    """Return the architecture of the GPUs of the table with this compute capability."""
    table = data.load("gpus.json").values()
    found = (each["architecture"] for each in table if each["compute_capability"] == compute_capability)
    return next(found, None)


def host_arch(kinds: tuple[Gpu, ...]) -> str | None:
    """Return the architecture of the machines that have such GPUs, where the table says that there is only one."""
    rows = [data.load("gpus.json").get(each.name) for each in kinds]
    arches = {tuple(row["host_arch"]) if row else () for row in rows}
    only = arches.pop() if len(arches) == 1 else ()
    return only[0] if len(only) == 1 else None


def wanted(written: Written | None) -> tuple[Gpu, ...]:
    """Return the GPU that a recipe is made for; nothing when it names none, or one that nobody knows."""
    if written is None:
        return ()
    own = written.memory is not None or written.compute_capability is not None
    found = known(written.name)
    if found and not own:
        return (found,)
    if not own:
        return ()
    memory = int(written.memory[:-2]) * _MIB[written.memory[-2:]] if written.memory else None
    return (Gpu(written.name, written.compute_capability, memory, verified=False),)


def check(written: Written | None, path: Path = ("hardware", "gpu")) -> tuple[Finding, ...]:
    """Return a finding when a GPU is not in the table, or its facts are not verified."""
    if written is None:
        return ()
    if wanted(written):
        return _unverified(written, path)
    message = f"The GPU `{shown(written.name)}` is not in the table."
    hint = f"{did_you_mean(written.name, names())} Or write its facts: {{name, memory, compute_capability}}."
    return (finding("DR204", path, message, hint.strip()),)


def _unverified(written: Written, path: Path) -> tuple[Finding, ...]:
    in_table = written.name in data.load("gpus.json")
    own = written.memory is not None or written.compute_capability is not None
    if not own:
        return ()
    if in_table:
        message = f"The facts of `{shown(written.name)}` are the recipe's, not those of the table."
        return (finding("DR230", path, message, "Remove `memory` and `compute_capability`.", "warning"),)
    message = f"The GPU `{shown(written.name)}` is not in the table: its facts are not verified."
    return (finding("DR230", path, message, "What the recipe says of it is taken as it stands.", "warning"),)
