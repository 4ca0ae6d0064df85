"""`dynamo-recipe schema`."""

import click

from dynamo_recipes.app.schema import recipe_schema


@click.command()
def command() -> None:
    """Print the JSON Schema of recipes, for editors and other tools."""
    click.echo(recipe_schema(), nl=False)
