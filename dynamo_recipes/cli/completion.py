"""`dynamo-recipe completion`."""

import click

from dynamo_recipes.cli.shells import SHELLS


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)))
def command(shell: str) -> None:
    """Print the script that completes words in SHELL: verbs, options, recipes, variants."""
    click.echo(SHELLS[shell](click.Command("")).source(), nl=False)
