"""Hosts of a site: a recipe is judged against the first that it fits."""

from pathlib import Path

import pytest

from dynamo_recipes.app import site
from dynamo_recipes.app.composing import NOTHING, Source
from dynamo_recipes.app.planning import planned, planned_at
from dynamo_recipes.errors import Refused
from dynamo_recipes.support.facts import HostFacts

RECIPE = b"schema: 1\nmodel: {packaged: tiny}\nengine: mocker\n"
OLD, NEW = "{os: linux, glibc: '2.17'}", "{os: linux, arch: x86_64, glibc: '2.36', python: [3.11.7]}"


@pytest.fixture
def place(tmp_path):
    def make(text, name="site.yaml"):
        (tmp_path / name).write_text(f"site: 1\n{text}\n")
        return site.read(str(tmp_path / name))

    return make


def source(raw):
    return Source("r.yaml", raw, Path(), NOTHING)


def told(place, raw=RECIPE):
    return [f"{each.code} {each.where} {each.message}" for each in planned_at(place, source(raw)).findings]


def test_the_first_host_that_fits_is_taken(place):
    here = place(f"hosts: {{old: {OLD}, new: {NEW}, newer: {{}}}}")
    asked = []

    def judge(facts):
        asked.append(facts)
        return planned(RECIPE, "r.yaml", facts)

    assert here.judged(judge).ok
    assert asked == [HostFacts("linux", None, "2.17"), HostFacts("linux", "x86_64", "2.36", ("3.11.7",))]


def test_where_none_fits_the_findings_of_the_first_name_it(place):
    assert told(place(f"hosts: {{old: {OLD}, mac: {{os: darwin}}}}")) == [
        "DR207 r.yaml:1:1 On the host `old`: Dynamo 1.6.0 has no wheels for glibc 2.17."
    ]


def test_what_is_wrong_on_every_machine_names_no_host(place):
    here = place(f"hosts: {{old: {OLD}}}")
    assert told(here, RECIPE + b"frontend: {router: nearest}\n") == [
        "DR207 r.yaml:1:1 On the host `old`: Dynamo 1.6.0 has no wheels for glibc 2.17.",
        "DR205 r.yaml:4:20 Dynamo 1.6.0 has no router mode `nearest`.",
    ]
    assert told(here, b"schema: 1\n") == [
        "DR107 r.yaml:1:1 `engine` is missing.",
        "DR107 r.yaml:1:1 `model` is missing.",
    ]


@pytest.mark.parametrize("text", ["namespace: a", "hosts: {}", "hosts: {any: {}}"])
def test_what_a_site_does_not_know_is_no_reason_to_refuse(place, text):
    assert planned_at(place(text), source(RECIPE)) == planned(RECIPE, "r.yaml") == planned_at(None, source(RECIPE))


def test_a_site_changes_nothing_of_what_is_served(place):
    full = "namespace: n\noperator: 1.4.2\nmirrors: {nvcr.io: x.org}\nroles: {all: {node_selector: {a: b}}}\n"
    full += f"storage: {{size: 5Gi}}\nsecrets: {{huggingface: {{env: A}}}}\nhosts: {{new: {NEW}}}"
    assert planned_at(place(full), source(RECIPE)).plan == planned(RECIPE, "r.yaml").plan


def test_files_of_secrets_start_from_the_folder_of_the_site(place, tmp_path, monkeypatch):
    here = place("secrets: {a: {file: x/token}, b: {file: /etc/token}, c: {file: ~/token}, d: {env: D}}")
    monkeypatch.setenv("HOME", "/home/me")
    files = [here.secret_file(name) for name in "abcd"]
    assert [str(each) for each in files] == [f"{tmp_path}/x/token", "/etc/token", "/home/me/token", "None"]


def test_a_wrong_site_is_refused_with_all_that_is_wrong(place):
    with pytest.raises(Refused) as refused:
        place("namespace: A\nengine: x")
    assert [each.code for each in refused.value.findings] == ["DR110", "DR106"]
    assert refused.value.status == 2


@pytest.mark.parametrize("name", ["none.yaml", ".", "a\0b"])
def test_a_site_that_cannot_be_opened(name, tmp_path):
    with pytest.raises(Refused) as refused:
        site.read(f"{tmp_path}/{name}")
    assert [each.code for each in refused.value.findings] == ["DR116"]
    assert refused.value.status == 2
