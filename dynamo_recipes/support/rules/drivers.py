"""Which CUDA runs where: the driver's branch, and GPUs that need a newer one. Silent for an engine without a GPU.

DR209 and DR211 never both speak. DR211: the machine runs no CUDA newer than 12, and the release has no image of the
engine for 12: another driver or another release is needed. DR209: the release has such an image, or the machine runs
13, and the driver is still too old for the image.
"""

from collections.abc import Iterator

from dynamo_recipes.findings import Finding, finding
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.support import data
from dynamo_recipes.support.case import Case
from dynamo_recipes.support.facts import HostFacts
from dynamo_recipes.support.numbers import pair
from dynamo_recipes.support.rules.words import GPU, ORIGIN, engine, title

_NEEDS_13 = "10.3"  # compute capability of Blackwell Ultra: B300, GB300


def driver_floor(case: Case) -> Iterator[Finding]:
    """DR209: refuse a driver branch below the floor of the image's CUDA.

    Rests on the documented floors: 12.8 needs 570, 12.9 needs 575, 13.0 and 13.1 need 580 (COMP, SM, REL, INST).
    Where an image's CUDA is not known, the lowest that the release documents for the engine decides.
    """
    cuda, branch = _cuda(case) or _lowest_cuda(case), _branch(case.facts)
    if case.target.path != "image" or case.own_image or cuda is None or branch is None or _has_none(case):
        return
    needed = _floor(cuda, case)
    if needed and branch < needed:
        message = f"The image of {engine(case)} has CUDA {cuda}, and {_machine(case.facts)} is too old for it."
        yield finding("DR209", ORIGIN, message, f"Install a driver of branch {needed} or newer.")


def wheels_cuda(case: Case) -> Iterator[Finding]:
    """DR210: refuse a driver branch below the floor of the CUDA that the engine's wheels bring.

    Rests on the pins of torch, whose wheels carry CUDA 13.0 from 2.11 on (WHL, UV), and on the documented floors
    (COMP). An image of the same release may have an older CUDA.
    """
    cuda, branch = _cuda(case), _branch(case.facts)
    if not case.installs or cuda is None or branch is None:
        return
    needed = _floor(cuda)
    if needed and branch < needed:
        message = f"The wheels of {engine(case)} bring CUDA {cuda}, and {_machine(case.facts)} is too old for it."
        hint = f"Install a driver of branch {needed} or newer{_or_image(case, branch)}."
        yield finding("DR210", ORIGIN, message, hint)


def cuda12_images(case: Case) -> Iterator[Finding]:
    """DR211: refuse a machine that runs no CUDA newer than 12 where the release has no image of the engine for that.

    Rests on the notes of 1.3.0, which end these images, and on the image tables (D130, REL): TensorRT-LLM never had
    one. Of an image that the recipe names, only its tag tells the CUDA.
    """
    if not _on_image(case) or _has_image(case, 12):
        return
    if case.own_image:
        if _tag(case.own_image) == "12":
            message = f"Dynamo {case.release.version} has no {title(case)} for CUDA 12, which the image's tag names."
            yield finding("DR211", ("engine", "image"), message, "Name an image for CUDA 13.")
    elif _has_none(case):
        message = f"Dynamo {case.release.version} has no image of {title(case)} for CUDA 12"
        hint = f"Install a driver of branch {_floor_of_13()} or newer, which runs CUDA 13."
        yield finding("DR211", ORIGIN, f"{message}, and {_machine(case.facts)} runs no newer one.", hint)


def blackwell_ultra(case: Case) -> Iterator[Finding]:
    """DR212: refuse B300 and GB300 with CUDA 12, be it of the image or of the wheels.

    Rests on the installation guide (INST).
    """
    cuda = _cuda(case)
    ultra = [each for each in case.gpus if each.compute_capability == _NEEDS_13]
    # A machine may have several kinds: it is enough when one of them will do.
    if cuda is None or pair(cuda)[0] != 12 or not ultra or len(ultra) < len(case.gpus):
        return
    what = f"The image of {engine(case)} has" if case.target.path == "image" else f"The wheels of {engine(case)} bring"
    message = f"{what} CUDA {cuda}, and {shown(ultra[0].name)} needs CUDA 13."
    hint = "Choose a later release"
    if case.installs and _has_image(case, 13):
        hint = "Run the release's container for CUDA 13 (-t docker), or choose a later release"
    yield finding("DR212", GPU, message, f"{hint}.")


def _on_image(case: Case) -> bool:
    return case.target.path == "image" and bool(case.facts_of_engine["gpu"])


def _cuda(case: Case) -> str | None:
    """Return the CUDA that would run; of an image that the recipe names, what its tag says."""
    if not case.facts_of_engine["gpu"]:
        return None
    return _tag(case.own_image) if case.own_image else case.cuda


def _lowest_cuda(case: Case) -> str | None:
    """Return the lowest CUDA that the release documents for its images of the engine."""
    return min((each for each, _ in case.engine.drivers or ()), key=pair, default=None)


def _tag(image: str) -> str | None:
    """Return the CUDA that an image's tag names: `…:1.2.1-cuda13` has 13."""
    tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
    return next((each for each in ("12", "13") if f"cuda{each}" in tag), None)


def _branch(facts: HostFacts) -> int | None:
    """Return the driver's branch; where only its CUDA is known, the branch that this CUDA belongs to."""
    if facts.driver is not None:
        return pair(facts.driver)[0]
    if facts.cuda is None:
        return None
    floors = data.load("drivers.json")["floors"].items()
    return max((int(each["branch"]) for cuda, each in floors if pair(cuda) <= pair(facts.cuda)), default=0)


def _floor(cuda: str, case: Case | None = None) -> int | None:
    """Return the lowest branch for a CUDA: what the release says of its images, else the general floor."""
    own = dict((case and case.engine.drivers) or ())
    general = data.load("drivers.json")["floors"].get(cuda)
    found = own.get(cuda) or (general and general["branch"])
    return int(found) if found else None


def _floor_of_13() -> int:
    floors = data.load("drivers.json")["floors"].items()
    return min(int(each["branch"]) for cuda, each in floors if pair(cuda)[0] == 13)


def _has_image(case: Case, cuda: int) -> bool:
    """Tell whether the release has an image of the engine for a CUDA; where its table is not known, the release's."""
    if cuda == 12 and not case.release.can("cuda12_images"):
        return False
    drivers = case.engine.drivers
    return drivers is None or any(pair(each)[0] == cuda for each, _ in drivers)


def _has_none(case: Case) -> bool:
    """Tell whether the machine runs no CUDA newer than 12, and the release has no image of the engine for 12."""
    return _only_12(case.facts) and not _has_image(case, 12)


def _only_12(facts: HostFacts) -> bool:
    old_cuda = facts.cuda is not None and pair(facts.cuda)[0] < 13
    return old_cuda or (facts.driver is not None and pair(facts.driver)[0] < _floor_of_13())


def _machine(facts: HostFacts) -> str:
    """Return what the machine has; the driver decides the branch where both are known."""
    if facts.driver is not None:
        return f"driver {shown(facts.driver)}"
    return f"a driver for CUDA {shown(facts.cuda or '')}"


def _or_image(case: Case, branch: int) -> str:
    """Return that an image of the release runs on the driver, where one does."""
    names = case.facts_of_engine["images"]
    there = (each.cuda for each in case.release.images or () if each.repository in names)
    fits = [cuda for cuda in there if cuda and (_floor(cuda, case) or branch + 1) <= branch]
    return f", or run the release's image with CUDA {fits[0]}: -t docker" if fits else ""
