"""`dynamo-recipe smoke`."""

import click

from dynamo_recipes.app.run import ask
from dynamo_recipes.cli import launching
from dynamo_recipes.cli.output import visible


@click.command()
@click.argument("recipe")
@launching.options
@click.option("-v", "--verbose", is_flag=True, help="Show the logs of the processes.")
def command(recipe: str, environment: str | None, python: str | None, verbose: bool) -> None:
    """Launch RECIPE, ask it real questions, check the answers, stop it. For CI."""
    ask(
        recipe,
        launching.made(environment, python, logs=verbose),
        lambda each: click.echo(visible(f"ok {each.what}: {each.result}")),
    )
