"""What the operating system and the GPUs must be, whatever CUDA runs."""

from collections.abc import Iterator

from dynamo_recipes.findings import Finding, finding
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.support import data
from dynamo_recipes.support.case import Case
from dynamo_recipes.support.facts import Gpu, HostFacts
from dynamo_recipes.support.numbers import pair
from dynamo_recipes.support.releases import System
from dynamo_recipes.support.rules.words import GPU, ORIGIN, listed, title

_STRICT = "aarch64"  # the documentation names the one system for it; for x86_64 others are just not listed


def system(case: Case) -> Iterator[Finding]:
    """DR217: refuse an aarch64 system that is not listed; warn of others, and of containers where only wheels are.

    Rests on the documented operating systems (COMP, SM, D130). A machine that is not Linux runs containers elsewhere.
    """
    host, known = case.facts, case.release.platform.systems
    if known is None or host.distribution is None or host.os not in (None, "linux") or _brings_all(case):
        return
    name = shown(" ".join(filter(None, (host.distribution, host.os_version))))
    fitting = [each for each in known if _is(each, host)]
    says = f"Dynamo {case.release.version} does not list"
    hint = f"Listed: {listed(_named(each) for each in known)}."
    if host.arch == _STRICT and not any(_STRICT in each.arch for each in fitting):
        yield finding("DR217", ORIGIN, f"{says} {name} on {_STRICT}.", hint)
    elif not case.facts_of_engine["gpu"]:
        return  # what needs no driver was seen to run on others too (RUN)
    elif not fitting:
        yield finding("DR217", ORIGIN, f"{says} {name}.", hint, "warning")
    elif case.target.path == "image" and all(each.scope == "wheels only" for each in fitting):
        yield finding("DR217", ORIGIN, f"{says} {name} for containers, only for wheels.", hint, "warning")


def gpu_floor(case: Case) -> Iterator[Finding]:
    """DR227: refuse GPUs that are too old for the engine or for Dynamo; warn of those that the engine does not list.

    Rests on the engines' lists (VLLMHW, TRTHW) and on Dynamo's architectures (COMP). A GPU that is not in the table
    has no architecture: it is judged by the lowest compute capability of those (CC), 8.0.
    """
    if not case.facts_of_engine["gpu"] or not case.gpus:
        return
    reasons = [_too_old(case, each) for each in case.gpus]
    # A machine may have several kinds: it is enough when one of them will do.
    if all(reasons):
        hint = f"Dynamo {case.release.version} lists: {listed(case.release.gpu_architectures or ('newer GPUs',))}."
        yield finding("DR227", GPU, reasons[0], hint)
    elif all(_not_listed(case, each) for each in case.gpus):
        message = f"{title(case)} does not list the GPU {shown(case.gpus[0].name)}."
        hint = f"Listed: {listed(case.facts_of_engine['products'])}."
        yield finding("DR227", GPU, message, hint, "warning")


def _brings_all(case: Case) -> bool:
    """Tell whether all that runs is the author's own: systems are listed for what gets installed."""
    return case.target.path == "wheels" and not case.installs


def _is(system: System, host: HostFacts) -> bool:
    """Tell whether a host is one of the systems; of its version only what is known counts."""
    version = host.os_version or system.version
    return system.name == host.distribution and f"{version}.".startswith(f"{system.version}.")


def _named(system: System) -> str:
    return f"{system.name} {system.version} ({', '.join(system.arch)})"


def _too_old(case: Case, gpu: Gpu) -> str:
    """Return why a GPU will not do; nothing when it will, or when its compute capability is not known."""
    floor, has = case.facts_of_engine["compute_capability"], gpu.compute_capability
    if has and floor and pair(has) < pair(floor):
        return f"{title(case)} needs compute capability {floor}, and {shown(gpu.name)} has {shown(has)}."
    known = case.release.gpu_architectures
    if known is None or (gpu.architecture in known if gpu.architecture else not has or pair(has) >= _lowest(known)):
        return ""
    has = f"compute capability {shown(has)}" if has else "unknown compute capability"
    what = f"{gpu.architecture} GPUs" if gpu.architecture else f"GPUs of {has}"
    return f"Dynamo {case.release.version} does not run on {what}: {shown(gpu.name)}."


def _lowest(architectures: tuple[str, ...]) -> tuple[int, int]:
    """Return the lowest compute capability that GPUs of some architectures have."""
    table = data.load("gpus.json").values()
    return min(pair(each["compute_capability"]) for each in table if each["architecture"] in architectures)


def _not_listed(case: Case, gpu: Gpu) -> bool:
    """Tell whether the engine lists products and not this one. The list has the table's names, so only those count."""
    products = case.facts_of_engine["products"]
    return products is not None and gpu.name in data.load("gpus.json") and gpu.name not in products
