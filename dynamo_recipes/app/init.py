"""A first recipe: short, valid as it is, with the schema that its first line shows editors."""

from pathlib import Path

from dynamo_recipes.app.planning import planned
from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import Finding, errors_of
from dynamo_recipes.recipe.schema import NAME, recipe_schema

# Where a schema is looked for, seen from the recipe. Language servers take a relative path as seen from the file.
_SCHEMAS = (NAME, f"schemas/{NAME}", f"../schemas/{NAME}")


def first_recipe(model: str, engine: str, gpu: str | None, folder: Path = Path()) -> str:
    """Return the text of a recipe for a folder. Raises Refused when the words make no valid one."""
    lines = [
        f"# yaml-language-server: $schema={_schema_seen_from(folder) or NAME}",
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


def write(path: str, text: str, force: bool) -> tuple[str, ...]:
    """Write the recipe, and the schema beside it where there is none. Return what was written.

    Raises Refused when the recipe is there, unless forced.
    """
    file = Path(path)
    _written(file, text, force)
    if _schema_seen_from(file.parent):
        return (path,)
    schema = file.with_name(NAME)
    _written(schema, recipe_schema(), force=False)
    return path, str(schema)


def _schema_seen_from(folder: Path) -> str | None:
    return next((each for each in _SCHEMAS if (folder / each).is_file()), None)


def _written(file: Path, text: str, force: bool) -> None:
    try:
        with file.open("w" if force else "x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise Refused(Finding("DR608", f"{file} is already there.", "Name another file, or use --force.")) from None
    except OSError as error:
        raise Refused(Finding("DR608", f"{file} cannot be written: {error.strerror}.", "Check the folder.")) from error
