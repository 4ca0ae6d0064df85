"""What the release can do, whatever it is installed from and wherever it runs."""

from collections.abc import Iterator

from dynamo_recipes.findings import Finding, finding
from dynamo_recipes.recipe.near import did_you_mean, shown
from dynamo_recipes.support.case import Case


def abilities(case: Case) -> Iterator[Finding]:
    """DR205: refuse what the release does not have, whatever the hardware.

    Router modes rest on the choices of `--router-mode` in `dynamo/frontend` of the wheels, the response plane on
    `--response-plane`, the rest on runs of frontend and mocker of each release (RUN).
    """
    release, mode = case.release, case.recipe.frontend.router.mode
    if case.recipe.engine.name not in release.engines:
        message = f"Dynamo {release.version} has no engine `{shown(case.recipe.engine.name)}`."
        yield finding("DR205", ("engine",), message, did_you_mean(case.recipe.engine.name, release.engines))
    if release.router_modes is not None and mode not in release.router_modes:
        message = f"Dynamo {release.version} has no router mode `{shown(mode)}`."
        yield finding("DR205", ("frontend", "router", "mode"), message, did_you_mean(mode, release.router_modes))
    if case.recipe.infrastructure.response_plane != "auto" and not release.can("response_plane"):
        message = f"Dynamo {release.version} does not let one choose the response plane."
        yield finding("DR205", ("infrastructure", "response_plane"), message, "Remove the key, or write auto.")
    yield from _of_model(case)
    if not case.target.cluster and _cannot(case, "without_nats"):
        message = f"The {case.recipe.engine.name} of Dynamo {release.version} needs a NATS server, and none is started."
        yield finding("DR205", ("dynamo",), message, "Take a newer release.")


def _of_model(case: Case) -> Iterator[Finding]:
    """Yield what the release cannot do with the model as the recipe has it."""
    model, version = case.recipe.model, case.release.version
    if model.id is None and case.release.capabilities["hands_model_files"] is False:
        message = f"Dynamo {version} cannot serve a model of a folder under a name of its own."
        yield finding("DR205", ("model",), message, "Serve a model of the hub by its id, or take a newer release.")
    if model.max_length is not None and _cannot(case, "max_length"):
        message = f"The {case.recipe.engine.name} of Dynamo {version} cannot limit the length of requests."
        yield finding("DR205", ("model", "max_length"), message, "Remove the key, or take a newer release.")


def _cannot(case: Case, feature: str) -> bool:
    return case.release.feature(feature, case.recipe.engine.name).status == "no"
