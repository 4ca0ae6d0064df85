"""What is installed and the machine: for each rule what passes, what is refused, and where the border is."""

import re
from typing import NamedTuple

import pytest

from dynamo_recipes.findings import Finding
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.recipe.read import read
from dynamo_recipes.support import data, gpus, rules
from dynamo_recipes.support.case import Case
from dynamo_recipes.support.facts import UNKNOWN, Gpu, HostFacts
from dynamo_recipes.support.numbers import pair
from dynamo_recipes.support.releases import Image, release
from dynamo_recipes.support.resolve import resolve
from dynamo_recipes.support.target import DOCKER, LOCAL, TARGETS

# The rules that this file is about, and their codes.
CODES = {
    "python_range": "DR206",
    "platform": "DR207",
    "driver_floor": "DR209",
    "wheels_cuda": "DR210",
    "cuda12_images": "DR211",
    "blackwell_ultra": "DR212",
    "container_only": "DR213",
    "index": "DR214",
    "missing_wheel": "DR215",
    "engine_glibc": "DR216",
    "system": "DR217",
    "engine_python": "DR218",
    "engine_version": "DR226",
    "gpu_floor": "DR227",
    "image": "DR228",
    "not_verified": "DR229",
}

# A code is an error, one with `~` a warning. Facts: name=value; a GPU that is not in the table is NAME/CAPABILITY.
# Rule, row, Dynamo, engine, target, facts of the machine, what the rules of this file say.
TABLE = """
python_range     pass    1.4.2        mocker  local       python=3.12                                     ok
python_range     refuse  1.4.2        mocker  local       python=3.9                                      DR206
python_range     refuse  1.4.2        vllm    local       python=2.7                                      DR206
python_range     border  1.4.2        mocker  local       python=3.10                                     ok
python_range     border  1.4.2        mocker  local       python=3.9,3.10                                 ok
python_range     border  main         mocker  local       python=3.11                                     ~DR229
python_range     border  main         mocker  local       python=3.10                                     DR206 ~DR229
python_range     pass    1.4.2        vllm    docker      python=3.9                                      ok
python_range     pass    1.4.2        mocker  local       python=3.9 environment                          ok

platform         pass    1.4.2        mocker  local       os=linux arch=x86_64 glibc=2.36                 ok
platform         pass    1.4.2        mocker  local       os=linux arch=aarch64                           ok
platform         refuse  1.4.2        mocker  local       os=darwin arch=aarch64                          DR207
platform         refuse  1.4.2        mocker  local       os=windows                                      DR207
platform         refuse  1.4.2        mocker  local       arch=riscv64                                    DR207
platform         refuse  1.4.2        mocker  local       glibc=2.27                                      DR207
platform         border  1.4.2        mocker  local       glibc=2.28                                      ok
platform         border  1.4.2        mocker  local       glibc=2.28.1                                    ok
platform         border  1.4.2        mocker  local       glibc=2.100                                     ok
platform         border  1.4.2        mocker  local       glibc=3.0                                       ok
platform         border  1.4.2        mocker  local       glibc=1.99                                      DR207
platform         pass    1.4.2        vllm    docker      os=darwin                                       ok
platform         pass    1.4.2        vllm    kubernetes  os=windows                                      ok
platform         pass    1.4.2        mocker  local       os=darwin environment                           ok

driver_floor     pass    1.0.2        vllm    docker      driver=580.65.06                                ok
driver_floor     refuse  1.0.2        vllm    docker      driver=570.26                                   DR209
driver_floor     refuse  1.0.2        sglang  kubernetes  driver=570.26                                   DR209
driver_floor     refuse  1.0.2        vllm    docker      cuda=12.8                                       DR209
driver_floor     refuse  0.7.0        vllm    docker      driver=569.99                                   DR209
driver_floor     border  0.7.0        vllm    docker      driver=570.0                                    ok
driver_floor     border  1.0.2        vllm    docker      driver=575.51.03                                ok
driver_floor     border  1.0.2        vllm    docker      driver=574.99                                   DR209
driver_floor     border  1.0.2        vllm    docker      cuda=12.9                                       ok
driver_floor     border  1.4.2        vllm    docker      driver=580.00.03                                ok
driver_floor     border  1.4.2        trtllm  docker      driver=580.00.03                                ok
driver_floor     border  1.4.2        trtllm  docker      cuda=13.0                                       ok
driver_floor     border  1.4.2        trtllm  docker      cuda=14.0                                       ok
driver_floor     refuse  0.8.1.post2  vllm    docker      driver=570.26                                   DR209 ~DR229
driver_floor     refuse  0.7.1        vllm    docker      driver=570.26                                   DR209 ~DR229
driver_floor     border  0.7.1        sglang  docker      driver=570.26                                   ~DR229
driver_floor     pass    1.4.2        mocker  docker      driver=470.10                                   ok
driver_floor     pass    1.0.2        own     docker      driver=570.26                                   ok

wheels_cuda      pass    1.2.1        vllm    local       driver=580.65.06                                ok
wheels_cuda      refuse  1.2.1        vllm    local       driver=575.57.08                                DR210
wheels_cuda      refuse  1.4.2        sglang  local       cuda=12.9                                       DR210
wheels_cuda      border  1.4.2        vllm    local       driver=580.00.03                                ok
wheels_cuda      border  1.4.2        vllm    local       driver=579.99                                   DR210
wheels_cuda      border  1.4.2        vllm    local       cuda=13.0                                       ok
wheels_cuda      border  1.1.1        vllm    local       driver=570.26                                   ok
wheels_cuda      border  1.1.1        vllm    local       driver=565.77                                   DR210
wheels_cuda      pass    1.2.1        vllm    docker      driver=575.57.08                                ok
wheels_cuda      pass    1.4.2        mocker  local       driver=470.10                                   ok
wheels_cuda      pass    1.4.2        vllm    local       driver=470.10 environment                       ok

cuda12_images    pass    1.2.1        vllm    docker      cuda=12.9                                       ok
cuda12_images    refuse  1.3.0        vllm    docker      cuda=12.9                                       DR211
cuda12_images    refuse  1.4.2        vllm    docker      driver=575.57.08                                DR211
cuda12_images    refuse  1.4.2        sglang  kubernetes  driver=470.10                                   DR211
cuda12_images    refuse  1.2.1        trtllm  docker      driver=575.57.08                                DR211
cuda12_images    refuse  1.6.1        vllm    docker      driver=575.57.08                                DR211 ~DR229
cuda12_images    border  1.4.2        vllm    docker      driver=579.99                                   DR211
cuda12_images    border  1.4.2        vllm    docker      driver=580.0                                    ok
cuda12_images    border  1.4.2        vllm    docker      driver=580.0 cuda=12.9                          DR211
cuda12_images    border  1.4.2        cuda12  docker                                                      DR211
cuda12_images    border  1.2.1        cuda12  docker                                                      ok
cuda12_images    border  1.4.2        own     docker      driver=575.57.08                                ok
cuda12_images    pass    1.4.2        mocker  docker      cuda=12.9                                       ok

blackwell_ultra  pass    1.4.2        vllm    docker      gpu=b300_sxm                                    ok
blackwell_ultra  pass    1.4.2        vllm    local       gpu=gb300                                       ok
blackwell_ultra  refuse  0.7.0        vllm    docker      gpu=b300_sxm                                    DR212
blackwell_ultra  refuse  1.1.1        vllm    local       gpu=gb300                                       DR212
blackwell_ultra  refuse  1.1.1        sglang  local       gpu=mine/10.3                                   DR212
blackwell_ultra  refuse  1.1.1        cuda12  docker      gpu=b300_sxm                                    DR212
blackwell_ultra  border  1.1.1        vllm    local       gpu=b200_sxm                                    ok
blackwell_ultra  border  1.1.1        vllm    local       gpu=b200_sxm gpu=b300_sxm                       ok
blackwell_ultra  border  1.1.1        vllm    docker      gpu=b300_sxm                                    ok
blackwell_ultra  border  1.1.1        cuda13  docker      gpu=b300_sxm                                    ok
blackwell_ultra  border  1.1.1        own     docker      gpu=b300_sxm                                    ok
blackwell_ultra  border  1.2.1        vllm    local       gpu=b300_sxm                                    ok
blackwell_ultra  pass    1.1.1        mocker  local       gpu=b300_sxm                                    ok

container_only   pass    1.4.2        trtllm  docker                                                      ok
container_only   pass    1.4.2        trtllm  kubernetes  python=3.11                                     ok
container_only   refuse  1.4.2        trtllm  local                                                       DR213
container_only   refuse  1.4.2        trtllm  local       python=3.11                                     DR213
container_only   refuse  0.7.0        trtllm  local                                                       DR213
container_only   border  1.4.2        trtllm  local       environment                                     ok
container_only   border  1.4.2        vllm    local                                                       ok

index            pass    1.5.1        vllm    local       python=3.10                                     ok
index            pass    1.5.1        vllm    local                                                       ok
index            refuse  1.5.1        mocker  local       python=3.12                                     DR214
index            refuse  1.5.0        vllm    local       python=3.11                                     DR214
index            refuse  1.6.1        mocker  local       python=3.12                                     DR214 DR215
index            border  1.5.1        vllm    local       python=3.13                                     DR214 ~DR218
index            border  1.5.1        vllm    local       python=3.12 nvidia_index                        ok
index            border  1.5.1        vllm    local       python=3.12 environment                         ok
index            border  1.6.0        vllm    local       python=3.12                                     ok

missing_wheel    pass    1.4.2        sglang  local       python=3.12                                     ok
missing_wheel    refuse  1.6.0        sglang  local                                                       DR215
missing_wheel    refuse  1.5.1        sglang  local       python=3.10                                     DR215
missing_wheel    refuse  1.6.1        vllm    local       python=3.10                                     DR215
missing_wheel    refuse  1.6.1        vllm    local       python=3.12 nvidia_index                        DR215
missing_wheel    refuse  0.7.0        vllm    local       python=3.12                                     DR215
missing_wheel    refuse  1.4.2        sglang  local       arch=aarch64                                    DR215
missing_wheel    border  1.4.2        sglang  local       arch=x86_64                                     ok
missing_wheel    border  1.4.2        sglang  docker      arch=aarch64                                    ok
missing_wheel    border  1.4.2        vllm    local       arch=aarch64                                    ok
missing_wheel    border  1.4.2        vllm    local       arch=riscv64                                    DR207
missing_wheel    border  1.6.0        sglang  local       environment                                     ok

engine_glibc     pass    1.4.2        sglang  local       glibc=2.36                                      ok
engine_glibc     refuse  1.4.2        sglang  local       glibc=2.31                                      DR216
engine_glibc     refuse  1.0.2        vllm    local       glibc=2.28                                      DR216
engine_glibc     refuse  1.4.2        vllm    local       glibc=2.28                                      DR216
engine_glibc     refuse  1.5.1        vllm    local       python=3.10 glibc=2.28                          DR216
engine_glibc     border  1.4.2        vllm    local       glibc=2.31                                      ok
engine_glibc     border  1.2.1        vllm    local       glibc=2.34                                      DR216
engine_glibc     border  1.2.1        vllm    local       glibc=2.35                                      ok
engine_glibc     border  1.2.1        sglang  local       glibc=2.34                                      ok
engine_glibc     border  1.0.2        vllm    local       glibc=2.31                                      ok
engine_glibc     border  1.0.2        vllm    local       glibc=2.27                                      DR207
engine_glibc     border  1.4.2        mocker  local       glibc=2.28                                      ok
engine_glibc     pass    1.4.2        sglang  docker      glibc=2.17                                      ok
engine_glibc     pass    1.4.2        sglang  local       glibc=2.17 environment                          ok

system           pass    1.4.2        vllm    docker      arch=aarch64 ubuntu=24.04                       ok
system           pass    1.4.2        mocker  local       arch=x86_64 ubuntu=22.04                        ok
system           refuse  1.4.2        vllm    docker      arch=aarch64 ubuntu=22.04                       DR217
system           refuse  1.4.2        mocker  local       arch=aarch64 debian=12                          DR217
system           refuse  1.4.2        vllm    docker      arch=aarch64 amazon-linux=2023                  DR217
system           refuse  1.4.2        vllm    docker      arch=x86_64 ubuntu=22.04                        ~DR217
system           refuse  1.4.2        vllm    local       arch=x86_64 debian=12                           ~DR217
system           border  1.4.2        vllm    local       arch=x86_64 ubuntu=24.10                        ~DR217
system           border  1.4.2        mocker  local       arch=x86_64 ubuntu=24.04.3                      ok
system           border  1.4.2        mocker  local       arch=aarch64 distribution=ubuntu                ok
system           border  1.4.2        mocker  local       ubuntu=22.04                                    ok
system           border  1.3.0        vllm    docker      arch=x86_64 ubuntu=22.04                        ok
system           border  1.3.0        vllm    docker      arch=x86_64 amazon-linux=2023                   ~DR217
system           border  1.4.2        vllm    docker      os=darwin arch=aarch64 distribution=macos       ok
system           border  1.4.2        mocker  local       arch=aarch64 debian=12 environment              ok

engine_python    pass    1.4.2        vllm    local       python=3.12                                     ok
engine_python    refuse  1.4.2        sglang  local       python=3.14                                     DR218
engine_python    refuse  1.0.2        vllm    local       python=3.14                                     DR218
engine_python    refuse  1.0.2        sglang  local       python=3.13                                     DR218
engine_python    border  1.4.2        vllm    local       python=3.14                                     ~DR218
engine_python    border  1.4.2        mocker  local       python=3.13                                     ~DR218
engine_python    border  1.4.2        sglang  local       python=3.14,3.12                                ok
engine_python    border  1.4.2        sglang  docker      python=3.14                                     ok
engine_python    border  1.4.2        sglang  local       python=3.14 environment                         ok

engine_version   pass    1.4.2        0.26.0  local                                                       ok
engine_version   refuse  1.4.2        0.28.0  local                                                       DR226
engine_version   refuse  1.4.2        0.28.0  docker                                                      DR226
engine_version   border  1.5.1        0.28.0  docker                                                      ~DR229
engine_version   border  1.4.2        0.28.0  local       environment                                     ~DR226
engine_version   border  1.4.2        other   docker                                                      ~DR226
engine_version   border  1.4.2        other   local                                                       DR226
engine_version   border  1.6.2        0.28.0  local                                                       ~DR229

gpu_floor        pass    1.4.2        vllm    docker      gpu=h100_sxm                                    ok
gpu_floor        refuse  1.4.2        vllm    docker      gpu=v100/7.0                                    DR227
gpu_floor        refuse  1.4.2        sglang  local       gpu=t4/7.5                                      DR227
gpu_floor        refuse  1.4.2        trtllm  docker      gpu=l4                                          ~DR227
gpu_floor        border  1.4.2        vllm    local       gpu=t4/7.5                                      DR227
gpu_floor        border  1.4.2        vllm    local       gpu=mine/8.0                                    ok
gpu_floor        border  1.4.2        vllm    local       gpu=mine/7.9                                    DR227
gpu_floor        border  1.4.2        vllm    local       gpu=mine                                        ok
gpu_floor        border  1.4.2        vllm    local       gpu=t4/7.5 gpu=a30                              ok
gpu_floor        border  1.4.2        vllm    local       gpu=a30                                         ok
gpu_floor        border  1.4.2        trtllm  docker      gpu=l40                                         ok
gpu_floor        border  1.4.2        trtllm  docker      gpu=mine/8.9                                    ok
gpu_floor        pass    1.4.2        mocker  local       gpu=t4/7.5                                      ok

image            pass    1.4.2        vllm    docker      arch=aarch64                                    ok
image            refuse  0.8.1.post1  vllm    docker                                                      DR228
image            refuse  0.8.0        mocker  docker      arch=riscv64                                    DR228
image            refuse  1.4.2        vllm    docker      arch=riscv64                                    DR228
image            refuse  1.0.2        trtllm  docker      arch=ppc64le                                    DR228
image            border  0.8.1.post1  trtllm  docker                                                      ok
image            border  0.8.1.post1  own     docker      arch=riscv64                                    ok
image            border  0.8.1.post2  vllm    docker                                                      ~DR229
image            border  0.8.1        vllm    docker      driver=580.65.06                                ok
image            border  0.8.1.post1  vllm    local                                                       ok

not_verified     pass    1.4.2        vllm    local       driver=580.65.06 gpu=h100_sxm ubuntu=24.04      ok
not_verified     pass    1.4.2        trtllm  docker      driver=580.65.06 gpu=h100_sxm ubuntu=24.04      ok
not_verified     refuse  1.6.2        vllm    local                                                       ~DR229
not_verified     refuse  1.6.2        vllm    docker                                                      ~DR229
not_verified     refuse  1.3.1        vllm    docker                                                      ~DR229
not_verified     refuse  1.2.0        trtllm  docker                                                      ~DR229
not_verified     refuse  1.5.1        vllm    docker                                                      ~DR229
not_verified     refuse  1.6.1        mocker  docker                                                      ~DR229
not_verified     refuse  main         vllm    local                                                       ~DR229
not_verified     refuse  1.4.2        mocker  local       python=3.15                                     ~DR218 ~DR229
not_verified     border  1.3.1        own     docker                                                      ok
not_verified     border  1.6.1        own     docker                                                      ok
not_verified     border  1.6.1        own     docker      ubuntu=24.04                                    ~DR229
not_verified     border  1.6.1        own     docker      gpu=h100_sxm                                    ~DR229
not_verified     border  1.2.1        vllm    docker                                                      ok
not_verified     border  1.6.1        mocker  local       environment                                     ok
"""
ENGINES = {
    "own": "{name: vllm, image: 'registry.example.org/vllm:mine'}",
    "cuda12": "{name: vllm, image: 'registry.example.org:5000/vllm:1-cuda12.9'}",
    "cuda13": "{name: vllm, image: 'registry.example.org/cuda12/vllm:1-cuda13@sha256:" + "0" * 64 + "'}",
    "other": "{name: vllm, version: 0.28.0, image: 'registry.example.org/vllm:mine'}",
    "0.26.0": "{name: vllm, version: 0.26.0}",
    "0.28.0": "{name: vllm, version: 0.28.0}",
}
SYSTEMS = ("ubuntu", "debian", "amazon-linux")


class Row(NamedTuple):
    rule: str
    kind: str  # "pass", "refuse" or "border"
    dynamo: str
    engine: str
    target: str
    facts: str
    expected: str


def rows() -> list[Row]:
    return [row_of(line) for line in TABLE.splitlines() if line]


def row_of(line: str) -> Row:
    """Facts and codes are told apart by what they look like: a code is `ok` or has DR."""
    rule, kind, dynamo, engine, target, *rest = line.split()
    codes = [each for each in rest if each == "ok" or each.lstrip("~").startswith("DR")]
    facts = [each for each in rest if each not in codes]
    return Row(rule, kind, dynamo, engine, target, " ".join(facts), " ".join(codes))


ROWS = rows()


def facts_of(text: str) -> HostFacts:
    known, kinds = HostFacts(), []
    for word in text.split():
        name, _, value = word.partition("=")
        if name == "gpu":
            kinds.append(gpu_of(value))
        elif name in SYSTEMS:
            known = known._replace(distribution=name, os_version=value)
        else:
            wanted = {"python": tuple(value.split(",")), "environment": True, "nvidia_index": True}
            known = known._replace(**{name: wanted.get(name, value)})
    return known._replace(gpus=tuple(kinds)) if kinds else known


def gpu_of(text: str) -> Gpu:
    name, _, capability = text.partition("/")
    return gpus.known(name) or Gpu(name, capability or None, verified=False)


def recipe_of(row: Row) -> Recipe:
    engine = ENGINES.get(row.engine, row.engine)
    text = f'schema: 1\nmodel: a/b\nengine: {engine}\ndynamo: "{row.dynamo}"\n'
    recipe = read(text.encode(), "r.yaml").recipe
    assert recipe is not None
    return recipe


def said(row: Row) -> str:
    """Return the codes of this file's rules, errors first: a release is pinned, so all its findings are told."""
    found = resolve(recipe_of(row), facts_of(row.facts), TARGETS[row.target]).findings
    codes = {("~" if each.severity == "warning" else "") + each.code for each in found if each.code in CODES.values()}
    return " ".join(sorted(codes)) or "ok"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.rule}-{row.dynamo}-{row.engine}-{row.target}-{row.facts}")
def test_what_the_rules_say(row):
    assert said(row) == row.expected


@pytest.mark.parametrize("rule", CODES)
def test_each_rule_has_rows_that_pass_are_refused_and_are_at_the_border(rule):
    assert {row.kind for row in ROWS if row.rule == rule} == {"pass", "refuse", "border"}
    refused = [row for row in ROWS if (row.rule, row.kind) == (rule, "refuse")]
    assert all(CODES[rule] in row.expected for row in refused)


@pytest.mark.parametrize("rule", CODES)
def test_a_rule_that_is_switched_off_is_missed_in_all_that_it_refuses(rule, monkeypatch):
    monkeypatch.setattr(rules, "RULES", {name: each for name, each in rules.RULES.items() if name != rule})
    refused = [row for row in ROWS if row.rule == rule and CODES[rule] in row.expected]
    assert refused
    assert [row for row in refused if said(row) == row.expected] == []


def test_the_rules_are_named_after_their_functions():
    assert {name: rule.__name__ for name, rule in rules.RULES.items()} == {name: name for name in rules.RULES}


@pytest.mark.parametrize("rule", CODES)
def test_a_rule_names_its_code_and_sources_first(rule):
    text = rules.RULES[rule].__doc__ or ""
    assert text.startswith(CODES[rule])
    named = set(re.findall(r"[A-Z][A-Z0-9]+", "".join(re.findall(r"\([A-Z0-9, ]+\)", text))))
    assert named <= set(data.load("sources.json"))
    assert named or rule == "not_verified"  # that one rests on no source: it tells what is in none


@pytest.mark.parametrize("version", data.release_names())
@pytest.mark.parametrize("engine", data.load("engines.json"))
def test_an_unknown_machine_is_judged_on_every_path(version, engine):
    for target in TARGETS:
        found = resolve(recipe_of(Row("", "", version, engine, target, "", "")), UNKNOWN, TARGETS[target]).findings
        assert all(each.hint for each in found if each.code in CODES.values())
        assert not {"DR206", "DR207", "DR209", "DR210", "DR211", "DR212", "DR216", "DR217"} & {f.code for f in found}


def test_a_machine_without_any_python_may_get_one():
    none = resolve(recipe_of(row_of("- - 1.4.2 mocker local ok")), HostFacts(python=()), LOCAL)
    assert none == resolve(recipe_of(row_of("- - 1.4.2 mocker local ok")), UNKNOWN, LOCAL)


def case_of(engine: str, version: str, facts: str = "", target: str = "docker") -> Case:
    row = Row("", "", version, engine, target, facts, "")
    known = facts_of(facts)
    return Case(recipe_of(row), release(version), TARGETS[target], known, known.gpus or (), frozenset())


def told(rule: str, case: Case) -> list[Finding]:
    return list(rules.RULES[rule](case))


BROKEN = next(each for each in release("0.8.1").images if each.status == "broken")


def test_an_image_that_does_not_start_is_refused():
    (found,) = told("image", case_of("vllm", "0.8.1")._replace(image=BROKEN))
    assert found.message == "The image vllm-runtime:0.8.1-cuda13 is known not to start."
    assert told("image", case_of("vllm", "0.8.1")._replace(image=BROKEN._replace(status="experimental"))) == []


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image("vllm-runtime", "1", "default", "13.0", ("x86_64",), "supported"), []),
        (Image("vllm-runtime", None, "default", "13.0", ("x86_64",), "supported"), ["the tag of its image for vLLM"]),
        (Image("vllm-runtime", "1", "default", None, ("x86_64",), "supported"), ["the CUDA of its image for vLLM"]),
        (Image("vllm-runtime", "1", "default", "13.0", None, "supported"), ["the architecture of its image for vLLM"]),
    ],
)
def test_each_unknown_fact_of_an_image_is_named(image, expected):
    found = told("not_verified", case_of("vllm", "1.4.2")._replace(image=image))
    assert [each.message for each in found] == [
        f"Dynamo 1.4.2 is not verified here: {what} is not known." for what in expected
    ]


def test_driver_floor_and_cuda12_images_never_speak_at_once():
    for version in data.release_names():
        for engine in ("vllm", "sglang", "trtllm"):
            for driver in ("550.1", "570.1", "575.1", "580.1"):
                case = case_of(engine, version, f"driver={driver}")
                for each in release(version).images or ():
                    both = (told(name, case._replace(image=each)) for name in ("driver_floor", "cuda12_images"))
                    assert not all(both)


SAID = [
    ("python_range", "1.4.2", "mocker", "local", "python=3.9", "Dynamo 1.4.2 does not run on Python 3.9."),
    ("platform", "1.4.2", "mocker", "local", "glibc=2.17", "Dynamo 1.4.2 has no wheels for glibc 2.17."),
    (
        "driver_floor",
        "1.0.2",
        "vllm",
        "docker",
        "driver=570.26",
        "The image of vLLM 0.16.0 has CUDA 12.9, and driver 570.26 is too old for it.",
    ),
    (
        "driver_floor",
        "1.0.2",
        "vllm",
        "docker",
        "cuda=12.8",
        "The image of vLLM 0.16.0 has CUDA 12.9, and a driver for CUDA 12.8 is too old for it.",
    ),
    (
        "cuda12_images",
        "1.4.2",
        "vllm",
        "docker",
        "driver=575.57.08",
        "Dynamo 1.4.2 has no image of vLLM for CUDA 12, and driver 575.57.08 runs no newer one.",
    ),
    (
        "gpu_floor",
        "1.4.2",
        "vllm",
        "docker",
        "gpu=v100/7.0",
        "vLLM needs compute capability 7.5, and v100 has 7.0.",
    ),
    (
        "gpu_floor",
        "1.4.2",
        "sglang",
        "docker",
        "gpu=t4/7.5",
        "Dynamo 1.4.2 does not run on GPUs of compute capability 7.5: t4.",
    ),
    (
        "system",
        "1.4.2",
        "vllm",
        "docker",
        "arch=x86_64 ubuntu=22.04",
        "Dynamo 1.4.2 does not list ubuntu 22.04 for containers, only for wheels.",
    ),
]


@pytest.mark.parametrize(("rule", "version", "engine", "target", "facts", "message"), SAID)
def test_what_is_said(rule, version, engine, target, facts, message):
    row = Row(rule, "", version, engine, target, facts, "")
    found = resolve(recipe_of(row), facts_of(facts), TARGETS[target]).findings
    assert [each.message for each in found if each.code == CODES[rule]] == [message]


HINTS = [
    ("python_range", "1.4.2", "mocker", "local", "python=3.9", "Install Python 3.10 or newer."),
    (
        "platform",
        "1.4.2",
        "mocker",
        "local",
        "glibc=2.17",
        "It needs linux on x86_64 or aarch64 with glibc 2.28 or newer.",
    ),
    (
        "wheels_cuda",
        "1.2.1",
        "vllm",
        "local",
        "driver=575.57.08",
        "Install a driver of branch 580 or newer, or run the release's image with CUDA 12.9: -t docker.",
    ),
    ("wheels_cuda", "1.2.1", "vllm", "local", "driver=570.1", "Install a driver of branch 580 or newer."),
    ("wheels_cuda", "1.4.2", "vllm", "local", "driver=575.57.08", "Install a driver of branch 580 or newer."),
    (
        "container_only",
        "1.4.2",
        "trtllm",
        "local",
        "",
        "Run the release's container, which brings Python 3.12: -t docker or -t kubernetes.",
    ),
    (
        "index",
        "1.5.1",
        "vllm",
        "local",
        "python=3.12",
        "Let uv also ask NVIDIA's own Python index. On Python 3.10 or 3.14 it installs from PyPI as it is.",
    ),
]


@pytest.mark.parametrize(("rule", "version", "engine", "target", "facts", "hint"), HINTS)
def test_what_is_advised(rule, version, engine, target, facts, hint):
    row = Row(rule, "", version, engine, target, facts, "")
    found = resolve(recipe_of(row), facts_of(facts), TARGETS[target]).findings
    assert [each.hint for each in found if each.code == CODES[rule]] == [hint]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("580.65.06", (580, 65)),
        ("13", (13, 0)),
        ("2.36", (2, 36)),
        ("2.35-ubuntu", (2, 35)),
        ("", (0, 0)),
        ("x", (0, 0)),
    ],
)
def test_a_version_of_the_machine_as_numbers(version, expected):
    assert pair(version) == expected


def test_targets_of_both_paths_are_here():
    assert {LOCAL.path, DOCKER.path} == {each.path for each in TARGETS.values()}
