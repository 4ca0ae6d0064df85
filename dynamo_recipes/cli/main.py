"""The command `dynamo-recipe`: the table of verbs, and what becomes of every kind of failure."""

import importlib
import io
import os
import sys

import click

from dynamo_recipes import __version__
from dynamo_recipes.errors import BUG, FAILED, OK, WRONG, DynamoRecipesError

# Static, so that --help imports no verb: the name, and the line that --help shows.
VERBS = {
    "completion": "Print the completion script of a shell.",
    "explain": "Explain the code of a finding.",
    "flags": "Show the flags of an engine or the frontend in a release, and what changed.",
    "init": "Write a first recipe.",
    "lock": "Write what a recipe is resolved to beside it.",
    "matrix": "Show which releases there are, and what they are made of.",
    "plan": "Show the graph: commands, env, ports, GPUs, order, reasons.",
    "render": "Write a recipe's graph as files for a target.",
    "resolve": "Say which release, engine, image or wheels a recipe gets, and why.",
    "run": "Launch a recipe on this machine and serve until Ctrl-C.",
    "schema": "Print the JSON Schema of recipes, sites or facts files.",
    "show": "Show a recipe after all that is laid over it.",
    "smoke": "Launch a recipe, ask it real questions, stop it.",
    "validate": "Check recipes: shape, versions, flags, graph.",
}
_COMPLETE = "_DYNAMO_RECIPE_COMPLETE"  # set by the scripts of `completion`, as click spells it


class Verbs(click.Group):
    """The verbs, each imported when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in order of name."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a verb's command."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"dynamo_recipes.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; an unknown one is told with near names."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], VERBS)
            ctx.fail(f"No such command '{args[0]}'." + (f" Did you mean {near[0]}?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of verbs without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dynamo-recipe")
def cli() -> None:
    """Run NVIDIA Dynamo graphs from YAML recipes."""


def run(words: list[str]) -> int:  # noqa: PLR0911 - one line for each kind of end
    """Run some words and return the exit status; every expected failure is one paragraph, a bug one line."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name that the terminal's encoding cannot hold is no bug
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return _ran(words)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return WRONG
    except DynamoRecipesError as error:
        from dynamo_recipes.cli.output import complain

        complain(error.findings)
        return error.status
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        return _pipe_closed()
    except Exception:
        from dynamo_recipes.cli.crash import report

        sys.stderr.write(report(words))
        return BUG


def _ran(words: list[str]) -> int:
    if os.environ.get(_COMPLETE):
        from dynamo_recipes.cli.completing import answer

        return answer(os.environ[_COMPLETE], words)
    result = cli.main(words, prog_name="dynamo-recipe", standalone_mode=False)
    return result if isinstance(result, int) else OK


def _pipe_closed() -> int:
    """End quietly when the reader of our output has gone, as `head` does."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED
