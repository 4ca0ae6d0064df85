"""Both methods on the real wheels: each is needed, and neither is deceived."""

import ast
import json
import shutil
from pathlib import Path

import pytest

from dynamo_recipes.support.releases import release
from tools import make_flags
from tools.flags import compare, recording, trees
from tools.flags.programs import ENGINES
from tools.flags.wheels import fetch

# The wheels are kept in the caller's cache folder, as the real Dynamo is.
pytestmark = [pytest.mark.dynamo, pytest.mark.service]

# A flag of each program's, and the module that adds it.
OF_PROGRAMS = {
    "dynamo.frontend": ("--http-port", "dynamo/frontend/frontend_args.py"),
    "dynamo.mocker": ("--speedup-ratio", "dynamo/mocker/args.py"),
    "dynamo.vllm": ("--headless", "dynamo/vllm/backend_args.py"),
    "dynamo.sglang": ("--embedding-worker", "dynamo/sglang/backend_args.py"),
    "dynamo.trtllm": ("--request-plane", "dynamo/common/configuration/groups/runtime_args.py"),
    "dynamo.router": ("--router-kv-events", "dynamo/common/configuration/groups/kv_router_args.py"),
    "dynamo.global_router": ("--model-name", "dynamo/global_router/backend_args.py"),
    "dynamo.planner": ("--config", "dynamo/planner/__main__.py"),
    "dynamo.global_planner": ("--environment", "dynamo/global_planner/argparse_config.py"),
    "vllm": ("--seed", "vllm/engine/arg_utils.py"),
    "sglang": ("--reasoning-parser", "sglang/srt/server_args.py"),
}


def test_every_entry_of_the_allow_list_is_needed(monkeypatch):
    """Without an entry, the methods differ in each of its flags in one release at least."""
    entries = compare.allowed()
    monkeypatch.setattr(compare, "allowed", lambda: ())
    for entry in entries:
        missing = set(entry.flags)
        for file in sorted((make_flags.FLAGS / entry.component).glob("*.json")):
            if entry.covers(entry.component, file.stem, next(iter(entry.flags)), entry.only):
                found = compare.differences(json.loads(file.read_text(encoding="utf-8")), behind(entry.component, file))
                missing -= {each.partition(":")[0] for each in found if each.endswith(f"only the {entry.only} sees it")}
        assert not missing, entry


def behind(component: str, file: Path) -> Path:
    """The wheel that a catalogue is made from."""
    package, version = json.loads(file.read_text(encoding="utf-8"))["from"][0].split()
    assert package == ("ai-dynamo" if component in make_flags.PROGRAMS else component)
    return fetch(package, version)


def wheels(component: str, version: str) -> list[Path]:
    """The wheels of a component of a release; its own is the first."""
    known = release(version)
    engine = (make_flags.PROGRAMS.get(component) or ENGINES[component]).engine
    behind = [fetch(engine, known.engine(engine).version or "")] if engine else []
    own = [fetch(package, make_flags.wheel_of(known)) for package in ("ai-dynamo", "ai-dynamo-runtime")]
    return behind if component in ENGINES else [*own, *behind]


def by_both(component: str, folders: list[Path]) -> tuple[set[str], set[str]]:
    """The spellings that the recording import finds, and those that the trees find."""
    flags = [flag for parser in recording.record(component, folders) for flag in parser["flags"]]
    entries = compare.METHODS.get(component, trees.names)(folders[0], component).values()
    imported, read = ({name for each in found for name in compare.spellings(each)} for found in (flags, entries))
    return imported, read


@pytest.mark.parametrize("version", ["1.2.1", "1.6.1"])
@pytest.mark.parametrize("component", OF_PROGRAMS)
def test_a_flag_that_is_planted_or_removed_is_noticed_by_both(tmp_path, version, component):
    flag, module = OF_PROGRAMS[component]
    own, *others = wheels(component, version)
    folders = [Path(shutil.copytree(own, tmp_path / "wheel")), *others]
    file = folders[0] / module
    before = by_both(component, folders)
    text = file.read_text(encoding="utf-8")
    start, end, parser = place_of(flag, text)
    lines = text.splitlines(keepends=True)
    indent = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
    planted = f'{indent}{parser}.add_argument("--planted-here", type=int)\n'
    file.write_text("".join([*lines[:start], planted, *lines[start:]]), encoding="utf-8")
    assert by_both(component, folders) == tuple(each | {"--planted-here"} for each in before)
    file.write_text("".join([*lines[:start], f"{indent}pass\n", *lines[end:]]), encoding="utf-8")
    after = by_both(component, folders)
    gone = [one - other for one, other in zip(before, after, strict=True)]
    assert flag in gone[0]
    assert gone[0] == gone[1]


def place_of(flag: str, text: str) -> tuple[int, int, str]:
    """Where a flag is added: the first line, the one after the last, and the name of the parser there."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and "add_" in ast.unparse(node.value.func):
            words = [*node.value.args, *(each.value for each in node.value.keywords if each.arg == "flag_name")]
            if flag in [each.value for each in words if isinstance(each, ast.Constant)]:
                own = isinstance(node.value.func, ast.Attribute)
                return node.lineno - 1, node.end_lineno or 0, ast.unparse(node.value.func.value if own else words[0])
    raise AssertionError(f"{flag} is not added there")
