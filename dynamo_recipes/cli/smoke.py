"""`dynamo-recipe smoke`."""

from typing import Any

import click

from dynamo_recipes.app.run import ask
from dynamo_recipes.cli import launching, options, overlaying
from dynamo_recipes.cli.output import visible


@click.command(cls=overlaying.Command)
@click.argument("recipe")
@launching.options
@overlaying.options
@click.option("-v", "--verbose", is_flag=True, help="Show the logs of the processes.")
def command(recipe: str, verbose: bool, **words: Any) -> None:
    """Launch RECIPE, ask it real questions, check the answers, stop it. For CI."""
    inputs = overlaying.taken(words)
    ask(
        recipe,
        launching.made(inputs, options.taken(words, recipe, inputs, launching=True), logs=verbose, **words),
        lambda each: click.echo(visible(f"ok {each.what}: {each.result}")),
    )
