"""`dynamo-recipe lock`."""

from typing import Any

import click

from dynamo_recipes.app.lock import lock, write
from dynamo_recipes.cli import options, output, overlaying


@click.command(cls=overlaying.Command)
@click.argument("recipe")
@overlaying.options
@click.option("--dry-run", is_flag=True, help="Print the lock file and write nothing.")
@options.target
@options.site
@options.facts
@options.here
def command(recipe: str, dry_run: bool, **words: Any) -> None:
    """Write what RECIPE is resolved to into RECIPE.lock: release, engine, image or wheels, model; with reasons."""
    written = lock(recipe, overlaying.taken(words), options.taken(words))
    output.complain(written.findings)
    if dry_run:
        click.echo(written.text, nl=False)
        return
    write(written)
    click.echo(f"{output.visible(str(written.path))}: {written.entry.target}, Dynamo {written.entry.dynamo}")
