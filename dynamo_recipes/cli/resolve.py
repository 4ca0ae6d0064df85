"""`dynamo-recipe resolve`."""

from typing import Any

import click

from dynamo_recipes.app.resolve import as_json, resolve, shown
from dynamo_recipes.cli import options, output, overlaying
from dynamo_recipes.errors import exit_status


@click.command(cls=overlaying.Command)
@click.argument("recipe")
@overlaying.options
@click.option("--explain", is_flag=True, help="List every release that was turned down, and the first rule that did.")
@click.option("-o", "--output", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the result.")
@options.target
@options.locked
@options.site
@options.facts
def command(recipe: str, explain: bool, form: str, **words: Any) -> int:
    """Say which release, engine, image or wheels RECIPE gets, and why."""
    inputs = overlaying.taken(words)
    against = options.taken(words, recipe, inputs, probing=True)
    result = resolve(recipe, inputs, against)
    output.complain(result.findings)
    if form == "json":
        click.echo(as_json(result, against), nl=False)
    else:
        click.echo("".join(f"{output.visible(line)}\n" for line in shown(result, explain).splitlines()), nl=False)
    return exit_status(result.findings)
