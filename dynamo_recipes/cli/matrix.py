"""`dynamo-recipe matrix`."""

import click

from dynamo_recipes.app.matrix import Filters, matrix
from dynamo_recipes.app.matrix_forms import as_json, as_text


@click.command()
@click.option("--engine", metavar="NAME", help="Only this engine, with all that is known of it.")
@click.option("--gpu", metavar="NAME", help="Only releases that fit this GPU, or one like NAME:MEMORY:CAPABILITY.")
@click.option("--driver", metavar="VERSION", help="Only releases that fit NVIDIA's driver, such as 575.57.08.")
@click.option("--release", metavar="VERSION", help="Only this release, or those in a range.")
@click.option("-o", "--output", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the table.")
def command(engine: str | None, gpu: str | None, driver: str | None, release: str | None, form: str) -> None:
    """Show which releases there are, what they are made of, and which fit an engine, a GPU, a driver."""
    filters = Filters(engine, gpu, driver, release)
    found = matrix(filters)
    click.echo(as_json(found) if form == "json" else as_text(found, filters), nl=False)
