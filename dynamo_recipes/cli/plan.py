"""`dynamo-recipe plan`."""

import click

from dynamo_recipes.app.plan import plan, shown
from dynamo_recipes.cli import output


@click.command()
@click.argument("recipe")
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(["text", "json", "mermaid"]),
    default="text",
    help="Form of the plan.",
)
def command(recipe: str, form: str) -> None:
    """Show the graph of RECIPE: commands, env, ports, GPUs, order, and the reason for each."""
    result = plan(recipe)
    output.complain(result.findings)
    click.echo(shown(result, form), nl=False)  # type: ignore[arg-type]
