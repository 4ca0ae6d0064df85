"""Files for a target: as text, or into a folder."""

import os
from pathlib import Path

from dynamo_recipes import targets
from dynamo_recipes.app import models
from dynamo_recipes.app.composing import NOTHING, Inputs, read
from dynamo_recipes.app.planning import ANYWHERE, Against, planned_at
from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding
from dynamo_recipes.plan.model import Source
from dynamo_recipes.support.target import TARGETS as SUPPORTED
from dynamo_recipes.targets.target import Artifact

TARGETS = tuple(targets.TARGETS)
_MODEL = "model"


def render(
    name: str, target: str, out: str | None, inputs: Inputs = NOTHING, against: Against = ANYWHERE
) -> tuple[Artifact, ...]:
    """Return the files of a recipe for a target. `out` is the folder that they are meant for."""
    source = read(name, inputs)
    result = planned_at(source, against._replace(target=SUPPORTED[target]))
    if not result.ok or result.plan is None:
        raise Refused(*result.findings)
    place = _model_place(result.plan.model, source.folder, Path(out or "."))
    copies = {each.name: Artifact(f"files/{each.name}/{each.path.name}", each.text) for each in result.files}
    paths = tuple((name, each.path) for name, each in copies.items())
    made = targets.load(target).render(result.plan, result.instances, place, paths)
    model = _packaged(result.plan.model.value) if result.plan.model.kind == "packaged" else ()
    return (*made, *model, *copies.values())


def _model_place(model: Source, folder: Path, out: Path) -> str:
    """Return where the files find the model: beside them, relative to them, where the recipe says, or on the hub."""
    if model.kind == "id":
        return model.value
    if model.kind == "packaged":
        return _MODEL
    if model.value.startswith("/"):
        return model.value
    return os.path.relpath(folder / model.value, out)


def _packaged(name: str) -> tuple[Artifact, ...]:
    folder = models.packaged(name)
    return tuple(
        Artifact(f"{_MODEL}/{each.name}", each.read_text(encoding="utf-8")) for each in sorted(folder.iterdir())
    )


def write(files: tuple[Artifact, ...], out: str) -> None:
    """Write files into a folder. Raises Refused (DR608)."""
    for each in files:
        path = Path(out) / each.path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(each.text, encoding="utf-8")
            path.chmod(each.mode)
        except OSError as error:
            raise Refused(
                Finding("DR608", f"{path} cannot be written: {error.strerror}.", "Check the folder.")
            ) from error
