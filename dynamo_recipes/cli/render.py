"""`dynamo-recipe render`."""

import click

from dynamo_recipes.app.render import TARGETS, render, write
from dynamo_recipes.cli import output


@click.command()
@click.argument("recipe")
@click.option("-t", "--target", type=click.Choice(TARGETS), required=True, help="What to write files for.")
@click.option(
    "-O",
    "--out",
    metavar="DIR",
    help="Folder to write into; without it the main file goes to standard output.",
)
@click.option("--dry-run", is_flag=True, help="Only say which files would be written.")
def command(recipe: str, target: str, out: str | None, dry_run: bool) -> None:
    """Write the graph of RECIPE as files for a target. They need nothing of dynamo-recipes to run."""
    files = render(recipe, target, out)
    if dry_run:
        click.echo("".join(f"{out or '.'}/{each.path}\n" for each in files), nl=False)
    elif out:
        write(files, out)
        output.say("".join(f"wrote {out}/{each.path}\n" for each in files).rstrip())
    else:
        click.echo(files[0].text, nl=False)
        for each in files[1:]:
            output.say(f"not shown: {each.path}; -O DIR writes all files")
