"""`resolve`: the decisions and their reasons, what was turned down, the smallest change, and notes about newer ones."""

import json

import pytest

from dynamo_recipes.cli.main import run
from dynamo_recipes.support import data

HEAD = "schema: 1\nmodel: {packaged: tiny}\nengine: mocker\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(text: str, *words: str) -> int:
    with open("r.yaml", "w", encoding="utf-8") as file:
        file.write(text)
    return run(["resolve", "r.yaml", "--os", "linux", *words])


def test_every_decision_has_a_reason(capsys):
    assert said(HEAD) == 0
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ["target", "dynamo", "engine", "install", "python"]
    assert "1.6.0" in out
    assert "the newest release that fits and is fully known" in out
    assert "3.10 or 3.11 or 3.12 or 3.13 or 3.14" in out
    assert not err


def test_explain_lists_what_was_turned_down_and_the_first_rule_that_did(capsys):
    assert said(HEAD, "--explain") == 0
    _, _, explained = capsys.readouterr().out.partition("turned down on local\n")
    rows = [line.split()[:2] for line in explained.splitlines()]
    newer = data.release_names()[: data.release_names().index("1.6.0")]
    assert [version for version, _ in rows] == list(newer) == ["main", "1.6.2", "1.6.1"]
    assert dict(rows)["1.6.1"] == "DR215"


def test_explain_lists_every_release_where_none_fits(capsys):
    assert said(HEAD.replace("mocker", "trtllm"), "--explain", "-t", "local") == 3
    out, err = capsys.readouterr()
    rows = [line.split()[:2] for line in out.splitlines()[2:]]
    assert [version for version, _ in rows] == list(data.release_names())
    assert {code for _, code in rows} >= {"DR213"}
    assert "The smallest change that makes it fit: the target docker (`-t docker`)." in err


def test_json_has_all_of_it(capsys):
    assert said(HEAD, "-o", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["resolution"], found["target"], found["dynamo"]) == (1, "local", "1.6.0")
    assert found["engine"] == {"name": "mocker", "version": "1.6.0"}
    assert found["install"]["requirements"] == ["ai-dynamo==1.6.0"]
    assert found["install"]["python"] in found["install"]["pythons"]
    assert [each["dynamo"] for each in found["turned_down"]["local"]] == ["main", "1.6.2", "1.6.1"]
    assert all(each["because"] for each in found["choices"])


def test_json_of_what_fits_nothing(capsys):
    assert said(HEAD.replace("mocker", "trtllm"), "-o", "json", "-t", "local") == 3
    found = json.loads(capsys.readouterr().out)
    assert (found["target"], found["dynamo"], found["engine"], found["install"]) == (None, None, None, None)
    assert len(found["turned_down"]["local"]) == len(data.release_names())


@pytest.mark.parametrize(
    ("engine", "words", "image", "cuda"),
    [
        ("vllm", [], "nvcr.io/nvidia/ai-dynamo/vllm-runtime:1.6.0", "13.0"),
        ("vllm", ["--driver", "575.57.08"], "nvcr.io/nvidia/ai-dynamo/vllm-runtime:1.2.1", "12.9"),
        ("sglang", ["--driver", "580.65.06"], "nvcr.io/nvidia/ai-dynamo/sglang-runtime:1.6.0", "13.0"),
        ("trtllm", [], "nvcr.io/nvidia/ai-dynamo/tensorrtllm-runtime:1.6.0", "13.1"),
        (
            "vllm",
            ["--set", "dynamo=1.1.1", "--gpu", "b300_sxm"],
            "nvcr.io/nvidia/ai-dynamo/vllm-runtime:1.1.1-cuda13",
            "13.0",
        ),
    ],
)
def test_the_image_that_a_machine_gets(engine, words, image, cuda, capsys):
    text = HEAD.replace("mocker", engine).replace("{packaged: tiny}", "a/b")
    assert said(text, "-t", "docker", "-o", "json", *words) == 0
    install = json.loads(capsys.readouterr().out)["install"]
    assert (install["path"], install["image"], install["cuda"]) == ("image", image, cuda)
    assert install["arch"] == ["x86_64", "aarch64"]


def test_a_newer_release_is_a_note(capsys):
    assert said(HEAD + 'dynamo: "1.4.2"\n') == 0
    out, err = capsys.readouterr()
    assert "r.yaml:4:9 note DR236 Dynamo 1.6.0 fits too, and is newer than 1.4.2." in err
    assert "1.4.2" in out


def test_what_is_wrong_with_the_recipe_comes_first(capsys):
    assert said(HEAD + "frontend: {prot: 1}\n") == 2
    out, err = capsys.readouterr()
    assert "DR106" in err
    assert not out


def test_the_machine_that_was_looked_at_can_be_written_down_and_judged_elsewhere(capsys):
    with open("r.yaml", "w", encoding="utf-8") as file:
        file.write(HEAD)
    assert run(["resolve", "r.yaml", "-o", "json"]) == 0
    here = json.loads(capsys.readouterr().out)
    with open("here.json", "w", encoding="utf-8") as file:
        json.dump(here["facts"], file)
    assert run(["resolve", "r.yaml", "-o", "json", "--facts", "here.json"]) == 0
    elsewhere = json.loads(capsys.readouterr().out)
    assert elsewhere == here
    assert here["facts"]["hosts"]["here"]["arch"]


def test_where_no_machine_is_known_there_are_no_facts(capsys):
    assert said(HEAD, "-o", "json") == 0
    assert json.loads(capsys.readouterr().out)["facts"] == {"facts": 1, "hosts": {"here": {"os": "linux"}}}
