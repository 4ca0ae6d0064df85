"""Lock files: written beside the recipe, kept to with `--locked`, refused when the recipe has moved on."""

import json
import os
from pathlib import Path

import pytest
import yaml

from dynamo_recipes.cli.main import run

HEAD = 'schema: 1\nmodel: {packaged: tiny}\nengine: mocker\ndynamo: ">=1.4,<1.7"\n'


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def recipe(text: str = HEAD, name: str = "r.yaml") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def locked(name: str = "r.yaml.lock") -> list[dict]:
    return yaml.safe_load(Path(name).read_text(encoding="utf-8"))["locked"]


def test_a_lock_has_what_was_decided_and_why(capsys):
    assert run(["lock", recipe()]) == 0
    assert capsys.readouterr().out == "r.yaml.lock: local, Dynamo 1.6.0\n"
    (entry,) = locked()
    assert (entry["target"], entry["dynamo"]) == ("local", "1.6.0")
    assert entry["engine"] == {"name": "mocker", "version": "1.6.0"}
    assert entry["wheels"]["requirements"] == ["ai-dynamo==1.6.0"]
    assert entry["model"] == {"packaged": "tiny"}
    assert entry["because"]["dynamo"] == "the newest release in >=1.4,<1.7 that fits and is fully known"


def test_it_is_byte_stable_and_does_not_depend_on_the_machine(capsys):
    name = recipe()
    assert run(["lock", name]) == 0
    first = Path("r.yaml.lock").read_bytes()
    assert run(["lock", name, "--python", "3.11", "--arch", "aarch64"]) == 0
    assert Path("r.yaml.lock").read_bytes() == first


def test_each_target_and_choice_of_variants_has_an_entry(capsys):
    name = recipe(HEAD + "variants: {old: {dynamo: 1.4.2}}\n")
    for words in (["-t", "docker"], [], ["--variant", "old"], ["-t", "docker"]):
        assert run(["lock", name, *words]) == 0
    found = [(each["target"], each["variants"], each["dynamo"]) for each in locked()]
    assert found == [("docker", [], "1.6.0"), ("local", [], "1.6.0"), ("local", ["old"], "1.4.2")]
    assert locked()[0]["image"]["name"] == "nvcr.io/nvidia/ai-dynamo/dynamo-planner:1.6.0"
    for words in (["-t", "docker"], [], ["--variant", "old"]):
        assert run(["plan", name, "--locked", *words]) == 0


def test_a_dry_run_writes_nothing(capsys):
    assert run(["lock", recipe(), "--dry-run"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["locked"][0]["dynamo"] == "1.6.0"
    assert not os.path.exists("r.yaml.lock")


def test_locked_keeps_an_older_release_and_its_reasons(capsys):
    name = recipe(HEAD.replace("<1.7", "<1.6"))
    assert run(["lock", name]) == 0
    recipe()  # the range is wider now
    capsys.readouterr()
    assert run(["resolve", name, "--locked", "-o", "json", "--os", "linux"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["dynamo"] == "1.4.2" if "1.4.2" in err else found["dynamo"].startswith("1.5")
    reasons = {each["what"]: each["because"] for each in found["choices"]}
    assert reasons["dynamo"] == "the newest release in >=1.4,<1.6 that fits and is fully known"
    assert run(["resolve", name, "--os", "linux"]) == 0
    out, err = capsys.readouterr()
    assert "1.6.0" in out
    assert "note DR236 r.yaml.lock has Dynamo 1.5.1, and 1.6.0 fits too and is newer." in err


# How a recipe drifts from its lock, and what is said.
DRIFT = [
    (HEAD.replace('">=1.4,<1.7"', '"1.4.2"'), "has Dynamo 1.6.0, which the recipe does not allow"),
    (
        HEAD.replace("packaged: tiny", "id: a/b"),
        "has model packaged tiny, and the recipe now has id a/b, revision main",
    ),
    (
        HEAD.replace("engine: mocker", "engine: {name: mocker, image: example.org/a:1}"),
        None,  # on the local target no image is used
    ),
]


@pytest.mark.parametrize(("text", "says"), DRIFT)
@pytest.mark.parametrize(
    "verb", [["plan"], ["validate", "-t", "local"], ["render", "-t", "local"], ["run"], ["smoke"], ["resolve"]]
)
def test_drift_is_refused_by_every_verb(verb, text, says, capsys):
    name = recipe()
    assert run(["lock", name]) == 0
    recipe(text)
    capsys.readouterr()
    if says is None:
        assert run(["plan", name, "--locked"]) == 0
        return
    assert run([*verb, name, "--locked"]) == 3
    err = capsys.readouterr().err
    assert f"DR234 r.yaml.lock {says}." in err
    assert "`dynamo-recipe lock`" in err


def test_an_image_that_moves_is_drift(capsys):
    name = recipe()
    assert run(["lock", name, "-t", "docker"]) == 0
    recipe(HEAD.replace("engine: mocker", "engine: {name: mocker, image: example.org/a:1}"))
    assert run(["plan", name, "--locked", "-t", "docker"]) == 3
    assert "has image name nvcr.io/nvidia/ai-dynamo/dynamo-planner:1.6.0" in capsys.readouterr().err


def test_a_revision_that_can_move_is_told(capsys):
    commit = "0123456789abcdef0123456789abcdef01234567"
    text = HEAD.replace("{packaged: tiny}", "a/b").replace("mocker", "vllm")
    assert run(["lock", recipe(text)]) == 0
    assert "warning DR229 The revision `main` of a/b is no commit" in capsys.readouterr().err
    assert locked()[0]["model"] == {"id": "a/b", "revision": "main"}
    assert run(["lock", recipe(text.replace("a/b", f"{{id: a/b, revision: {commit}}}"))]) == 0
    assert "DR229" not in capsys.readouterr().err
    assert locked()[0]["model"]["revision"] == commit


@pytest.mark.parametrize(
    ("lock", "code"),
    [
        (None, "DR234"),
        ("lock: 1\nlocked: []\n", "DR234"),
        ("lock: 2\nlocked: []\n", "DR"),
        ("lock: 1\nlocked: [{target: local}]\n", "DR107"),
        ("lock: 1\nlocked: [{target: moon, dynamo: 1.4.2, engine: {name: a}, model: {}}]\n", "DR109"),
        ("lock: [", "DR102"),
        ("", "DR1"),
        ("lock: 1\nlocked: []\nmore: 1\n", "DR106"),
        ("a" * (1 << 21), "DR105"),
    ],
)
def test_a_lock_file_that_cannot_be_used(lock, code, capsys):
    name = recipe()
    if lock is not None:
        Path("r.yaml.lock").write_text(lock, encoding="utf-8")
    assert run(["plan", name, "--locked"]) in (2, 3)
    assert code in capsys.readouterr().err


def test_a_value_that_looks_like_a_number_is_read_again_as_text(capsys):
    text = HEAD.replace("{packaged: tiny}", "{id: a/b, revision: '1234e56'}")
    assert run(["lock", recipe(text), "-t", "docker"]) == 0
    assert run(["resolve", "r.yaml", "--locked", "-t", "docker", "--os", "linux"]) == 0
    assert run(["lock", "r.yaml", "-t", "docker"]) == 0


VLLM = "schema: 1\nmodel: a/b\nengine: vllm\ndynamo: 1.2.1\n"


def test_the_locked_image_is_judged_on_another_machine_and_never_called_drift(capsys):
    assert run(["lock", recipe(VLLM), "-t", "docker"]) == 0
    assert run(["resolve", "r.yaml", "--locked", "-t", "docker", "--gpu", "b300_sxm"]) == 3
    err = capsys.readouterr().err
    assert "DR212" in err
    assert "DR234" not in err
    assert "smallest change" not in err, "what would help another release does not help the one that is locked"
    Path("efa.yaml").write_text("facts: 1\nhosts: {a: {fabric: efa}}\n", encoding="utf-8")
    assert run(["resolve", "r.yaml", "--locked", "-t", "docker", "--facts", "efa.yaml"]) == 0
    assert "vllm-runtime:1.2.1 " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("workers: {aggregated: {image: x/y:1}}", "workers: {aggregated: {image: x/y:2}}", "workers aggregated x/y:1"),
        ("workers: {aggregated: {image: x/y:1}}", "", "workers aggregated x/y:1"),
    ],
)
def test_an_image_of_one_worker_is_locked_too(before, after, says, capsys):
    assert run(["lock", recipe(VLLM + before + "\n"), "-t", "docker"]) == 0
    recipe(VLLM + after + "\n")
    assert run(["resolve", "r.yaml", "--locked", "-t", "docker", "--os", "linux"]) == 3
    assert f"DR234 r.yaml.lock has {says}" in capsys.readouterr().err


def test_adapters_are_locked_too(capsys):
    text = VLLM.replace("1.2.1", "1.4.2").replace("model: a/b", "model: {id: a/b, adapters: [{name: x, source: SRC}]}")
    assert run(["lock", recipe(text.replace("SRC", "o/one")), "-t", "docker"]) == 0
    recipe(text.replace("SRC", "o/two"))
    assert run(["resolve", "r.yaml", "--locked", "-t", "docker", "--os", "linux"]) == 3
    assert "DR234" in capsys.readouterr().err


def test_two_entries_about_the_same_are_refused(capsys):
    assert run(["lock", recipe()]) == 0
    text = Path("r.yaml.lock").read_text(encoding="utf-8")
    head, entry = text.split("locked:\n")
    Path("r.yaml.lock").write_text(f"{head}locked:\n{entry}{entry}", encoding="utf-8")
    assert run(["plan", "r.yaml", "--locked"]) == 2
    assert "DR115" in capsys.readouterr().err


def test_nothing_of_a_lock_file_can_act_on_a_terminal(capsys):
    assert run(["lock", recipe()]) == 0
    text = Path("r.yaml.lock").read_text(encoding="utf-8")
    wrong = text.replace('dynamo: "the newest', 'dynamo: "\\e]0;x\\a\\nimage  evil  the newest')
    assert wrong != text
    Path("r.yaml.lock").write_text(wrong, encoding="utf-8")
    assert run(["resolve", "r.yaml", "--locked", "--os", "linux"]) == 2
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert "evil" not in out


def test_a_pipe_is_no_lock_file(capsys):
    os.mkfifo("r.yaml.lock")
    assert run(["resolve", recipe(), "--os", "linux"]) == 0
    assert run(["lock", "r.yaml"]) == 3
    assert run(["plan", "r.yaml", "--locked"]) == 3
    assert "is no plain file" in capsys.readouterr().err


def test_a_bad_lock_says_how_it_is_got_rid_of(capsys):
    Path("r.yaml.lock").write_text("<<<<<<< ours\n", encoding="utf-8")
    assert run(["lock", recipe()]) == 2
    assert "Mend the file, or remove it and lock again." in capsys.readouterr().err


def test_an_image_without_a_known_tag_cannot_be_locked(capsys):
    text = "schema: 1\nmodel: a/b\nengine: trtllm\ndynamo: 1.2.0\n"
    assert run(["resolve", recipe(text), "-t", "docker", "--os", "linux"]) == 0
    out = capsys.readouterr().out
    assert "(tag not known)" in out
    assert "None" not in out
    assert run(["lock", "r.yaml", "-t", "docker"]) == 3
    assert "cannot be locked" in capsys.readouterr().err


def test_standard_input_has_no_lock_file(capsys):
    assert run(["lock", "-"]) == 3
    assert "Standard input has no lock file" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written(capsys):
    name = recipe()
    os.mkdir("r.yaml.lock.d")
    os.symlink("nowhere/at/all", "r.yaml.lock")
    assert run(["lock", name]) in (3, 4)
    assert capsys.readouterr().err
