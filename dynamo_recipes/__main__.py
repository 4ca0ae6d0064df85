"""The entry point: start-up settings that must come before any import of ours."""

import gc
import os
import sys
import types


def main() -> None:
    """Run the command line and exit with its status."""
    # A run of `validate` makes few objects that die: collecting costs more than it frees. `run` turns it on again.
    gc.disable()
    _without_pydantic_plugins()
    _open_closed_streams()
    # A stream that the caller has closed is written to nowhere.
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - open as long as the process lives
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    try:
        from dynamo_recipes.cli.main import run

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)


def _open_closed_streams() -> None:
    """Keep 0 to 2 taken: what we open later must not pass for the streams of the processes that we start."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one


def _without_pydantic_plugins() -> None:
    """Keep pydantic from looking for plugins: other packages' would be imported, and importlib.metadata takes 10 ms.

    PYDANTIC_DISABLE_PLUGINS saves the former only. Where pydantic has no such module, this changes nothing.
    """
    loader = types.ModuleType("pydantic.plugin._loader")
    loader.get_plugins = lambda: ()  # type: ignore[attr-defined]
    sys.modules.setdefault(loader.__name__, loader)


if __name__ == "__main__":
    main()
