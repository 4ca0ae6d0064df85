"""What `run` and `smoke` share: options, and how a run looks on the screen."""

import gc
from collections.abc import Callable
from typing import Any

import click

from dynamo_recipes.app.composing import Inputs
from dynamo_recipes.app.planning import Against
from dynamo_recipes.app.run import Options, keep_status
from dynamo_recipes.cli import options as shared
from dynamo_recipes.cli.terminal import Terminal


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that every launching verb has."""
    for add in (
        shared.site,
        shared.facts,
        shared.locked,
        click.option("--environment", metavar="DIR", help="Use this virtual environment; it must have ai-dynamo."),
        click.option("-t", "--target", type=click.Choice(["local"]), default="local", help="Where to run."),
    ):
        command = add(command)
    return command


def made(
    inputs: Inputs, against: Against, logs: bool, environment: str | None = None, python: str | None = None
) -> Options:
    """Return the options of a launch, and get this process ready for a long life."""
    gc.enable()
    terminal = Terminal()
    keep_status()

    def say(name: str, what: str) -> None:
        terminal.line(f"{name:<16}{what}")

    def show(name: str, line: str) -> None:
        terminal.line(f"{name:<14}| {line}")

    return Options(
        say=say, show=show if logs else None, environment=environment, python=python, inputs=inputs, against=against
    )
