"""How a rule says that it cannot judge: a fact of the release is in no source. Facts of machines are never told so."""

from dynamo_recipes.findings import Finding, Path, finding
from dynamo_recipes.support.case import Case
from dynamo_recipes.support.rules.words import ORIGIN


def unknown(case: Case, what: str, path: Path = ORIGIN) -> Finding:
    """Return DR229 for a fact of the release, such as `the CUDA of its wheels`.

    A release with this finding is never chosen on its own, only when the recipe pins it.
    """
    message = f"Dynamo {case.release.version} is not verified here: {what} is not known."
    hint = "Try it before you rely on it, or let the recipe allow an older release, which may be known in full."
    return finding("DR229", path, message, hint, "warning")
