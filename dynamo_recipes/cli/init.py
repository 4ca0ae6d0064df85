"""`dynamo-recipe init`."""

from pathlib import Path

import click

from dynamo_recipes.app.init import first_recipe, write
from dynamo_recipes.cli import output


@click.command()
@click.argument("file", default="recipe.yaml")
@click.option("--model", default="tiny", help="Hub id, model folder, or tiny: the model that ships with us.")
@click.option("--engine", default="mocker", help="The engine.")
@click.option("--gpu", help="GPU that the layout is made for.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
def command(file: str, model: str, engine: str, gpu: str | None, force: bool) -> None:
    """Write a first recipe to FILE, or to standard output for -; and the schema for editors beside it."""
    text = first_recipe(model, engine, gpu, Path(file).parent)
    if file == "-":
        click.echo(text, nl=False)
        return
    written = write(file, text, force)
    output.say(f"wrote {' and '.join(written)}; next: dynamo-recipe run {file}")
