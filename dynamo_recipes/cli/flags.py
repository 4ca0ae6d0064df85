"""`dynamo-recipe flags`."""

import click

from dynamo_recipes.app import flags, flags_forms


@click.command()
@click.argument("program", required=False)
@click.argument("pattern", required=False)
@click.option("--dynamo", metavar="VERSION", help="Dynamo release; left out, the newest that has a catalogue.")
@click.option("--changes", metavar="A..B", help="What changed from one Dynamo release to another.")
@click.option("-o", "--output", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the output.")
def command(program: str | None, pattern: str | None, dynamo: str | None, changes: str | None, form: str) -> None:
    """Show the flags of an engine's worker, the frontend or another PROGRAM, as its version's parser takes them.

    PATTERN is a part of a name, or has * and ?. Without a PROGRAM, the programs and the releases that are known.
    """
    if changes is not None and dynamo is not None:
        raise click.UsageError("--dynamo and --changes exclude each other.")
    if program is None:
        if changes is not None or dynamo is not None:
            raise click.UsageError("Name the program: an engine, or the frontend.")
        text = (flags_forms.programs_json if form == "json" else flags_forms.programs_text)(flags.known())
    elif changes is not None:
        found = flags.changes(program, *_versions(changes), pattern)
        text = (flags_forms.changes_json if form == "json" else flags_forms.changes_text)(found)
    else:
        listed = flags.listing(program, dynamo, pattern)
        text = (flags_forms.listing_json if form == "json" else flags_forms.listing_text)(listed)
    click.echo(text, nl=False)


def _versions(words: str) -> tuple[str, str]:
    old, dots, new = words.partition("..")
    if not (old and dots and new):
        raise click.BadParameter("it is two releases with two dots between them: 1.4.2..1.6.0", param_hint="--changes")
    return old, new
