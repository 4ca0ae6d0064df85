"""`dynamo-recipe run`."""

import json
import shlex
from typing import Any

import click

from dynamo_recipes.app.plan import plan, shown
from dynamo_recipes.app.run import Started, serve
from dynamo_recipes.cli import launching, options, overlaying
from dynamo_recipes.cli.output import visible

_METRICS = 8  # addresses that are shown


@click.command(cls=overlaying.Command)
@click.argument("recipe")
@launching.options
@overlaying.options
@click.option("-q", "--quiet", is_flag=True, help="Do not show the logs of the processes; their files have them.")
@click.option("--dry-run", is_flag=True, help="Show the plan and start nothing.")
def command(recipe: str, quiet: bool, dry_run: bool, **words: Any) -> None:
    """Launch RECIPE on this machine, say when it serves, and stop it on Ctrl-C."""
    inputs = overlaying.taken(words)
    against = options.taken(words, recipe, inputs, launching=not dry_run)
    if dry_run:
        click.echo(shown(plan(recipe, inputs, against), "text"), nl=False)
        return
    serve(recipe, launching.made(inputs, against, logs=not quiet, **words), _ready)


def _ready(graph: Started) -> None:
    body = json.dumps(graph.endpoint.body("What is a KV cache?", 32), ensure_ascii=False)
    url = f"{graph.endpoint.url}{graph.endpoint.path}"
    click.echo(f"ready after {graph.seconds:.1f} s")
    click.echo(f"  endpoint  {graph.endpoint.url}/v1")
    click.echo(f"  model     {visible(graph.endpoint.model)}")
    for each in graph.metrics[:_METRICS]:
        click.echo(f"  metrics   {each}")
    if len(graph.metrics) > _METRICS:
        click.echo(f"            and {len(graph.metrics) - _METRICS} more, on the system ports of the other workers")
    click.echo(f"  try       curl {shlex.quote(url)} -H 'Content-Type: application/json' -d {shlex.quote(body)}")
    click.echo("  stop      Ctrl-C")
