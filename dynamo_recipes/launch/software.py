"""Headers and libraries that an engine needs from the system, looked for by the interpreter that will run it."""

import json

from dynamo_recipes.findings import Finding
from dynamo_recipes.launch import interpreter
from dynamo_recipes.launch.signals import Signals
from dynamo_recipes.plan.model import Plan

_PATIENCE = 10.0  # seconds that an interpreter gets to look for headers and libraries
# With these in a recipe its processes look in other places than the interpreter that is asked.
_SEARCHED = ("LD_LIBRARY_PATH", "LD_PRELOAD", "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH")
_HEADER = "Python.h"
_PROBE = """
import ctypes, json, os, sys, sysconfig
def problem(name):
    if name != "Python.h":
        return ctypes.CDLL(name) and None
    folders = [sysconfig.get_path("include"), sysconfig.get_path("platinclude")]
    folders += [each for key in ("CPATH", "C_INCLUDE_PATH") for each in os.environ.get(key, "").split(":") if each]
    there = any(os.path.isfile(os.path.join(each, name)) for each in folders)
    return None if there else f"{folders[0]} does not have it"
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = problem(name)
    except OSError as error:
        found[name] = str(error)
print()
print(json.dumps(found))
"""


def check(plan: Plan, python: str, signals: Signals) -> tuple[Finding, ...]:
    """Return a finding (DR612) for each header or library that the plan needs and the interpreter does not find."""
    libraries = dict(plan.install.libraries)
    asked = [*([_HEADER] if plan.install.headers else []), *libraries]
    if not asked or _searches_elsewhere(plan):
        return ()
    problems = _problems(python, asked, signals)
    return tuple(_missing(name, problems[name], python, libraries) for name in asked if problems.get(name))


def _missing(name: str, problem: str, python: str, libraries: dict[str, str | None]) -> Finding:
    if name == _HEADER:
        hint = "Install it (Debian, Ubuntu: python3-dev), or use a Python that has it."
        return Finding("DR612", f"The engine compiles with {name} of {python}: {problem}.", hint)
    package = libraries[name]
    how = f"Install it (Debian, Ubuntu: {package})" if package else "Install the package that has it"
    message = f"The engine needs the library {name}: {problem.removeprefix(f'{name}: ')}."
    return Finding("DR612", message, f"{how}, or add its folder to LD_LIBRARY_PATH.")


def _searches_elsewhere(plan: Plan) -> bool:
    return any(env.name in _SEARCHED for part in plan.components for member in part.members for env in member.env)


def _problems(python: str, names: list[str], signals: Signals) -> dict[str, str]:
    """Return the problem with each name that has one; nothing is known when the interpreter does not tell."""
    answer = interpreter.ask(python, _PROBE, names, _PATIENCE, signals)
    try:
        found = json.loads(answer.text.splitlines()[-1]) if answer.status == 0 else {}
    except (ValueError, IndexError):
        return {}
    return found if isinstance(found, dict) else {}
