"""`dynamo-recipe explain`."""

import click

from dynamo_recipes.app.explain import codes, explain


@click.command()
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Explain the CODE of a finding; without one, list all codes."""
    if code:
        click.echo(explain(code), nl=False)
        return
    for each, title in codes():
        click.echo(f"{each}  {title}")
