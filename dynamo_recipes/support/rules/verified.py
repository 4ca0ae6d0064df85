"""DR229 for what is installed and for the machine: the facts of a release that the other rules would have to read."""

from collections.abc import Callable, Iterator

from dynamo_recipes.findings import Finding
from dynamo_recipes.support.case import Case
from dynamo_recipes.support.rules import words
from dynamo_recipes.support.rules.unknown import unknown
from dynamo_recipes.support.rules.wheels import too_old


def not_verified(case: Case) -> Iterator[Finding]:
    """DR229: warn of each fact of the release that is in no source, where a rule of this path needs it.

    Rests on the release files alone: null there means that none of their sources says it.
    """
    for what, is_unknown in (*ANYWHERE, *_of_path(case)):
        if is_unknown(case):
            yield unknown(case, what.format(engine=words.title(case), python=case.python))


Fact = tuple[str, Callable[[Case], bool]]

ANYWHERE: tuple[Fact, ...] = (
    ("how its processes are launched", lambda case: case.release.capabilities["launch"] is None),
    ("the version of {engine}", lambda case: case.engine.version is None),
    (
        "the list of operating systems that it supports",
        lambda case: case.release.platform.systems is None and case.facts.distribution is not None,
    ),
    (
        "the list of GPU architectures that it supports",
        lambda case: case.release.gpu_architectures is None and bool(case.gpus) and _needs_gpu(case),
    ),
)
NO_WHEELS: tuple[Fact, ...] = (
    ("what {engine} is installed from", lambda case: not case.facts_of_engine["container_only"]),
)
WHEELS: tuple[Fact, ...] = (
    ("whether {engine} installs on Python {python}", lambda case: not _python_is_known(case)),
    ("the CUDA of its wheels for {engine}", lambda case: _needs_gpu(case) and _wheels(case, "cuda") is None),
    ("the glibc that its wheels for {engine} need", lambda case: _wheels(case, "glibc") is None),
)
NO_IMAGE: tuple[Fact, ...] = (("the list of its images", lambda case: case.release.images is None),)
IMAGE: tuple[Fact, ...] = (
    ("the tag of its image for {engine}", lambda case: _image(case, "tag") is None),
    ("the CUDA of its image for {engine}", lambda case: _needs_gpu(case) and _image(case, "cuda") is None),
    ("the architecture of its image for {engine}", lambda case: _image(case, "arch") is None),
    ("the driver that its images for {engine} need", lambda case: _needs_driver(case) and case.engine.drivers is None),
)


def _of_path(case: Case) -> tuple[Fact, ...]:
    """Return the facts that matter for what is installed: nothing is into an environment that is given."""
    if case.installs:
        return WHEELS if case.engine.wheels else NO_WHEELS
    if case.target.path == "wheels" or case.own_image:
        return ()
    return IMAGE if case.image else NO_IMAGE


def _needs_gpu(case: Case) -> bool:
    return bool(case.facts_of_engine["gpu"])


def _needs_driver(case: Case) -> bool:
    return _needs_gpu(case) and (case.facts.driver or case.facts.cuda) is not None


def _wheels(case: Case, fact: str) -> object:
    return getattr(case.engine.wheels, fact)


def _image(case: Case, fact: str) -> object:
    return getattr(case.image, fact)


def _python_is_known(case: Case) -> bool:
    """Tell whether wheels were seen to resolve on a Python, or not to, or cannot as it is too old."""
    wheels = case.engine.wheels
    if wheels is None or case.python is None or too_old(case):
        return True
    return case.python in wheels.pythons or any(case.python in each.pythons for each in wheels.blocked)
