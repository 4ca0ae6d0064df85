"""Options that give facts: what they change, how wrong ones are told, and that nothing is looked at unless asked."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from launching import recipe

from dynamo_recipes.app import here
from dynamo_recipes.app.hosts import document
from dynamo_recipes.cli.main import run
from dynamo_recipes.findings import finding
from dynamo_recipes.launch import probe
from dynamo_recipes.support import rules
from dynamo_recipes.support.facts import HostFacts

ROOT = Path(__file__).resolve().parents[2]
OLD = "facts: 1\nhosts: {old: {os: linux, glibc: '2.17'}}\n"
VERBS = [["validate"], ["plan"], ["render", "-t", "local"], ["run", "--dry-run"]]
EACH = pytest.mark.parametrize("verb", VERBS, ids=[each[0] for each in VERBS])


@pytest.fixture(autouse=True)
def only_one_rule(monkeypatch):
    """Judge by glibc alone: these tests are about who is judged."""

    def glibc(case):
        if case.facts.glibc == "2.17":
            yield finding("DR207", ("dynamo",), "glibc 2.17 is too old.")

    monkeypatch.setattr(rules, "RULES", {"glibc": glibc})


@pytest.fixture
def facts(tmp_path):
    def write(text):
        (tmp_path / "facts.yaml").write_text(text)
        return str(tmp_path / "facts.yaml")

    return write


@pytest.fixture
def this_machine(monkeypatch):
    """Have the probe find an old machine; count how often it is asked."""
    asked = []

    def machine(**parts):
        asked.append(parts)
        system = probe.System("linux", "x86_64", "2.17")
        return probe.Machine(system, None, None, None, probe.Driver(), nvidia_index=False, problems=("NVML: broken",))

    monkeypatch.setattr(probe, "machine", machine)
    return asked


@EACH
def test_each_verb_judges_by_the_options(verb, tmp_path, capsys):
    file = recipe(tmp_path)
    words = ["--driver", "580.65.06", "--cuda", "13.0", "--gpu", "h100_sxm", "--arch", "x86_64"]
    words += ["--os", "ubuntu-24.04", "--glibc", "2.39"]
    assert run([*verb, file, *words]) == 0
    assert run([*verb, file, "--glibc", "2.17"]) == 3
    assert "DR207 glibc 2.17 is too old." in capsys.readouterr().err


@EACH
def test_each_verb_judges_by_a_facts_file(verb, facts, tmp_path, capsys):
    file = recipe(tmp_path)
    assert run([*verb, file, "--facts", facts(OLD)]) == 3
    assert "DR207 On the host `old`: glibc 2.17 is too old." in capsys.readouterr().err
    assert run([*verb, file, "--facts", facts(OLD), "--glibc", "2.39"]) == 0
    assert run([*verb, file, "--facts", facts(OLD.replace("}}", "}, new: {}}"))]) == 0


@pytest.mark.parametrize("verb", [*VERBS, ["run"], ["smoke"]], ids=[*(each[0] for each in VERBS), "run-now", "smoke"])
def test_wrong_words_and_files_end_each_verb_with_2(verb, facts, tmp_path, capsys):
    assert run([*verb, recipe(tmp_path), "--driver", "x", "--facts", facts("facts: 1\nhosts: {a: {oss: x}}")]) == 2
    told = capsys.readouterr().err
    assert "--driver error DR110 `x` is no version of a driver." in told
    assert f"{tmp_path}/facts.yaml:2:13 error DR106 `oss` is not a key in `hosts.a`." in told
    assert run([*verb, recipe(tmp_path), "--facts", f"{tmp_path}/none"]) == 2
    assert "DR116" in capsys.readouterr().err


def test_a_gpu_that_is_not_known_does_not_fit(tmp_path, capsys):
    assert run(["plan", recipe(tmp_path), "--gpu", "h100"]) == 3
    assert "--gpu error DR204 The GPU `h100` is not in the table." in capsys.readouterr().err


def test_validate_tells_of_wrong_facts_and_of_the_recipes(facts, tmp_path, capsys):
    words = ["--facts", facts("facts: 1"), "--driver", "x", "-o", "json"]
    assert run(["validate", recipe(tmp_path), *words]) == 2
    told = json.loads(capsys.readouterr().out)["recipes"]
    assert [(each["file"], each["valid"]) for each in told] == [
        ("--driver", False),
        (f"{tmp_path}/facts.yaml", False),
        (f"{tmp_path}/toy.yaml", True),
    ]


# This machine


@pytest.mark.parametrize("verb", VERBS[:3], ids=[each[0] for each in VERBS[:3]])
def test_this_machine_is_looked_at_only_when_it_is_asked_for(verb, this_machine, facts, tmp_path, capsys):
    file = recipe(tmp_path)
    assert run([*verb, file]) == 0
    assert this_machine == []
    assert run([*verb, file, "--here"]) == 3
    told = capsys.readouterr().err
    assert "this machine: NVML: broken" in told
    assert "DR207 glibc 2.17 is too old." in told
    assert run([*verb, file, "--here", "--glibc", "2.39"]) == 0
    assert run([*verb, file, "--here", "--facts", facts("facts: 1\nhosts: {new: {}}")]) == 0
    assert len(this_machine) == 3


@pytest.mark.parametrize("verb", ["run", "smoke"])
def test_a_launch_looks_at_this_machine_unless_it_is_told_facts(verb, this_machine, facts, tmp_path, capsys):
    (tmp_path / "r.yaml").write_text("schema: 1\nmodel: {path: none}\nengine: mocker\ndynamo: 1.4.2\n")
    file = str(tmp_path / "r.yaml")
    assert run([verb, file]) == 3
    assert "DR207 glibc 2.17 is too old." in capsys.readouterr().err
    assert run([verb, file, "--python", "3.12"]) == 3
    assert len(this_machine) == 2
    # A model that is not there ends them then, before anything starts.
    for words in (["--glibc", "2.39"], ["--facts", facts("facts: 1\nhosts: {a: {}}")], ["--gpu", "h100_sxm"]):
        capsys.readouterr()
        assert run([verb, file, *words]) == 4
        assert "DR602" in capsys.readouterr().err
    assert len(this_machine) == 2


def test_what_is_found_here_is_read_again(facts, tmp_path):
    found = here.here()
    file = facts(json.dumps(document({"here": found.host})))
    assert run(["plan", recipe(tmp_path), "--facts", file]) == run(["plan", recipe(tmp_path), "--here"]) == 0


def test_a_gpu_of_a_machine_is_nothing_to_an_engine_that_needs_none(monkeypatch, tmp_path, capsys):
    """The real rules: an old driver and a GPU that nobody knows do not keep the mocker from running."""
    monkeypatch.undo()
    file = recipe(tmp_path)
    assert run(["plan", file]) == 0
    plain = capsys.readouterr().out
    assert run(["plan", file, "--gpu", "old:2Gi:3.0", "--driver", "390.10", "--cuda", "9.1"]) == 0
    assert capsys.readouterr().out == plain


def test_schema_prints_facts(capsys):
    assert run(["schema", "facts"]) == 0
    assert json.loads(capsys.readouterr().out)["$id"] == "facts.v1.json"


PROGRAM = """
import sys
from dynamo_recipes.cli.main import run
run(sys.argv[1:])
print(*sorted(each for each in sys.modules if each.startswith("dynamo_recipes")), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("words", "there", "absent"),
    [
        ([], [], ["app.given", "app.machines", "app.facts_words", "recipe.host", "launch"]),
        (["--glibc", "2.39"], ["app.given", "app.machines"], ["launch", "app.here"]),
        (["--here"], ["launch.probe"], ["launch.guard", "launch.nvml", "launch.runner"]),
    ],
)
def test_only_what_is_asked_for_is_imported(words, there, absent, tmp_path):
    command = [sys.executable, "-c", PROGRAM, "validate", recipe(tmp_path), *words]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=60)
    modules = done.stderr.split()
    assert all(f"dynamo_recipes.{each}" in modules for each in there)
    assert not any(f"dynamo_recipes.{each}" in modules for each in absent)


def test_facts_of_this_machine_are_facts():
    assert isinstance(here.here().facts, HostFacts)
