"""What goes for the engine as such: where it comes from, and in which version."""

from collections.abc import Iterator

from dynamo_recipes.findings import Finding, Severity, finding
from dynamo_recipes.recipe.near import shown
from dynamo_recipes.support.case import Case
from dynamo_recipes.support.rules.words import title


def container_only(case: Case) -> Iterator[Finding]:
    """DR213: refuse to install an engine that has no wheels; its container brings the Python that it needs.

    Rests on the index, which holds placeholders of `tensorrt-llm` only, and on the installation guide (PYPI, UV, INST).
    """
    if not case.installs or not case.facts_of_engine["container_only"]:
        return
    python = case.release.python_container
    brings = f", which brings Python {python}" if python else ""
    message = f"{title(case)} has no wheels that Dynamo {case.release.version} could be installed with."
    yield finding("DR213", ("engine",), message, f"Run the release's container{brings}: -t docker or -t kubernetes.")


def engine_version(case: Case) -> Iterator[Finding]:
    """DR226: refuse an engine version that the release was not tested with; warn where the author brings the engine.

    Rests on the documentation, which calls only the listed versions tested and supported (SM, COMP).
    """
    wanted, pinned = case.recipe.engine.version, case.engine.version
    if wanted is None or pinned is None or wanted == pinned:
        return
    brought = case.own_image or case.facts.environment
    severity: Severity = "warning" if brought else "error"
    message = f"Dynamo {case.release.version} was tested with {title(case)} {pinned}, not {shown(wanted)}."
    hint = "Leave `version` out, or choose the release that has it; an image of your own is taken with a warning."
    yield finding("DR226", ("engine", "version"), message, hint, severity)
