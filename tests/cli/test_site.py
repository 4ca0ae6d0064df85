"""`--site` as an option: what it changes, and how a wrong site is told. `schema site`."""

import json

import pytest
from launching import recipe

from dynamo_recipes.cli.main import run
from dynamo_recipes.findings import finding
from dynamo_recipes.support import rules

OLD = "hosts: {old: {os: linux, glibc: '2.17'}}"


@pytest.fixture(autouse=True)
def only_one_rule(monkeypatch):
    """Judge by glibc alone: these tests are about who is judged."""

    def glibc(case):
        if case.facts.glibc == "2.17":
            yield finding("DR207", ("dynamo",), "glibc 2.17 is too old.")

    monkeypatch.setattr(rules, "RULES", {"glibc": glibc})


@pytest.fixture
def site(tmp_path):
    def write(text):
        (tmp_path / "site.yaml").write_text(f"site: 1\n{text}\n")
        return str(tmp_path / "site.yaml")

    return write


VERBS = [["validate"], ["plan"], ["render", "-t", "local"], ["run", "--dry-run"]]


@pytest.mark.parametrize("verb", VERBS, ids=[each[0] for each in VERBS])
def test_each_verb_judges_by_the_hosts_of_a_site(verb, site, tmp_path, capsys):
    file = recipe(tmp_path)
    assert run([*verb, file]) == 0
    plain = capsys.readouterr().out
    assert run([*verb, file, "--site", site("hosts: {new: {glibc: '2.36'}}")]) == 0
    assert capsys.readouterr().out == plain
    assert run([*verb, file, "--site", site(OLD)]) == 3
    told = capsys.readouterr()
    assert not told.out
    assert "DR207 On the host `old`: glibc 2.17 is too old." in told.err


def test_run_and_smoke_look_at_this_machine(site, tmp_path, capsys):
    """A model that is not there ends them, not the host of the site."""
    text = "schema: 1\nmodel: {path: none}\nengine: mocker\ndynamo: 1.4.2\nfrontend: {port: 0}\n"
    (tmp_path / "r.yaml").write_text(text)
    for verb in ("run", "smoke"):
        assert run([verb, str(tmp_path / "r.yaml"), "--site", site(OLD)]) == 4
        assert "DR602" in capsys.readouterr().err


@pytest.mark.parametrize("verb", [*VERBS, ["run"], ["smoke"]], ids=[*(each[0] for each in VERBS), "run-now", "smoke"])
def test_a_site_that_is_missing_or_wrong_ends_each_verb_with_2(verb, site, tmp_path, capsys):
    assert run([*verb, recipe(tmp_path), "--site", f"{tmp_path}/none.yaml"]) == 2
    first = capsys.readouterr().err.splitlines()[0]
    assert (
        first == f"{tmp_path}/none.yaml error DR116 {tmp_path}/none.yaml cannot be opened: No such file or directory."
    )
    assert run([*verb, recipe(tmp_path), "--site", str(tmp_path)]) == 2
    assert "DR116" in capsys.readouterr().err
    assert run([*verb, recipe(tmp_path), "--site", site("secrets: {hf: swordfish}\nnamespace: A")]) == 2
    told = capsys.readouterr().err
    assert f"{tmp_path}/site.yaml:2:15 error DR112 `secrets.hf` holds a secret in plain text." in told
    assert "DR110" in told
    assert "swordfish" not in told


def test_validate_tells_of_a_wrong_site_and_of_the_recipes(site, tmp_path, capsys):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("schema: 1\n")
    file = site("engine: x")
    assert run(["validate", str(wrong), recipe(tmp_path), "--site", file, "-o", "json"]) == 2
    told = json.loads(capsys.readouterr().out)["recipes"]
    assert [(each["file"], each["valid"]) for each in told] == [
        (file, False),
        (str(wrong), False),
        (f"{tmp_path}/toy.yaml", True),
    ]
    assert [each["code"] for each in told[0]["findings"]] == ["DR106"]


def test_schema_prints_either(capsys):
    assert run(["schema"]) == 0
    plain = capsys.readouterr().out
    assert run(["schema", "recipe"]) == 0
    assert capsys.readouterr().out == plain
    assert json.loads(plain)["$id"] == "recipe.v1.json"
    assert run(["schema", "site"]) == 0
    assert json.loads(capsys.readouterr().out)["$id"] == "site.v1.json"
    assert run(["schema", "other"]) == 2


def test_a_crash_report_shows_no_secret(monkeypatch, capsys):
    from dynamo_recipes.cli import explain
    from dynamo_recipes.launch import masking

    def fail(code):
        raise KeyError("hf_swordfish-0123456789")

    monkeypatch.setattr(explain, "explain", fail)
    monkeypatch.setattr(masking, "_hidden", masking.Masks(["hf_swordfish-0123456789"]))
    assert run(["explain", "DR101"]) == 70
    file = capsys.readouterr().err.split("with this file: ")[1].strip()
    with open(file) as report:
        text = report.read()
    assert "KeyError: '***'" in text
    assert "swordfish" not in text
