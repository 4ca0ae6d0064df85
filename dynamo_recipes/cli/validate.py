"""`dynamo-recipe validate`."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import click

from dynamo_recipes.app.planning import Against
from dynamo_recipes.app.validate import Validated, validate
from dynamo_recipes.cli import options, output, overlaying
from dynamo_recipes.errors import FAILED, Refused, exit_status
from dynamo_recipes.findings import Finding


@click.command(cls=overlaying.Command)
@click.argument("recipes", nargs=-1, required=True)
@overlaying.options
@click.option("--all-variants", is_flag=True, help="Check every combination of variants: of each axis none or one.")
@click.option("-o", "--output", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the result.")
@click.option("--format", "style", type=click.Choice(output.FORMATS), default="text", help="Findings for a CI service.")
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@options.target
@options.locked
@options.site
@options.facts
@options.here
def command(recipes: tuple[str, ...], form: str, style: str, strict: bool, all_variants: bool, **words: Any) -> int:
    """Check RECIPES: files, folders, or - for standard input. All that is wrong is reported at once.

    Without -t a recipe is valid when it fits one target at least; what is wrong with the others is a note.
    """
    if form == "json" and style != "text":
        raise click.UsageError("-o json and --format exclude each other.")
    if all_variants and words["variant"]:
        raise click.UsageError("--variant and --all-variants exclude each other.")
    inputs, locks = overlaying.taken(words), options.locks(words.pop("locked"))
    against, wrong = _against(words)
    results = (*wrong, *validate(recipes, inputs, all_variants, against, locks))
    if form == "json":
        click.echo(_as_json(results))
    elif style != "text":
        click.echo(_for_ci(results, style), nl=False)
    else:
        _as_text(results, all_variants)
    found = tuple(each for result in results for each in result.findings)
    return exit_status(found) or (FAILED if strict and _warned(found) else 0)


def _against(words: dict[str, Any]) -> tuple[Against, tuple[Validated, ...]]:
    """Return what recipes are judged against, and first of all results what is wrong with it: by file or option.

    Recipes are judged without facts and hosts that are wrong.
    """
    try:
        return options.taken(dict(words)), ()
    except Refused as refused:
        found: dict[str, list[Finding]] = {}
        for each in refused.findings:
            found.setdefault(each.where.file, []).append(each)
        wrong = tuple(Validated(name, tuple(those)) for name, those in found.items())
        return options.taken({"target": words["target"]}), wrong


def _warned(found: Iterable[Finding]) -> bool:
    return any(each.severity == "warning" for each in found)


def _as_text(results: tuple[Validated, ...], all_variants: bool) -> None:
    for result in results:
        if all_variants and result.variants and result.findings:
            output.say(f"{_named(result)}:")
        output.complain(result.findings)
        if not exit_status(result.findings):
            targets = f" ({_on_targets(result)})" if result.targets else ""
            click.echo(f"{_named(result)}: valid{targets}")


def _on_targets(result: Validated) -> str:
    """Return the release that each target gets: `local: Dynamo 1.6.0; docker, kubernetes: Dynamo 1.4.2`."""
    of_release: dict[str | None, list[str]] = {}
    for each in result.targets:
        of_release.setdefault(each.dynamo, []).append(each.target)
    return "; ".join(
        f"{', '.join(names)}: {f'Dynamo {release}' if release else 'nothing fits'}"
        for release, names in of_release.items()
    )


def _named(result: Validated) -> str:
    """Return a recipe's file and the variants that were chosen."""
    return " + ".join(output.visible(each) for each in (result.file, *result.variants))


def _as_json(results: tuple[Validated, ...]) -> str:
    recipes = [
        {
            "file": each.file,
            "variants": list(each.variants),
            "valid": not exit_status(each.findings),
            "targets": dict(each.targets),
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
