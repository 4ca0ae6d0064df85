"""Real shells for the tests of completion: each is asked as a person asks it, and says what it would offer."""

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

PROGRAM = "dynamo-recipe"
_COMMANDS = {"bash": ["bash", "--norc", "--noprofile"], "zsh": ["zsh", "-f"]}
_SETUP = {
    "bash": 'bind "set enable-bracketed-paste off"; eval "$(dynamo-recipe completion bash)"',
    "zsh": 'autoload -Uz compinit; compinit -u -D; unset zle_bracketed_paste; eval "$(dynamo-recipe completion zsh)"',
}
_PROMPT = "@ready@"
# Stands for our command on the PATH: it completes as ours does, with `plan --variant`, and notes the words of all else.
_SPY = """#!{python}
import os, sys
if "_DYNAMO_RECIPE_COMPLETE" in os.environ or sys.argv[1:2] == ["completion"]:
    import click
    from dynamo_recipes.__main__ import main
    from dynamo_recipes.cli.plan import command
    if not any("--variant" in each.opts for each in command.params):
        command.params.append(click.Option(["--variant"], multiple=True))
    main()
with open("{noted}.new", "w") as file:
    file.write("\\0".join(sys.argv[1:]))
os.rename("{noted}.new", "{noted}")
"""


def need(shell: str) -> None:
    """Skip the test where a shell is missing; fail it in CI."""
    if shutil.which(shell):
        return
    if os.environ.get("DYNAMO_RECIPES_CI"):
        pytest.fail(f"{shell} is missing, and .ci/run installs it")
    pytest.skip(f"{shell} is not installed; on Debian: apt-get install {shell}")


class Place:
    """A folder to complete in, and the stand-in for our command."""

    def __init__(self, folder: Path, bin_folder: Path) -> None:
        self.folder = folder
        self.noted = bin_folder / "noted"
        spy = bin_folder / PROGRAM
        spy.write_text(_SPY.format(python=sys.executable, noted=self.noted))
        spy.chmod(0o755)
        path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
        self.env = {**os.environ, "PATH": path, "TERM": "dumb", "LC_ALL": "C.UTF-8", "HISTFILE": "/dev/null"}

    def bash(self, *words: str) -> list[str]:
        """Return COMPREPLY of the function that bash has registered, for some words as they stand on the line."""
        program = """
set -eu
eval "$(dynamo-recipe completion bash)"
[[ $(complete -p dynamo-recipe) == *"-F _dynamo_recipe_completion dynamo-recipe" ]]
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_dynamo_recipe_completion "$1" "${@: -1}" "${@: -2:1}"
for each in "${COMPREPLY[@]}"; do printf '%s\n' "$each"; done
"""
        return self._said(["bash", "--norc", "-c", program, "bash", PROGRAM, *words])

    def fish(self, line: str) -> list[str]:
        """Return what fish offers for a line, with the descriptions behind a tab."""
        program = "dynamo-recipe completion fish | source; complete -C $argv[1]"
        return self._said(["fish", "--no-config", "-c", program, line])

    def _said(self, command: list[str]) -> list[str]:
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=60)
        assert (done.stderr, done.returncode) == ("", 0)
        return done.stdout.splitlines()


class Terminal:
    """An interactive shell on a terminal of its own. Commands that it is given are noted, not run."""

    def __init__(self, shell: str, place: Place) -> None:
        self._noted = place.noted
        self._pid, self._master = pty.fork()
        if self._pid == 0:
            os.chdir(place.folder)
            os.execvpe(_COMMANDS[shell][0], _COMMANDS[shell], place.env)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 500, 0, 0))
        self._send(f"{_SETUP[shell]}; PS1='@rea''dy@'\n")
        self._shown_until(lambda text: _PROMPT in text)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._master)

    def words_of(self, line: str) -> list[str]:
        """Type a line and Return; return the words that our command got."""
        self._noted.unlink(missing_ok=True)
        self._send(line + "\n")
        self._shown_until(lambda text: self._noted.exists() and _PROMPT in text.rpartition("\n")[2])
        return self._noted.read_text().split("\0")

    def shown(self, line: str, last: str) -> str:
        """Type a line and two Tabs; return what the screen shows until `last` is there, and leave the line empty."""
        self._send(line + "\t\t")
        text = self._shown_until(lambda text: last in text)
        self._send("\x15\n")
        self._shown_until(lambda text: _PROMPT in text)
        return text

    def _send(self, text: str) -> None:
        os.write(self._master, text.encode())

    def _shown_until(self, enough: Callable[[str], bool], patience: float = 60.0) -> str:
        text, end = "", time.monotonic() + patience
        while not enough(text):
            assert time.monotonic() < end, f"the shell showed only {text!r}"
            if select.select([self._master], [], [], 0.1)[0]:
                text += os.read(self._master, 65536).decode(errors="replace")
        return text
