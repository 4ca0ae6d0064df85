"""The options that lay something over a recipe: variants, settings, env files. Every verb that reads one has them."""

from collections.abc import Callable
from typing import Any

import click

from dynamo_recipes.app.composing import Inputs, inputs_of

_ORDER = "dynamo_recipes.settings"
_SETTINGS = ("--set", "--set-string")


class Command(click.Command):
    """A verb that keeps the order of `--set` and `--set-string`: click gives the values of each on their own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Remember the order, then read the words as ever."""
        ctx.meta[_ORDER] = [flag for flag in (word.partition("=")[0] for word in args) if flag in _SETTINGS]
        return super().parse_args(ctx, args)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; `taken` makes Inputs of what they say."""
    for add in (
        click.option("--env-file", metavar="FILE", multiple=True, help="File with NAME=VALUE for ${NAME}; repeatable."),
        click.option(
            "--set-string", metavar="PATH=TEXT", multiple=True, help="Like --set; the value is text, never YAML."
        ),
        click.option(
            "--set", metavar="PATH=VALUE", multiple=True, help="Set a value, such as workers.decode.replicas=2; YAML."
        ),
        click.option("--variant", metavar="NAME", multiple=True, help="Choose a variant; one of each axis, in order."),
    ):
        command = add(command)
    return command


def taken(words: dict[str, Any]) -> Inputs:
    """Take these options out of a verb's words. Raises Refused when an env file cannot be read."""
    values = {"--set": list(words.pop("set")), "--set-string": list(words.pop("set_string"))}
    order = [*click.get_current_context().meta.get(_ORDER, ()), *_SETTINGS]
    settings = [(flag, values[flag].pop(0)) for flag in order if values[flag]]
    settings += [(flag, each) for flag, rest in values.items() for each in rest]
    return inputs_of(words.pop("variant"), settings, words.pop("env_file"))
