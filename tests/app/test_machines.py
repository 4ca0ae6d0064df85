"""Machines that a recipe is judged on: from options, facts files, sites and the probe; the first that fits is taken."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamo_recipes.app import here
from dynamo_recipes.app.composing import NOTHING, Source
from dynamo_recipes.app.facts_words import Words, laid_over, read_words
from dynamo_recipes.app.given import Given, machines
from dynamo_recipes.app.hosts import document, facts_of, written
from dynamo_recipes.app.machines import Machines
from dynamo_recipes.app.planning import Against, planned, planned_at
from dynamo_recipes.errors import Refused
from dynamo_recipes.findings import finding
from dynamo_recipes.launch import probe
from dynamo_recipes.launch.dockerd import Docker
from dynamo_recipes.recipe.host import Host
from dynamo_recipes.recipe.read_facts import read_facts
from dynamo_recipes.support import gpus, rules
from dynamo_recipes.support.facts import UNKNOWN, Gpu, HostFacts
from dynamo_recipes.support.target import LOCAL

RECIPE = b"schema: 1\nmodel: {packaged: tiny}\nengine: mocker\ndynamo: 1.4.2\n"
OLD, NEW = "{os: linux, glibc: '2.17'}", "{os: linux, arch: x86_64, glibc: '2.36', python: [3.11.7]}"


@pytest.fixture(autouse=True)
def only_one_rule(monkeypatch):
    """Judge by glibc alone: these tests are about who is judged."""

    def glibc(case):
        if case.facts.glibc == "2.17":
            yield finding("DR207", ("dynamo",), "glibc 2.17 is too old.")

    monkeypatch.setattr(rules, "RULES", {"abilities": rules.RULES["abilities"], "glibc": glibc})


@pytest.fixture
def file(tmp_path):
    def write(text, name="facts.yaml"):
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return write


def source(raw):
    return Source("r.yaml", raw, Path(), NOTHING)


def told(found: Machines, raw=RECIPE):
    result = planned_at(source(raw), Against(machines=found, target=LOCAL))
    lines = [f"{each.code} {each.where} {each.message}" for each in result.findings]
    return [each for each in lines if not each.startswith("DR208 ")]  # that none fits follows from the others


def asked(found: Machines, fits=lambda facts: False):
    """Return the facts that are judged, in order."""
    seen = []

    def judge(facts):
        seen.append(facts)
        result = planned(RECIPE, "r.yaml")
        return result if fits(facts) else result._replace(resolution=None)

    found.judged(judge)
    return seen


# Who is judged


def test_the_first_machine_that_fits_is_taken():
    one, two, three = (HostFacts(glibc=each) for each in ("2.1", "2.2", "2.3"))
    found = Machines((("one", one), ("two", two), ("three", three)))
    assert asked(found, lambda facts: facts in (two, three)) == [one, two]


def test_where_none_fits_the_findings_of_the_first_name_it(file):
    found = machines(Given(facts=file(f"facts: 1\nhosts: {{old: {OLD}, older: {OLD}}}")))
    assert told(found) == ["DR207 r.yaml:4:9 On the host `old`: glibc 2.17 is too old."]


def test_the_second_of_two_hosts_may_fit(file):
    found = machines(Given(facts=file(f"facts: 1\nhosts: {{old: {OLD}, new: {NEW}}}")))
    assert told(found) == []


def test_one_host_of_a_file_is_named_and_options_alone_name_none(file):
    named = machines(Given(facts=file(f"facts: 1\nhosts: {{old: {OLD}}}")))
    assert told(named) == ["DR207 r.yaml:4:9 On the host `old`: glibc 2.17 is too old."]
    assert told(machines(Given(Words(glibc="2.17")))) == ["DR207 r.yaml:4:9 glibc 2.17 is too old."]


def test_what_is_wrong_on_every_machine_names_no_host(file):
    found = machines(Given(facts=file(f"facts: 1\nhosts: {{old: {OLD}}}")))
    lines = told(found, RECIPE + b"frontend: {router: nearest}\n")
    assert "DR205 r.yaml:5:20 Dynamo 1.4.2 has no router mode `nearest`." in lines
    assert "DR207 r.yaml:4:9 On the host `old`: glibc 2.17 is too old." in lines
    assert all("On the host" not in each for each in told(found, b"schema: 1\n"))


@pytest.mark.parametrize("text", ["namespace: a", "hosts: {}", "hosts: {any: {}}", "operator: 1.4.2"])
def test_what_a_site_does_not_know_is_no_reason_to_refuse(file, text):
    found = machines(Given(site=file(f"site: 1\n{text}\n")))
    assert planned_at(source(RECIPE), Against(machines=found)) == planned_at(source(RECIPE))


def test_a_site_changes_nothing_of_what_is_served(file):
    full = "namespace: n\noperator: 1.4.2\nmirrors: {nvcr.io: x.org}\nroles: {all: {node_selector: {a: b}}}\n"
    full += "storage: {size: 5Gi}\nsecrets: {huggingface: {env: A}}\nhosts: {new: {arch: x86_64}}"
    found = machines(Given(site=file(f"site: 1\n{full}")))
    assert planned_at(source(RECIPE), Against(machines=found)).plan == planned_at(source(RECIPE)).plan


# Precedence


def names(found: Machines):
    return [name for name, _ in found.hosts]


def test_a_facts_file_comes_before_a_site_and_options_before_both(file):
    facts = file("facts: 1\nhosts: {a: {arch: x86_64, driver: '570.26', cuda: '12.8'}, b: {}}")
    site = file("site: 1\nhosts: {c: {}}", "site.yaml")
    assert names(machines(Given(facts=facts, site=site))) == ["a", "b"]
    assert names(machines(Given(site=site))) == ["c"]
    a, b = (each for _, each in machines(Given(Words(arch="aarch64"), facts=facts, site=site)).hosts)
    assert a == HostFacts(arch="aarch64", driver="570.26", cuda="12.8")
    assert b == HostFacts(arch="aarch64")


def test_this_machine_is_the_only_one_or_one_more(file):
    here_facts = HostFacts(os="linux")
    facts, site = file("facts: 1\nhosts: {a: {}}"), file("site: 1\nhosts: {c: {}}", "site.yaml")
    taken = file("facts: 1\nhosts: {here: {}}", "taken.yaml")
    assert machines(Given(here=here_facts)).hosts == (("", here_facts),)
    assert names(machines(Given(here=here_facts, facts=facts))) == ["a", "here"]
    assert names(machines(Given(here=here_facts, site=site))) == ["c", "here"]
    assert names(machines(Given(here=here_facts, facts=taken))) == ["here", "here-2"]
    assert machines(Given(Words(glibc="2.17"), here=here_facts)).hosts == (("", HostFacts("linux", glibc="2.17")),)


def test_the_operator_of_a_site_is_that_of_its_hosts(file):
    site = file("site: 1\noperator: 1.4.2\nhosts: {a: {}, b: {operator: 1.5.0}}")
    assert [facts.operator for _, facts in machines(Given(site=site)).hosts] == ["1.4.2", "1.5.0"]
    alone = file("site: 1\noperator: 1.4.2", "alone.yaml")
    assert machines(Given(site=alone)).hosts == (("", HostFacts(operator="1.4.2")),)
    assert machines(Given(site=alone, here=HostFacts("linux"))).hosts == (("", HostFacts("linux", operator="1.4.2")),)


def test_everything_that_is_wrong_is_told_at_once(file):
    with pytest.raises(Refused) as refused:
        machines(Given(Words(driver="x", os="y"), file("facts: 2"), file("site: 2", "site.yaml")))
    assert [str(each.where).rpartition("/")[2] for each in refused.value.findings] == [
        "--driver",
        "--os",
        "facts.yaml:1:1",
        "facts.yaml:1:8",
        "site.yaml:1:7",
    ]
    assert refused.value.status == 2


@pytest.mark.parametrize("name", ["none.yaml", ".", "a\0b"])
def test_a_facts_file_that_cannot_be_opened(name, tmp_path):
    with pytest.raises(Refused) as refused:
        machines(Given(facts=f"{tmp_path}/{name}"))
    assert [each.code for each in refused.value.findings] == ["DR116"]


# Words of options

H100 = gpus.known("h100_sxm")
TAKEN = [
    (Words(), UNKNOWN),
    (Words(driver="580.65.06"), HostFacts(driver="580.65.06")),
    (Words(driver="535"), HostFacts(driver="535")),
    (Words(cuda="12.9"), HostFacts(cuda="12.9")),
    (Words(arch="x86_64"), HostFacts(arch="x86_64")),
    (Words(arch="arm64"), HostFacts(arch="aarch64")),
    (Words(os="linux"), HostFacts(os="linux")),
    (Words(os="macos"), HostFacts(os="darwin")),
    (Words(os="ubuntu-22.04"), HostFacts("linux", "ubuntu", "22.04")),
    (Words(os="centos-stream-9"), HostFacts("linux", "centos-stream", "9")),
    (Words(os="amzn-2023"), HostFacts("linux", "amazon-linux", "2023")),
    (Words(glibc="2.36"), HostFacts(glibc="2.36")),
    (Words(python="3.12"), HostFacts(python=("3.12",))),
    (Words(python="3.12.4"), HostFacts(python=("3.12.4",))),
    (Words(python="/usr/bin/python3"), UNKNOWN),
    (Words(python="3"), UNKNOWN),
    (Words(python=">=3.11"), UNKNOWN),
    (Words(gpu="h100_sxm"), HostFacts(gpus=(H100,))),
    (Words(gpu="h800:80Gi:9.0"), HostFacts(gpus=(Gpu("h800", "9.0", 81920, "hopper", verified=False),))),
]
WRONG = [
    (Words(driver="580.x"), "DR110"),
    (Words(driver=""), "DR110"),
    (Words(driver="580\n"), "DR110"),
    (Words(driver="٥٨٠"), "DR110"),
    (Words(cuda="12"), "DR110"),
    (Words(cuda="cu129"), "DR110"),
    (Words(glibc="2"), "DR110"),
    (Words(arch="x86-64"), "DR109"),
    (Words(arch="riscv64"), "DR109"),
    (Words(os="ubuntu"), "DR110"),
    (Words(os="Ubuntu-22.04"), "DR110"),
    (Words(os="linus"), "DR110"),
    (Words(os="-22.04"), "DR110"),
    (Words(gpu="h100"), "DR204"),
    (Words(gpu=""), "DR204"),
    (Words(gpu="h800:80GB:9.0"), "DR110"),
    (Words(gpu="h800:80Gi"), "DR110"),
    (Words(gpu="::"), "DR110"),
    (Words(gpu="x" * 100_000), "DR204"),
    (Words(os="\x1b[31m-1"), "DR110"),
    (Words(driver="\udcff"), "DR110"),
]


@pytest.mark.parametrize(("words", "facts"), TAKEN, ids=lambda each: str(each)[:40])
def test_words_give_facts(words, facts):
    changes, found = read_words(words)
    assert found == ()
    assert laid_over(UNKNOWN, changes) == facts


@pytest.mark.parametrize(("words", "code"), WRONG, ids=lambda each: ascii(each)[:40])
def test_wrong_words_are_told_at_their_option(words, code):
    changes, (found,) = read_words(words)
    (option,) = [name for name, word in words._asdict().items() if word is not None]
    assert (found.code, str(found.where), changes) == (code, f"--{option}", {})
    assert found.hint
    assert len(found.message) < 200
    assert found.message.isprintable()


def test_near_names_of_a_gpu_are_offered():
    _, (found,) = read_words(Words(gpu="h100-sxm"))
    assert found.hint.startswith("Did you mean h100_sxm")


def test_what_rests_on_a_fact_that_an_option_changes_is_not_known_any_more():
    debian = HostFacts("linux", "debian", "12", "x86_64", "2.36", driver="580.65.06", cuda="13.0")
    ubuntu, _ = read_words(Words(os="ubuntu-22.04"))
    assert laid_over(debian, ubuntu) == debian._replace(distribution="ubuntu", os_version="22.04", glibc=None)
    linux, _ = read_words(Words(os="linux"))
    assert laid_over(debian, linux) == debian
    mac, _ = read_words(Words(os="darwin"))
    assert laid_over(debian, mac) == debian._replace(os="darwin", distribution=None, os_version=None, glibc=None)
    driver, _ = read_words(Words(driver="535"))
    assert laid_over(debian, driver) == debian._replace(driver="535", cuda=None)


# This machine

VERSION = st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,6}){0,3}", fullmatch=True)
ANY = st.none() | st.text(max_size=80)
GPU = st.builds(
    probe.Gpu,
    product=ANY | st.sampled_from(["NVIDIA H100 80GB HBM3", "NVIDIA H200", "NVIDIA H20", "h100_sxm", "h20"]),
    memory_mib=st.none() | st.integers(0, 300_000),
    compute_capability=ANY | st.sampled_from(["9.0", "10.0", "12.1"]),
    mig=st.none() | st.booleans(),
)
MACHINE = st.builds(
    probe.Machine,
    system=st.builds(
        probe.System,
        os=st.sampled_from(["linux", "darwin", "windows", "freebsd14"]),
        arch=ANY | st.just("x86_64"),
        glibc=ANY | VERSION,
        distribution=ANY | st.sampled_from(["ubuntu", "amzn", "centos", "opensuse-leap"]),
        version=ANY | VERSION,
    ),
    cpu=ANY,
    cores=st.none() | st.integers(1, 1024),
    memory_mib=st.none() | st.integers(0, 1 << 30 - 5),
    driver=st.builds(
        probe.Driver,
        version=ANY | VERSION,
        cuda=ANY | st.sampled_from(["12.9", "13.0"]),
        gpus=st.none() | st.lists(GPU, max_size=4).map(tuple),
    ),
    nvidia_index=st.booleans(),
    pythons=st.none() | st.lists(st.from_regex(r"3\.[0-9]{1,2}\.[0-9]{1,2}", fullmatch=True), max_size=3).map(tuple),
    docker=st.builds(Docker, version=ANY, nvidia=st.none() | st.booleans()),
)


@given(MACHINE)
def test_what_a_probe_finds_is_the_same_when_it_is_read_from_a_file(machine):
    facts, _ = here.facts_of(machine)
    raw = json.dumps(document({"here": written(facts)}))
    reading = read_facts(raw.encode(), "f.yaml")
    assert reading.findings == ()
    assert facts_of(reading.facts.hosts["here"]) == facts


def test_this_machine_can_be_written_and_read():
    found = here.here()
    assert found.facts.os
    assert found.facts.python
    assert facts_of(Host.model_validate(found.host)) == found.facts
    json.dumps(document({"here": found.host}))


def test_a_form_that_is_not_known_is_told_and_not_known():
    system = probe.System("linux", "x86_64", "2.36", "arch", "rolling")
    facts, problems = here.facts_of(probe.Machine(system, None, None, None, probe.Driver(), nvidia_index=False))
    assert (facts.distribution, facts.os_version) == ("arch", None)
    assert problems == ("`os_version` has a form that is not known",)


def test_gpus_of_one_kind_are_counted_and_named_as_in_the_table():
    one = probe.Gpu("NVIDIA H100 80GB HBM3", 81559, "9.0", mig=False)
    other = probe.Gpu("NVIDIA H800", 81559, "9.0")
    driver = probe.Driver("580.65.06", "13.0", (one, one, other))
    facts, _ = here.facts_of(probe.Machine(probe.System("linux", None), None, None, None, driver, nvidia_index=False))
    assert facts.gpus == (
        Gpu("h100_sxm", "9.0", 81559, "hopper", verified=True, number=2, mig=False),
        Gpu("NVIDIA H800", "9.0", 81559, "hopper", verified=False, number=1),
    )


@pytest.mark.parametrize(
    ("option", "env", "asked", "python"),
    [
        (None, {}, False, None),
        (None, {"UV_PYTHON_DOWNLOADS": "never"}, True, ("3.9.1",)),
        (None, {"UV_PYTHON_DOWNLOADS": "automatic"}, False, None),
        (None, {"UV_OFFLINE": "1"}, True, ("3.9.1",)),
        ("3.12", {"UV_OFFLINE": "1"}, False, ("3.12",)),
        ("/usr/bin/python3", {}, False, None),
    ],
)
def test_installed_pythons_bind_a_launch_only_where_uv_may_fetch_none(monkeypatch, option, env, asked, python):
    def machine(pythons, docker):
        assert (pythons, docker) == (asked, False)
        found = ("3.9.1",) if pythons else None
        return probe.Machine(probe.System("linux", "x86_64"), None, None, None, probe.Driver(), False, found)

    monkeypatch.setattr(probe, "machine", machine)
    for name in ("UV_PYTHON_DOWNLOADS", "UV_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert here.launchable(option).hosts == (("", HostFacts("linux", arch="x86_64", python=python)),)


def test_a_file_may_use_the_other_names_of_an_architecture_and_of_a_cluster(file):
    found = machines(Given(facts=file('facts: 1\nhosts: {a: {arch: arm64, os: macos, kubernetes: "v1.30.1"}}\n')))
    ((_, facts),) = found.hosts
    assert (facts.arch, facts.os, facts.kubernetes) == ("aarch64", "darwin", "v1.30.1")
