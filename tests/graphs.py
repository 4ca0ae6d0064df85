"""Starting the recipes of this repository for tests: as they are, with one thing wrong, and beside each other."""

import re
import signal
import subprocess
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import psutil
import yaml
from launching import Command
from metrics import Graph, printed, until

from tools.outside import free_port

RECIPES = Path(__file__).parent.parent / "recipes"
PATIENCE = 60.0  # seconds for a graph to start
INTERPRETERS: dict[str, str] = {}  # by release


def recipe(release: str, stem: str = "quickstart", **changes: object) -> dict:
    """Return a recipe of this repository as a mapping: for a release, on a free port, with some keys changed."""
    text = (RECIPES / f"{stem}.yaml").read_text(encoding="utf-8")
    keys = yaml.safe_load(text) | {"dynamo": release} | changes
    return keys | {"frontend": keys.get("frontend", {}) | {"port": 0}}


class Graphs:
    """The graphs of one test, stopped in reverse order at its end."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.stack = stack

    def run(self, *recipes: dict) -> list[tuple[Command, Graph]]:
        """Run recipes, all at once, and return each with its graph."""
        runs = [Command("run", "-q", self._written(keys)) for keys in recipes]
        for each in runs:
            self.stack.callback(_stop, each)
        for each in runs:
            each.wait_for("stop      Ctrl-C")
        return [(each, printed(each.text())) for each in runs]

    def changed(self, keys: dict, old: str, new: str, answers: bool = True) -> Graph:
        """Start a recipe's own script with `old` in it replaced; return its graph when all of it is there."""
        path = self._written(keys)
        script, ports = self._script(keys["name"], path, old, new)
        said = self.folder / "said.txt"
        env = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "PYTHON": self._interpreter(keys["dynamo"], path)}
        env |= {name: str(number) for name, number in ports.items()}
        with said.open("w") as out:
            self._start(["bash", str(script)], env=env, stdout=out, stderr=subprocess.STDOUT)
        graph = _graph(ports, keys["model"]["served_name"])
        if answers:  # the script asks until it gets an answer: only then are all requests ours
            until(lambda: "ready: " in said.read_text(), "the script is ready", PATIENCE)
        until(lambda: _complete(graph), "all workers are up and registered", PATIENCE)
        return graph

    def one_more_frontend(self, run: Command, graph: Graph) -> Graph:
        """Start one more frontend of a running graph, whose router takes the workers in turn."""
        (first,) = _frontends(run)
        argv, port = first.cmdline(), free_port()
        argv[argv.index("--http-port") + 1] = str(port)
        argv[argv.index("--router-mode") + 1] = "round-robin"
        quiet = subprocess.DEVNULL
        self._start(argv, env=first.environ(), cwd=first.cwd(), stdout=quiet, stderr=quiet)
        other = replace(graph, url=f"http://127.0.0.1:{port}")
        other.wait_answer()
        return other

    def _written(self, keys: dict) -> str:
        path = self.folder / f"{keys['name']}.yaml"
        path.write_text(yaml.safe_dump(keys), encoding="utf-8")
        return str(path)

    def _script(self, name: str, path: str, old: str, new: str) -> tuple[Path, dict[str, int]]:
        """Write the changed script of a recipe; return it and a free port for each of its variables."""
        folder = self.folder / "script"
        assert Command("render", path, "-t", "local", "-O", str(folder)).status() == 0
        script = folder / f"{name}.sh"
        text = script.read_text(encoding="utf-8")
        assert old in text
        script.write_text(text.replace(old, new), encoding="utf-8")
        return script, {each: free_port() for each in re.findall(r"^(\w+_PORT)=", text, re.MULTILINE)}

    def _interpreter(self, release: str, path: str) -> str:
        """Return the interpreter that `run` uses for a release: it makes the environment when there is none."""
        if release not in INTERPRETERS:
            run = Command("run", "-q", path)
            self.stack.callback(_stop, run)
            until(lambda: bool(_frontends(run)), "a frontend is started", PATIENCE)
            INTERPRETERS[release] = _frontends(run)[0].cmdline()[0]
            _stop(run)
        return INTERPRETERS[release]

    def _start(self, argv: list[str], **options: object) -> None:
        process = subprocess.Popen(argv, **options)
        self.stack.callback(process.wait, 30)
        self.stack.callback(process.terminate)


def _stop(run: Command) -> None:
    if run.process.poll() is None:
        run.send(signal.SIGTERM)
    run.status()


def _frontends(run: Command) -> list[psutil.Process]:
    """Return the frontend's process below a command, once there is one."""
    found = []
    for each in run.children():
        with suppress(psutil.NoSuchProcess):  # what makes the environment comes and goes
            if each.cmdline()[1:3] == ["-m", "dynamo.frontend"]:
                found.append(each)
    return found


def _graph(ports: dict[str, int], model: str) -> Graph:
    """Return the graph of a script's variables: DECODE_0_SYSTEM_PORT is the system port of decode-0."""
    members: dict[str, dict[str, int]] = {}
    for variable, number in ports.items():
        role, replica, port, _ = variable.lower().split("_")
        members.setdefault(f"{role}-{replica}", {})[port] = number
    return Graph(f"http://127.0.0.1:{members.pop('frontend-0')['http']}", model, members)


def _complete(graph: Graph) -> bool:
    """Tell whether all workers tell their metrics and the frontend knows them; none of them may listen yet."""
    try:
        return len(graph.served()) <= graph.registered()
    except AssertionError:
        return False
