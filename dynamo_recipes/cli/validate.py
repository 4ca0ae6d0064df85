"""`dynamo-recipe validate`."""

import json
from collections.abc import Iterable

import click

from dynamo_recipes.app.validate import Validated, validate
from dynamo_recipes.cli import output
from dynamo_recipes.errors import FAILED, exit_status
from dynamo_recipes.findings import Finding


@click.command()
@click.argument("recipes", nargs=-1, required=True)
@click.option("-o", "--output", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the result.")
@click.option("--format", "style", type=click.Choice(output.FORMATS), default="text", help="Findings for a CI service.")
@click.option("--strict", is_flag=True, help="Warnings fail too.")
def command(recipes: tuple[str, ...], form: str, style: str, strict: bool) -> int:
    """Check RECIPES: files, folders, or - for standard input. All that is wrong is reported at once."""
    if form == "json" and style != "text":
        raise click.UsageError("-o json and --format exclude each other.")
    results = tuple(validate(recipes))
    if form == "json":
        click.echo(_as_json(results))
    elif style != "text":
        click.echo(_for_ci(results, style), nl=False)
    else:
        _as_text(results)
    found = tuple(each for result in results for each in result.findings)
    return exit_status(found) or (FAILED if strict and _warned(found) else 0)


def _warned(found: Iterable[Finding]) -> bool:
    return any(each.severity == "warning" for each in found)


def _as_text(results: tuple[Validated, ...]) -> None:
    for result in results:
        output.complain(result.findings)
        if not exit_status(result.findings):
            click.echo(f"{output.visible(result.file)}: valid")


def _as_json(results: tuple[Validated, ...]) -> str:
    recipes = [
        {
            "file": each.file,
            "valid": not exit_status(each.findings),
            "findings": [output.as_data(found) for found in each.findings],
        }
        for each in results
    ]
    return json.dumps({"recipes": recipes}, indent=2, ensure_ascii=False)


def _for_ci(results: tuple[Validated, ...], style: str) -> str:
    found = tuple(each for result in results for each in result.findings)
    if style == "sarif":
        return output.sarif(found) + "\n"
    return "".join(output.github(each) + "\n" for each in found)
