"""`dynamo-recipe plan`."""

from typing import Any

import click

from dynamo_recipes.app.plan import plan, shown
from dynamo_recipes.cli import options, output, overlaying


@click.command(cls=overlaying.Command)
@click.argument("recipe")
@overlaying.options
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(["text", "json", "mermaid"]),
    default="text",
    help="Form of the plan.",
)
@click.option("--origins", is_flag=True, help="Say of each value of the recipe where it comes from, too.")
@options.target
@options.locked
@options.site
@options.facts
@options.here
def command(recipe: str, form: str, origins: bool, **words: Any) -> None:
    """Show the graph of RECIPE: commands, env, ports, GPUs, order, and the reason for each."""
    if origins and form == "mermaid":
        raise click.UsageError("--origins goes with text and json.")
    inputs = overlaying.taken(words)
    result = plan(recipe, inputs, options.taken(words, recipe, inputs))
    output.complain(result.findings)
    click.echo(shown(result, form, origins), nl=False)  # type: ignore[arg-type]
