"""What the data says of releases, held against the package index and the real Dynamo."""

import json
import platform
import re
import subprocess
from pathlib import Path

import pytest

from dynamo_recipes.cli.main import run
from dynamo_recipes.launch import environments
from dynamo_recipes.support.releases import release

ROOT = Path(__file__).parent.parent
QUICKSTART = str(ROOT / "recipes" / "quickstart.yaml")
AS_OF = "2026-11-22T23:59:59Z"  # the day on which the index was read for the release files

pytestmark = pytest.mark.service


def resolved(version: str, capsys) -> dict:
    """Return what `resolve` says on this machine."""
    run(["resolve", QUICKSTART, "-t", "local", "--set", f"dynamo={version}", "-o", "json"])
    return json.loads(capsys.readouterr().out)


# 1.2.1 and 1.3.1 hand out the model's files only when they are asked to.
@pytest.mark.parametrize("version", ["1.4.2", "1.6.0", "1.3.1", "1.2.1"])
def test_the_wheels_install_on_the_python_that_resolve_picks_and_the_graph_answers(version, capfd):
    picked = resolved(version, capfd)["install"]["python"]
    assert picked == ".".join(platform.python_version_tuple()[:2]), "the newest of this machine's that fits"
    words = ["smoke", QUICKSTART, "--set", f"dynamo={version}", "--set", "frontend.port=0", "--python", picked]
    assert run(words) == 0
    out, _ = capfd.readouterr()
    assert "ok " in out


def compiled(requirement: str, python: str) -> "subprocess.CompletedProcess[str]":
    """Ask uv whether wheels alone resolve, as the index was on the day of the data."""
    words = ["--no-build", "--no-python-downloads", "--python-version", python, "--exclude-newer", AS_OF]
    words += ["--python-platform", f"{platform.machine()}-manylinux_2_35", "--no-header", "-"]
    return subprocess.run(
        [environments._uv(), "pip", "compile", *words],
        input=requirement,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


# Release, engine's extra, Python: rows where the data says yes and no, for each kind of reason.
ROWS = [
    ("1.6.1", "mocker", "3.11"),
    ("1.6.1", "mocker", "3.10"),
    ("1.6.0", "mocker", "3.11"),
    ("1.5.1", "mocker", "3.12"),
    ("1.5.1", "mocker", "3.10"),
    ("1.4.2", "mocker", "3.11"),
    ("1.6.0", "sglang", "3.12"),
    ("1.4.2", "sglang", "3.14"),
]


@pytest.mark.parametrize(("version", "engine", "python"), ROWS)
def test_what_the_data_says_of_wheels_is_what_the_index_has(version, engine, python):
    wheels = release(version).engine(engine).wheels
    assert wheels is not None
    done = compiled(wheels.requirements[0], python)
    assert (done.returncode == 0) == (python in wheels.pythons), done.stderr
    if done.returncode:
        blamed = {re.split(r"[ <>=]", each.package)[0] for each in wheels.blocked if python in each.pythons}
        assert any(name in done.stderr for name in blamed), (blamed, done.stderr)


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13", "3.14"])
def test_1_6_1_is_refused_on_every_python_as_the_data_says(python, capsys):
    words = ["resolve", QUICKSTART, "-t", "local", "--set", "dynamo=1.6.1", "--python", python]
    assert run(words) == 3
    err = capsys.readouterr().err
    assert re.search(r"error DR21[45] .*(aisimulate 0\.13\.0|certifi>=2026\.10\.19)", err)
    assert 'Dynamo 1.6.0 (`dynamo: "1.6.0"`)' in err
