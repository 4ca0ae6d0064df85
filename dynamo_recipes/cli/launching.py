"""What `run` and `smoke` share: options, and how a run looks on the screen."""

import gc
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import click

from dynamo_recipes.app.run import Options
from dynamo_recipes.cli import output


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that every launching verb has."""
    for add in (
        click.option("--environment", metavar="DIR", help="Use this virtual environment; it must have ai-dynamo."),
        click.option("--python", metavar="VERSION|PATH", help="Python for the environment that is made, as in uv."),
        click.option(
            "-t", "--target", type=click.Choice(["local"]), default="local", expose_value=False, help="Where to run."
        ),
    ):
        command = add(command)
    return command


def made(environment: str | None, python: str | None, logs: bool) -> Options:
    """Return the options of a launch, and get this process ready for a long life."""
    gc.enable()
    return Options(say=_say, show=_show if logs else _ignore, environment=environment, python=python)


def _say(name: str, what: str) -> None:
    """Say what became of a process. A terminal that has gone must not keep the run from being stopped."""
    with suppress(OSError):
        output.say(f"{name:<16}{what}")


def _show(name: str, line: str) -> None:
    sys.stderr.write(f"{name:<14}| {line}\n".encode("utf-8", "replace").decode(sys.stderr.encoding, "replace"))


def _ignore(name: str, line: str) -> None:
    """Show nothing: logs go to their files only."""
