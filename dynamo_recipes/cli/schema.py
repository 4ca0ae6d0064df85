"""`dynamo-recipe schema`."""

import click

from dynamo_recipes.app.schema import SCHEMAS, schema


@click.command()
@click.argument("which", type=click.Choice(SCHEMAS), default="recipe")
def command(which: str) -> None:
    """Print the JSON Schema of recipes, sites or facts files, for editors and other tools."""
    click.echo(schema(which), nl=False)
