"""What fits at the cursor, for a shell that asks. Whatever is wrong, nothing is said and the status is 0.

Imported for nothing else. The verbs know nothing of it: the table below says by name what an argument or option takes.
"""

import sys
from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

from dynamo_recipes.app.choices import (
    engine_names,
    gpu_names,
    program_names,
    recipe_files,
    release_names,
    showable,
    variants_of,
)
from dynamo_recipes.cli.main import VERBS, Verbs, cli
from dynamo_recipes.cli.shells import SHELLS, VARIABLE
from dynamo_recipes.errors import OK, WRONG
from dynamo_recipes.findings import CODES

Items = list["CompletionItem[str]"]
Find = Callable[[click.Context, click.Parameter, str], Items]

_MOST_RECIPES = 20  # that are opened for their variants


def answer(instruction: str, words: list[str]) -> int:
    """Print what the variable asks for: `bash_source`, `bash_complete` and so on. Return the exit status."""
    shell, _, what = instruction.partition("_")
    if shell not in SHELLS or what not in ("source", "complete"):
        click.echo(f"dynamo-recipe: {VARIABLE} is set, and not to bash_complete or the like: unset it.", err=True)
        return WRONG
    try:
        asked = SHELLS[shell](_Verbs(cli.name, params=cli.params, context_settings=cli.context_settings), words)
        text = asked.source() if what == "source" else asked.complete()
        sys.stdout.write(text.rstrip("\n") + "\n" if text else "")
    except (Exception, SystemExit):  # a shell that waits shows whatever we would say in the middle of a line
        return OK
    return OK


def recipes(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Complete a recipe: for bash by us, the others filter files themselves."""
    if "$" in incomplete or "`" in incomplete:
        return [CompletionItem(incomplete, type="file")]  # only the shell knows its variables
    found = [CompletionItem(each, type="path") for each in recipe_files(incomplete)]
    return [*found, CompletionItem(incomplete, type="yaml")]


def variants(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Complete the name of a variant, from the recipes that stand before it on the command line."""
    given = ctx.params.get(param.name or "") or ()
    chosen = (given,) if isinstance(given, str) else tuple(given)
    known = dict(each for recipe in _recipes_of(ctx) for each in variants_of(recipe, chosen))
    return [CompletionItem(name, help=text) for name, text in known.items() if name.startswith(incomplete)]


def codes(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Complete the code of a finding."""
    return [CompletionItem(code, help=CODES[code]) for code in CODES if code.startswith(incomplete.upper())]


def releases(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Complete a Dynamo release."""
    return [CompletionItem(each) for each in release_names() if each.startswith(incomplete)]


def engines(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Complete the name of an engine."""
    return [CompletionItem(each) for each in engine_names() if each.startswith(incomplete)]


def programs(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Complete a program that has flags."""
    return [CompletionItem(each) for each in program_names() if each.startswith(incomplete)]


def files(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Complete any file."""
    return [CompletionItem(incomplete, type="file")]


def folders(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Complete a folder."""
    return [CompletionItem(incomplete, type="dir")]


def words(*known: str) -> Find:
    """Complete one of a few words."""

    def find(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
        return [CompletionItem(each) for each in known if each.startswith(incomplete)]

    return find


def gpus(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Complete the name of a GPU in the table."""
    return [CompletionItem(name) for name in gpu_names() if name.startswith(incomplete)]


# By the name of an argument or the spelling of an option: what it takes. Choices and flags need no line.
TAKES: dict[str, Find] = {
    "recipe": recipes,
    "recipes": recipes,
    "file": recipes,
    "code": codes,
    "--variant": variants,
    "--release": releases,
    "--dynamo": releases,
    "program": programs,
    "--engine": engines,
    "--site": recipes,
    "--facts": files,
    "--gpu": gpus,
    "--os": words("linux", "darwin", "windows", "ubuntu-22.04", "ubuntu-24.04"),
    "--arch": words("x86_64", "aarch64"),
    "--env-file": files,
    "--environment": folders,
    "--python": files,
    "--model": folders,
    "--out": folders,
}


class _Found(click.types.StringParamType):
    """A text whose completions a function finds."""

    def __init__(self, find: Find) -> None:
        self._find = find

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
        """Return what fits and can be shown."""
        return [each for each in self._find(ctx, param, incomplete) if each.type != "plain" or showable(each.value)]


class _Verbs(Verbs):
    """The verbs as completion sees them: with what their parameters take."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a verb's command; the variable is set for this process alone, so it may be changed."""
        command = super().get_command(ctx, cmd_name)
        for param in command.params if command else ():
            find = next((TAKES[each] for each in (*param.opts, param.name) if each in TAKES), None)
            if find:
                param.type = _Found(find)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> Items:
        """Complete a verb without importing one."""
        found = [CompletionItem(name, help=text) for name, text in VERBS.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]


def _recipes_of(ctx: click.Context) -> tuple[str, ...]:
    """Return the recipes among the words. click leaves them over when the option at the end has no value yet."""
    given = ctx.params.get("recipe") or ctx.params.get("recipes") or tuple(ctx.args)
    return ((given,) if isinstance(given, str) else tuple(given))[:_MOST_RECIPES]
