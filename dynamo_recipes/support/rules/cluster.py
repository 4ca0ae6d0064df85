"""What the release needs of a Kubernetes cluster. Says nothing of facts that are not known, and of other targets."""

import re
from collections.abc import Iterator

from dynamo_recipes.findings import Finding, finding
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.support import semver
from dynamo_recipes.support.case import Case
from dynamo_recipes.support.rules.unknown import unknown
from dynamo_recipes.support.rules.words import ORIGIN

_NONE = "none"  # known not to be installed


def kubernetes_version(case: Case) -> Iterator[Finding]:
    """DR223: refuse a cluster whose Kubernetes is older than the release asks for.

    Sources: K8S, K8S16.
    """
    there = case.facts.kubernetes
    has = _minor(there) if there and case.target.cluster else None
    if there is None or has is None:
        return
    version, floor = case.release.version, case.release.cluster.kubernetes
    if floor is None:
        yield unknown(case, "the lowest version of Kubernetes", ORIGIN)
    elif has < (_minor(floor) or has):
        message = f"Dynamo {version} needs Kubernetes {floor}, and the cluster has {shown(there)}."
        yield finding("DR223", ORIGIN, message, "Upgrade the cluster, or choose an older release.")


def _minor(version: str) -> tuple[int, int] | None:
    """Return 1 and 31 of `1.31` or `v1.31.2-gke.100`."""
    found = re.match(r"v?(\d{1,9})\.(\d{1,9})", version)
    return (int(found[1]), int(found[2])) if found else None


def multinode(case: Case) -> Iterator[Finding]:
    """DR232: refuse replicas that need several nodes where neither Grove nor LeaderWorkerSet is installed.

    Sources: MNODE, K8S. An engine without GPUs needs no second node.
    """
    per_node, installed = _per_node(case), {case.facts.grove, case.facts.lws}
    if not case.target.cluster or installed != {_NONE} or per_node is None or not case.facts_of_engine["gpu"]:
        return
    for name, worker in case.recipe.workers.items():
        if worker.parallel.gpus > per_node:
            message = (
                f"A replica of `{name}` needs {worker.parallel.gpus} GPUs and a node has {per_node}, "
                "but the cluster has neither Grove nor LeaderWorkerSet."
            )
            yield finding("DR232", ("workers", name), message, "Install one of them, or make the replica smaller.")


def _per_node(case: Case) -> int | None:
    """Return the GPUs of one node, where the recipe or the machine says it."""
    had = [gpu.number for gpu in case.facts.gpus or () if gpu.number is not None]
    return case.recipe.hardware.gpus_per_node or sum(had) or None


def grove(case: Case) -> Iterator[Finding]:
    """DR233: refuse a Grove or KAI scheduler outside the range that the release works with.

    Sources: K8S, K8S16, MNODE.
    """
    if not case.target.cluster:
        return
    needs, facts = case.release.cluster, case.facts
    add_ons = (("Grove", facts.grove, needs.grove), ("the KAI scheduler", facts.kai_scheduler, needs.kai_scheduler))
    for title, has, allowed in add_ons:
        if has is None or has == _NONE:
            continue
        if allowed is None:
            yield unknown(case, f"which version of {title} it works with", ORIGIN)
        elif semver.within(has, allowed) is False:
            wanted = allowed.replace(",", " and ")
            message = f"Dynamo {case.release.version} needs {title} {wanted}, and the cluster has {shown(has)}."
            yield finding("DR233", ORIGIN, message, f"Install a version of {title} that fits, or change the release.")
