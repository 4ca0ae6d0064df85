"""`dynamo-recipe show`."""

from typing import Any

import click

from dynamo_recipes.app import show
from dynamo_recipes.app.composing import read
from dynamo_recipes.cli import output, overlaying


@click.command(cls=overlaying.Command)
@click.argument("recipe")
@overlaying.options
@click.option("--raw", is_flag=True, help="The text as it is written, before all of it.")
@click.option("--origins", is_flag=True, help="Where each value comes from: file, variant, parameter or option.")
@click.option("-o", "--output", "form", type=click.Choice(["yaml", "json"]), default="yaml", help="Form of the recipe.")
def command(recipe: str, raw: bool, origins: bool, form: str, **words: Any) -> None:
    """Show RECIPE after all that is laid over it, as a recipe that needs no other file."""
    if raw and (origins or form == "json"):
        raise click.UsageError("--raw shows the text as it is: it goes without --origins and -o json.")
    source = read(recipe, overlaying.taken(words))
    if raw:
        click.echo(show.raw(source), nl=False)
        return
    reading = show.composed(source)
    output.complain(reading.findings)
    if origins and reading.document:
        click.echo(show.listed(reading.document, form), nl=False)  # type: ignore[arg-type]
    else:
        click.echo(show.as_text(reading, source.inputs.variants, form), nl=False)  # type: ignore[arg-type]
