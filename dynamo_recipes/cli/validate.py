"""`dynamo-recipe validate`."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from dynamo_recipes.app.validate import Validated, validate
from dynamo_recipes.cli import options, output, overlaying
from dynamo_recipes.errors import FAILED, Refused, exit_status
from dynamo_recipes.findings import Finding

if TYPE_CHECKING:
    from dynamo_recipes.app.site import Place


@click.command(cls=overlaying.Command)
@click.argument("recipes", nargs=-1, required=True)
@overlaying.options
@click.option("--all-variants", is_flag=True, help="Check every combination of variants: of each axis none or one.")
@click.option("-o", "--output", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the result.")
@click.option("--format", "style", type=click.Choice(output.FORMATS), default="text", help="Findings for a CI service.")
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@options.site
def command(
    recipes: tuple[str, ...], form: str, style: str, strict: bool, all_variants: bool, site: str | None, **words: Any
) -> int:
    """Check RECIPES: files, folders, or - for standard input. All that is wrong is reported at once."""
    if form == "json" and style != "text":
        raise click.UsageError("-o json and --format exclude each other.")
    if all_variants and words["variant"]:
        raise click.UsageError("--variant and --all-variants exclude each other.")
    place, wrong = _place(site)
    results = (*wrong, *validate(recipes, overlaying.taken(words), all_variants, place))
    if form == "json":
        click.echo(_as_json(results))
    elif style != "text":
        click.echo(_for_ci(results, style), nl=False)
    else:
        _as_text(results, all_variants)
    found = tuple(each for result in results for each in result.findings)
    return exit_status(found) or (FAILED if strict and _warned(found) else 0)


def _place(site: str | None) -> "tuple[Place | None, tuple[Validated, ...]]":
    """Return the site, and what is wrong with it as the first result: recipes are judged without it then."""
    try:
        return options.read_site(site), ()
    except Refused as refused:
        return None, (Validated(site or "", refused.findings),)


def _warned(found: Iterable[Finding]) -> bool:
    return any(each.severity == "warning" for each in found)


def _as_text(results: tuple[Validated, ...], all_variants: bool) -> None:
    for result in results:
        if all_variants and result.variants and result.findings:
            output.say(f"{_named(result)}:")
        output.complain(result.findings)
        if not exit_status(result.findings):
            click.echo(f"{_named(result)}: valid")


def _named(result: Validated) -> str:
    """Return a recipe's file and the variants that were chosen."""
    return " + ".join(output.visible(each) for each in (result.file, *result.variants))


def _as_json(results: tuple[Validated, ...]) -> str:
    recipes = [
        {
            "file": each.file,
            "variants": list(each.variants),
            "valid": not exit_status(each.findings),
            "findings": [output.as_data(found) for found in each.findings],
        }
        for each in results
    ]
    return json.dumps({"recipes": recipes}, indent=2, ensure_ascii=False)


def _of_variants(result: Validated) -> Iterator[Finding]:
    """Yield findings that say which variants were chosen: in these forms nothing else does."""
    chosen = f"With {' + '.join(result.variants)}: " if result.variants else ""
    return (replace(each, message=chosen + each.message) for each in result.findings)


def _for_ci(results: tuple[Validated, ...], style: str) -> str:
    found = tuple(each for result in results for each in _of_variants(result))
    if style == "sarif":
        return output.sarif(found) + "\n"
    return "".join(output.github(each) + "\n" for each in found)
