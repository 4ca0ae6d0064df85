"""`dynamo-recipe render`."""

from typing import Any

import click

from dynamo_recipes.app.render import TARGETS, render, write
from dynamo_recipes.cli import options, output, overlaying


@click.command(cls=overlaying.Command)
@click.argument("recipe")
@overlaying.options
@click.option("-t", "--target", type=click.Choice(TARGETS), required=True, help="What to write files for.")
@click.option(
    "-O",
    "--out",
    metavar="DIR",
    help="Folder to write into; without it the main file goes to standard output.",
)
@click.option("--dry-run", is_flag=True, help="Only say which files would be written.")
@options.locked
@options.site
@options.facts
@options.here
def command(recipe: str, target: str, out: str | None, dry_run: bool, **words: Any) -> None:
    """Write the graph of RECIPE as files for a target. They need nothing of dynamo-recipes to run."""
    inputs = overlaying.taken(words)
    files = render(recipe, target, out, inputs, options.taken(words, recipe, inputs))
    if dry_run:
        click.echo("\n".join(output.visible(f"{out or '.'}/{each.path}") for each in files))
    elif out:
        write(files, out)
        output.say("\n".join(output.visible(f"wrote {out}/{each.path}") for each in files))
    else:
        click.echo(files[0].text, nl=False)
        for each in files[1:]:
            output.say(output.visible(f"not shown: {each.path}; -O DIR writes all files"))
