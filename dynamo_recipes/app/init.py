"""A first recipe: short, and valid as it is."""

from pathlib import Path

from dynamo_recipes.app.planning import planned
from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding, errors_of

_SCHEMA = "recipe.v1.json"


def first_recipe(model: str, engine: str, gpu: str | None) -> str:
    """Return the text of a recipe. Raises Refused when the words make no valid one."""
    lines = [
        f"# yaml-language-server: $schema={_SCHEMA}",
        "schema: 1",
        f"model: {_model(model)}",
        f"engine: {_quoted(engine)}",
    ]
    if gpu:
        lines.append(f"hardware: {{gpu: {_quoted(gpu)}}}")
    text = "\n".join(lines) + "\n"
    found = errors_of(planned(text.encode("utf-8", "replace"), "recipe.yaml").findings)
    if found:
        raise Refused(*found)
    return text


def _model(model: str) -> str:
    """Return a model's entry: a path when it looks like one, the packaged model by its name, else a hub id."""
    if model == "tiny":
        return "{packaged: tiny}"
    return f"{{path: {_quoted(model)}}}" if model.startswith((".", "/", "~")) else _quoted(model)


def _quoted(text: str) -> str:
    import json  # a JSON string is a YAML string

    return (
        text
        if text.replace("/", "").replace("-", "").replace("_", "").isalnum() and not text.isdigit()
        else json.dumps(text, ensure_ascii=False)
    )


def write(path: str, text: str, force: bool) -> None:
    """Write the recipe. Raises Refused when the file is there, unless forced."""
    file = Path(path)
    try:
        with file.open("w" if force else "x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise Refused(Finding("DR608", f"{path} is already there.", "Name another file, or use --force.")) from None
    except OSError as error:
        raise Refused(Finding("DR608", f"{path} cannot be written: {error.strerror}.", "Check the folder.")) from error
