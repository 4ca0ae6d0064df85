"""A bug of ours: the traceback goes to a log file, one line to the screen."""

import sys
import tempfile
import traceback

from dynamo_recipes import __version__
from dynamo_recipes.app.hidden import hidden


def report(words: list[str]) -> str:
    """Write the traceback of the current exception to a file and return the line to show."""
    verb = next((word for word in words if not word.startswith("-")), "")
    text = f"dynamo-recipes {__version__}, Python {sys.version.split()[0]}, {sys.platform}, verb {verb}\n\n"
    # Without the values of variables: a recipe may hold what its author does not want to paste.
    text += hidden(traceback.format_exc())
    with tempfile.NamedTemporaryFile(
        "w", prefix="dynamo-recipe-", suffix=".log", delete=False, encoding="utf-8", errors="replace"
    ) as file:
        file.write(text)
    kind = sys.exc_info()[0]
    name = kind.__name__ if kind else "error"
    return f"dynamo-recipe: a bug in dynamo-recipes ({name}). Please report it with this file: {file.name}\n"
