"""Every code is raised by something that can happen: a recipe's text, facts of a machine, or a situation at launch."""

import os
import re
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from toy_dynamo import make_environment

from dynamo_recipes.app import here, init, site
from dynamo_recipes.app.composing import inputs_of
from dynamo_recipes.app.lock import lock
from dynamo_recipes.app.lock import write as write_lock
from dynamo_recipes.app.locked import Lock
from dynamo_recipes.app.machines import Machines
from dynamo_recipes.app.plan import plan
from dynamo_recipes.app.planning import Against, against, planned
from dynamo_recipes.app.render import render, write
from dynamo_recipes.app.resolve import resolve as resolve_recipe
from dynamo_recipes.app.run import Options, ask
from dynamo_recipes.app.validate import validate
from dynamo_recipes.cli.output import line
from dynamo_recipes.errors import DynamoRecipesError, Refused, exit_status
from dynamo_recipes.findings import CODES, Finding
from dynamo_recipes.launch import procfs, state
from dynamo_recipes.launch.folders import run_folder, runs_root
from dynamo_recipes.launch.signals import watched
from dynamo_recipes.recipe.read import read
from dynamo_recipes.support import data, releases
from dynamo_recipes.support.facts import UNKNOWN, Gpu, HostFacts
from dynamo_recipes.support.resolve import resolve
from dynamo_recipes.support.target import DOCKER, KUBERNETES, TARGETS, Target

PAGES = Path(data.__file__).parents[1] / "data" / "findings"
HEAD = "schema: 1\nmodel: {packaged: tiny}\nengine: mocker\n"
ONE_ENGINE = "schema: 1\nmodel: {packaged: tiny}\nengine: {name: mocker, args: {%s}}\n"
VLLM = 'schema: 1\nmodel: {id: a/b}\nengine: vllm\ndynamo: "1.4.2"\n'
KVBM_DISAGG = "workers: {prefill: {}, decode: {}}\nkv: {offload: {engine: kvbm}}\n"
RELEASE = HEAD + 'dynamo: "1.4.2"\nfrontend: {port: 0}\n'

OLD_IMAGE = "{name: vllm, image: 'mirror.example.org/vllm-runtime:1.3.1'}"
EAGLE = "{name: sglang, args: {speculative-algorithm: EAGLE}}"
WIDE = "hardware: {gpus_per_node: 8}\nworkers: {decode: {role: aggregated, parallel: {tensor: 16}}}\n"

STATUS = {"DR1": 2, "DR2": 3, "DR3": 3, "DR4": 3, "DR60": 4, "DR61": 4, "DR651": 1, "DR652": 5, "DR653": 1, "DR654": 1}


def status_of(code: str) -> int:
    return next(status for start, status in STATUS.items() if code.startswith(start))


# Code, text, and the place of the finding; (0, 0): none, because the text could not be read so far.
FIX = 'schema: 1\nmodel: {packaged: tiny}\ndynamo: "1.6.0"\n'
VLLM_ARGS = 'schema: 1\nmodel: Qwen/Qwen3-0.6B\nworkers: {aggregated: {args: {%s}}}\nengine: vllm\ndynamo: "1.4.2"\n'

TEXTS: list[tuple[str, str | bytes, tuple[int, int]]] = [
    ("DR101", HEAD.encode() + b"description: caf\xe9\n", (4, 17)),
    ("DR102", "schema: 1\nmodel: {packaged: tiny\nengine: mocker\n", (3, 7)),
    ("DR102", HEAD + "description: @home\n", (4, 14)),
    ("DR102", HEAD + "description: one: two\n", (4, 17)),
    ("DR103", HEAD + "frontend: {port: 8000}\nfrontend: {port: 8001}\n", (5, 1)),
    ("DR104", HEAD + "frontend: !web {port: 8000}\n", (4, 11)),
    ("DR104", HEAD + "x-mine:\n  <<: {port: 8000}\n", (5, 3)),
    ("DR104", HEAD + "---\n" + HEAD, (4, 1)),
    ("DR104", HEAD + "description: *nothing\n", (4, 14)),
    ("DR104", HEAD + "? [a, b]\n: 1\n", (4, 3)),
    ("DR105", HEAD + "description: " + "x" * (1 << 20) + "\n", (0, 0)),
    ("DR105", HEAD + "x-deep: " + "[" * 100 + "]" * 100 + "\n", (4, 108)),
    ("DR105", HEAD + "x-many:\n" + "- 1\n" * 20_000, (19_996, 3)),
    ("DR106", HEAD + "frontend: {prot: 8001}\n", (4, 12)),
    ("DR106", HEAD + "planner: {}\n", (4, 1)),
    ("DR107", "schema: 1\nmodel: {packaged: tiny}\n", (1, 1)),
    ("DR107", "schema: 1\nmodel: {served_name: tiny}\nengine: mocker\n", (2, 1)),
    ("DR107", HEAD + "env: {LEVEL: {}}\n", (4, 7)),
    ("DR108", HEAD + 'frontend: {port: "8001"}\n', (4, 18)),
    ("DR108", HEAD + "name: 12\n", (4, 7)),
    ("DR108", HEAD + "env: {LEVEL: true}\n", (4, 14)),
    ("DR109", HEAD + "kv: {dtype: fp16}\n", (4, 13)),
    ("DR110", HEAD + 'dynamo: "latest"\n', (4, 9)),
    ("DR110", HEAD + "workers: {2nd: {role: aggregated}}\n", (4, 11)),
    ("DR110", ONE_ENGINE % "speedup-ratio: .inf", (3, 46)),
    ("DR111", "schema: 2\nmodel: {packaged: tiny}\nengine: mocker\n", (1, 9)),
    ("DR112", HEAD + "env: {HF_TOKEN: swordfish}\n", (4, 17)),
    ("DR112", HEAD + f"env: {{LEVEL: hf_{'a' * 34}}}\n", (4, 14)),
    ("DR112", ONE_ENGINE % "api-key: swordfish", (3, 40)),
    ("DR113", HEAD + 'description: "one\\0two"\n', (4, 14)),
    ("DR114", HEAD + "workers:\n  decoder: {replicas: 2}\n", (5, 3)),
    ("DR115", "schema: 1\nmodel: {id: Qwen/Qwen3-0.6B, path: ./model}\nengine: mocker\n", (2, 36)),
    ("DR115", HEAD + "workers:\n  frontend: {role: aggregated}\n", (5, 3)),
    ("DR115", HEAD + "workers:\n  a: {role: aggregated}\n  A: {role: aggregated}\n", (6, 3)),
    ("DR115", ONE_ENGINE % "speedup-ratio: 1, speedup_ratio: 2", (3, 64)),
    ("DR124", HEAD + 'description: "for ${whom"\n', (4, 14)),
    ("DR124", HEAD + "description: ${A-b}\n", (4, 14)),
    ("DR125", HEAD + "description: ${NO_SUCH_VALUE}\n", (4, 14)),
    ("DR125", HEAD + "parameters: {whom: {}}\ndescription: for ${whom:?say for whom}\n", (5, 14)),
    ("DR126", HEAD + "parameters: {context: {type: int, default: many}}\n", (4, 44)),
    ("DR126", HEAD + "parameters: {context: {default: 1, choices: [2, 4]}}\n", (4, 33)),
    ("DR117", HEAD.replace("mocker", "{name: mocker, args: {reasoning: {file: chat}}}"), (3, 49)),
    ("DR117", HEAD + "files: {chat: recipe.yaml}\nfrontend: {args: {raw: [{file: cat}]}}\n", (5, 32)),
    ("DR118", HEAD + "files: {chat: ../../etc/passwd}\n", (4, 15)),
    ("DR118", HEAD + "files: {chat: 'https://example.org/chat.jinja'}\n", (4, 15)),
    ("DR201", HEAD + 'dynamo: "1.4.9"\n', (4, 9)),
    ("DR202", HEAD + 'dynamo: ">=2"\n', (4, 9)),
    ("DR203", "schema: 1\nmodel: {packaged: tiny}\nengine: moker\n", (3, 9)),
    ("DR204", HEAD + "hardware: {gpu: h100}\n", (4, 17)),
    ("DR205", HEAD + 'dynamo: "1.4.2"\ninfrastructure: {response_plane: tcp}\n', (5, 34)),
    ("DR205", HEAD + "frontend: {router: nearest}\n", (4, 20)),
    ("DR219", RELEASE + "kv: {offload: {engine: kvbm}}\n", (6, 24)),
    ("DR220", RELEASE.replace("tiny", "tiny, adapters: [{name: a, source: b}]"), (2, 25)),
    ("DR221", RELEASE.replace("tiny", "tiny, modalities: [text, image]"), (2, 44)),
    ("DR222", VLLM.replace("}", ", precision: nvfp4}", 1) + "hardware: {gpu: h100_sxm}\n", (2, 29)),
    ("DR224", VLLM.replace("1.4.2", "1.3.0") + KVBM_DISAGG, (5, 1)),
    ("DR301", ONE_ENGINE % "max-num-seqs: 64", (3, 45)),
    ("DR301", HEAD + "workers: {aggregated: {args: {--no_model_path: true}}}\n", (4, 48)),
    ("DR301", HEAD + "frontend: {args: {http-port: 8001}}\n", (4, 30)),
    ("DR302", HEAD + "env: {DYN_SYSTEM_PORT: 9090}\n", (4, 24)),
    ("DR302", HEAD + "workers: {aggregated: {env: {DYN_FILE_KV: /tmp}}}\n", (4, 43)),
    ("DR303", ONE_ENGINE % "speedup-ratio: [1, 2]", (3, 31)),
    ("DR303", ONE_ENGINE % "raw: --fast", (3, 36)),
    ("DR304", FIX + "engine: mocker\nfrontend: {args: {router-reset-states: true}}\n", (5, 40)),
    ("DR304", FIX + "engine: {name: mocker, args: {spede: 1}}\n", (4, 38)),
    ("DR305", FIX + "engine: {name: mocker, args: {speedup-ratio: fast}}\n", (4, 46)),
    ("DR306", FIX + "engine: {name: mocker, args: {router-approximate-cache-policy: mru}}\n", (4, 64)),
    (
        "DR309",
        FIX.replace("1.6.0", "1.4.2") + "engine: {name: mocker, args: {bandwidth-g1: 2, bandwidth-g2: 3}}\n",
        (4, 62),
    ),
    ("DR401", HEAD + "workers:\n  prefill: {replicas: 2}\n", (5, 3)),
    ("DR401", HEAD + "workers:\n  decode: {replicas: 2}\n", (5, 3)),
    ("DR402", HEAD + "hardware: {gpus_per_node: 4}\nworkers:\n  aggregated: {parallel: {tensor: 8}}\n", (6, 3)),
    ("DR403", HEAD + "hardware: {gpus_per_node: 2}\nworkers:\n  aggregated: {replicas: 3}\n", (6, 3)),
    ("DR404", HEAD + "workers:\n  encode: {replicas: 1}\n", (5, 3)),
    ("DR405", HEAD + "frontend: {router: {mode: round_robin, events: exact}}\n", (4, 48)),
    ("DR405", HEAD + "frontend: {router: {mode: kv, events: none}}\n", (4, 39)),
    ("DR406", HEAD + "workers:\n  aggregated: {}\n  prefill: {}\n  decode: {}\n", (5, 3)),
    ("DR615", HEAD + "files: {chat: ./chat.jinja}\n", (4, 15)),
    ("DR615", HEAD + "files: {chat: .}\n", (4, 15)),
    ("DR408", RELEASE.replace("packaged: tiny", "id: a/b, revision: v1"), (2, 28)),
    ("DR408", RELEASE + "kv: {offload: {engine: native}}\n", (6, 6)),
    ("DR407", HEAD + "workers:\n  prefill: {replicas: 10000}\n  decode: {replicas: 10000}\n", (4, 1)),
]
# These messages say what is wanted in full ("must be at least 1, and is 0"): a hint would only say it again.
NO_HINT_NEEDED: list[tuple[str, str, tuple[int, int]]] = [
    ("DR108", HEAD + "workers: [aggregated]\n", (4, 1)),
    ("DR110", HEAD + "workers: {aggregated: {replicas: 0}}\n", (4, 34)),
    ("DR110", HEAD + "ready: {timeout: 5 minutes}\n", (4, 18)),
    ("DR110", HEAD + "workers: {}\n", (4, 1)),
]
# What a release needs of the engine and of the machine: code, severity, engine, release, target, facts, place.
T4 = (Gpu("t4", "7.5"),)
UBUNTU_22, DEBIAN = HostFacts(distribution="ubuntu", os_version="22.04"), HostFacts(distribution="debian")
OWN_IMAGE = "{name: vllm, version: 0.28.0, image: example.org/vllm:1}"
NEEDS: list[tuple[str, str, str, str, str, HostFacts, str]] = [
    ("DR206", "error", "mocker", "1.4.2", "local", HostFacts(python=("3.9",)), "4:9"),
    ("DR207", "error", "mocker", "1.4.2", "local", HostFacts(os="darwin"), "4:9"),
    ("DR207", "error", "mocker", "1.4.2", "local", HostFacts(arch="riscv64"), "4:9"),
    ("DR207", "error", "mocker", "1.4.2", "local", HostFacts(glibc="2.27"), "4:9"),
    ("DR209", "error", "vllm", "1.2.1", "docker", HostFacts(driver="570.26"), "4:9"),
    ("DR210", "error", "vllm", "1.2.1", "local", HostFacts(driver="575.57.08"), "4:9"),
    ("DR211", "error", "vllm", "1.4.2", "docker", HostFacts(driver="575.57.08"), "4:9"),
    ("DR211", "error", "{name: vllm, image: example.org/vllm:1-cuda12}", "1.4.2", "docker", UNKNOWN, "3:29"),
    ("DR212", "error", "vllm", '1.1.1"\nhardware: {gpu: b300_sxm} # "', "local", UNKNOWN, "5:17"),
    ("DR213", "error", "trtllm", "1.4.2", "local", UNKNOWN, "3:9"),
    ("DR214", "error", "vllm", "1.5.1", "local", HostFacts(python=("3.12",)), "4:9"),
    ("DR215", "error", "sglang", "1.6.0", "local", UNKNOWN, "4:9"),
    ("DR215", "error", "sglang", "1.4.2", "local", HostFacts(arch="aarch64"), "4:9"),
    ("DR216", "error", "sglang", "1.4.2", "local", HostFacts(glibc="2.31"), "4:9"),
    ("DR217", "error", "vllm", "1.4.2", "docker", UBUNTU_22._replace(arch="aarch64"), "4:9"),
    ("DR217", "warning", "vllm", "1.4.2", "docker", UBUNTU_22, "4:9"),
    ("DR217", "warning", "vllm", "1.4.2", "docker", DEBIAN, "4:9"),
    ("DR218", "error", "sglang", "1.4.2", "local", HostFacts(python=("3.14",)), "4:9"),
    ("DR218", "warning", "mocker", "1.4.2", "local", HostFacts(python=("3.14",)), "4:9"),
    ("DR226", "error", "{name: vllm, version: 0.28.0}", "1.4.2", "local", UNKNOWN, "3:31"),
    ("DR226", "warning", OWN_IMAGE, "1.4.2", "docker", UNKNOWN, "3:31"),
    ("DR227", "error", "vllm", "1.4.2", "local", HostFacts(gpus=T4), "1:1"),
    ("DR227", "warning", "trtllm", '1.4.2"\nhardware: {gpu: l4} # "', "docker", UNKNOWN, "5:17"),
    ("DR228", "error", "vllm", "0.8.1.post1", "docker", UNKNOWN, "4:9"),
    ("DR228", "error", "vllm", "1.4.2", "docker", HostFacts(arch="riscv64"), "4:9"),
    ("DR229", "warning", "vllm", "1.3.1", "docker", UNKNOWN, "4:9"),
    ("DR208", "error", "mocker", "1.6.1", "local", UNKNOWN, "4:9"),
    ("DR230", "warning", "mocker", '1.4.2"\nhardware: {gpu: {name: h800, memory: 80Gi}} # "', "local", UNKNOWN, "5:12"),
    ("DR231", "error", "mocker", "1.6.2", "local", UNKNOWN, "4:9"),
]
# What targets that run containers and facts of a cluster raise: text, target, facts, severity, place.
JUDGED: list[tuple[str, str, Target, HostFacts, str, tuple[int, int]]] = [
    ("DR223", VLLM, KUBERNETES, HostFacts(kubernetes="1.29"), "error", (4, 9)),
    ("DR225", VLLM.replace("vllm", OLD_IMAGE).replace("1.4.2", "1.6.0"), DOCKER, UNKNOWN, "error", (3, 29)),
    ("DR225", VLLM.replace("1.4.2", "1.6.0"), KUBERNETES, HostFacts(operator="1.4.2"), "error", (4, 9)),
    ("DR232", VLLM + WIDE, KUBERNETES, HostFacts(grove="none", lws="none"), "error", (6, 11)),
    ("DR233", VLLM, KUBERNETES, HostFacts(grove="v0.1.0-alpha.9"), "error", (4, 9)),
    ("DR235", VLLM.replace("vllm", EAGLE), DOCKER, UNKNOWN, "warning", (3, 1)),
]


@pytest.fixture
def stage(tmp_path, monkeypatch, default_port):
    return Stage(tmp_path, monkeypatch)


@dataclass
class Stage:
    """A folder for a recipe, and a launch of it that has to fail."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch

    def recipe(self, text: str | bytes) -> str:
        file = self.folder / "recipe.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(file)

    def fails(self, text: str | bytes, environment: str | None = None, python: str | None = None, **toy: str):
        """Return what a launch with real questions ends with; `toy` says how frontend and worker behave."""
        if toy:
            environment = make_environment(self.folder / "toy", **toy)
        options = Options(say=ignore, show=ignore, environment=environment, python=python)
        with pytest.raises(DynamoRecipesError) as caught:
            ask(self.recipe(text), options, lambda answered: None)
        return caught.value


def ignore(name: str, words: str) -> None:
    """Hear nothing."""


@pytest.fixture(autouse=True)
def a_machine_of_which_nothing_is_known(monkeypatch):
    """What `run` finds on the machine that the tests run on is no part of them."""
    monkeypatch.setattr(here, "launchable", lambda python: Machines((("", UNKNOWN),)))


@pytest.mark.parametrize(
    ("code", "text", "place"),
    [pytest.param(*each, id=f"{each[0]}-at-{each[2][0]}-{each[2][1]}") for each in (*TEXTS, *NO_HINT_NEEDED)],
)
def test_a_text_raises_it_in_validate_plan_and_run(code, text, place, stage):
    file = stage.recipe(text)
    (result,) = validate([file])
    # DR208 sums up why no release fits.
    (found,) = (each for each in result.findings if each.code != "DR208" or code == "DR208")
    assert found.code == code
    assert (found.where.file, found.where.line, found.where.column) == (file, *place)
    assert found.severity == "error"
    assert bool(found.hint) == ((code, text, place) not in NO_HINT_NEEDED)
    assert exit_status(result.findings) == status_of(code)
    with pytest.raises(Refused) as refused:
        plan(file)
    assert (refused.value.findings, refused.value.status) == (result.findings, status_of(code))
    assert stage.fails(text).findings == result.findings
    if (code, text, place) in FIRST:
        assert_on_page(found)


# Beside these stands another finding, or they stop nothing.
FLAGS: list[tuple[str, str, tuple[int, int]]] = [
    ("DR307", FIX + "engine: mocker\nfrontend: {args: {router-temperature: 0.5}}\n", (5, 39)),
    ("DR308", HEAD + 'frontend: {args: {migration-limit: 3}}\ndynamo: "0.9.0"\n', (4, 12)),
    ("DR310", VLLM_ARGS % "connector: nixl", (3, 42)),
    ("DR311", VLLM_ARGS % "kv-transfer-config: {kv_conector: x}", (3, 31)),
]


@pytest.mark.parametrize(("code", "text", "place"), FLAGS)
def test_a_flag_raises_it(code, text, place, stage):
    (result,) = validate([stage.recipe(text)])
    (found,) = (each for each in result.findings if each.code == code)
    assert (found.where.line, found.where.column) == place
    assert found.hint
    assert found.severity == ("warning" if code in ("DR307", "DR308") else "error")
    assert_on_page(found)


@pytest.mark.parametrize(
    "row", NEEDS, ids=lambda row: f"{row[0]}-{row[1]}-{row[3][:5]}-{row[4]}-{len(row[2])}-{row[6]}"
)
def test_what_a_release_needs_raises_it(row):
    code, severity, engine, version, target, facts, place = row
    raw = f'schema: 1\nmodel: {{packaged: tiny}}\nengine: {engine}\ndynamo: "{version}"\n'.encode()
    all_found = planned(raw, "recipe.yaml", facts, target=TARGETS[target]).findings
    (found,) = (each for each in all_found if each.code == code)
    assert (found.severity, str(found.where)) == (severity, f"recipe.yaml:{place}")
    assert found.hint
    assert exit_status((found,)) == (3 if severity == "error" else 0)
    if row in FIRST:
        assert_on_page(found)


@pytest.mark.parametrize(
    ("code", "text", "target", "facts", "severity", "place"), [pytest.param(*each, id=each[0]) for each in JUDGED]
)
def test_a_target_or_a_cluster_raises_it(code, text, target, facts, severity, place):
    reading = read(text.encode(), "recipe.yaml")
    answer = resolve(reading.recipe, facts, target)
    (found,) = (each for each in reading.placed(answer.findings) if each.code == code)
    assert found.severity == severity
    assert (found.where.line, found.where.column) == place
    assert (answer.resolution is None) == (severity == "error")
    assert found.hint
    if (code, text, target, facts, severity, place) in FIRST:
        assert_on_page(found)


def assert_on_page(found: Finding) -> None:
    """Compare a finding with the one that its page shows; paths and numbers may differ, `…` stands for the rest.

    Pages with a recipe are compared word for word, in test_findings.py.
    """
    page = (PAGES / f"{found.code}.md").read_text(encoding="utf-8")
    if "```yaml" in page:
        return
    first, *_, last = page.split("```text\n")[1].split("\n```")[0].splitlines()
    printed = line(found).splitlines()
    beginning, _, cut = shape(first).partition("…")
    assert shape(printed[0]).startswith(beginning)
    assert shape(printed[0]) == beginning or cut or first.endswith("…")
    assert shape(printed[-1]) == shape(last)


def shape(words: str) -> str:
    return re.sub(r"(?!DR\d)\S*([/\d]|\.yaml)\S*", "*", words)


Situation = Callable[[Stage], DynamoRecipesError]
SITUATIONS: list[tuple[str, str, tuple[int, int], Situation]] = []


def raises(code: str, says: str, at: tuple[int, int] = (0, 0)) -> Callable[[Situation], Situation]:
    """Put a situation into the table: its code, words of the message, the place in the recipe that is to blame."""

    def add(situation: Situation) -> Situation:
        SITUATIONS.append((code, says, at, situation))
        return situation

    return add


@raises("DR109", "`DR999` is not a code")
def an_unknown_code(stage):
    from dynamo_recipes.app.explain import explain

    with pytest.raises(Refused) as caught:
        explain("DR999")
    return caught.value


@raises("DR116", "No such file")
def no_recipe_file(stage):
    (result,) = validate([str(stage.folder / "missing.yaml")])
    return Refused(*result.findings)


@raises("DR116", "No such file")
def no_site_file(stage):
    with pytest.raises(Refused) as caught:
        site.read(str(stage.folder / "missing.yaml"))
    return caught.value


@raises("DR116", "holds no *.yaml")
def a_folder_without_recipes(stage):
    (result,) = validate([str(stage.folder)])
    return Refused(*result.findings)


@raises("DR116", "is a folder")
def a_folder_where_one_recipe_is_wanted(stage):
    with pytest.raises(Refused) as caught:
        plan(str(stage.folder))
    return caught.value


@raises("DR234", "which the recipe does not allow", at=(4, 9))
def a_recipe_that_left_its_lock(stage):
    write_lock(lock(stage.recipe(HEAD + 'dynamo: "1.4.2"\n')))
    file = stage.recipe(HEAD + 'dynamo: "1.6.0"\n')
    with pytest.raises(Refused) as caught:
        plan(file, against=Against(answering=Lock(file, ())))
    return caught.value


def laid_over(stage, text, *settings, variants=()):
    """Return how a recipe fails with something laid over it."""
    with pytest.raises(Refused) as caught:
        plan(stage.recipe(text), inputs_of(variants, [("--set", each) for each in settings]))
    return caught.value


@raises("DR119", "in a circle", at=(4, 10))
def recipes_that_extend_each_other(stage):
    (stage.folder / "base.yaml").write_text(HEAD + "extends: recipe.yaml\n")
    return stage.fails(HEAD + "extends: base.yaml\n")


@raises("DR118", "leads out of the recipe's repository", at=(4, 10))
def a_file_outside_the_repository(stage):
    return stage.fails(HEAD + "extends: ../../etc/passwd\n")


@raises("DR121", "`h20` is no variant")
def an_unknown_variant(stage):
    return laid_over(stage, HEAD + "variants: {h200: {}}\n", variants=["h20"])


@raises("DR122", "of one axis")
def two_variants_of_one_axis(stage):
    text = HEAD + "variants: {h100: {axis: gpu}, h200: {axis: gpu}}\n"
    return laid_over(stage, text, variants=["h100", "h200"])


@raises("DR123", "needs PATH=VALUE")
def a_setting_without_a_value(stage):
    return laid_over(stage, HEAD, "frontend.port")


@raises("DR129", "no `frontend.prot`")
def a_null_that_removes_nothing(stage):
    return laid_over(stage, HEAD, "frontend.prot=null")


@raises("DR601", "in use", at=(4, 18))
def a_busy_port(stage):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return stage.fails(HEAD + f"frontend: {{port: {taken.getsockname()[1]}}}\n")


@raises("DR602", "/missing is not there", at=(2, 15))
def no_model_folder(stage):
    return stage.fails("schema: 1\nmodel: {path: ./missing}\nengine: mocker\n")


@raises("DR602", "no config.json", at=(2, 15))
def a_model_folder_without_config(stage):
    return stage.fails("schema: 1\nmodel: {path: .}\nengine: mocker\n")


@raises("DR603", "MiB free")
def an_environment_larger_than_the_disk(stage):
    release_says(stage, r'"disk_mib": \d+', '"disk_mib": 1000000000000')
    return stage.fails(RELEASE)


@raises("DR604", "uv says: ")
def no_network_and_nothing_cached(stage):
    stage.monkeypatch.setenv("UV_OFFLINE", "1")
    stage.monkeypatch.setenv("UV_CACHE_DIR", str(stage.folder / "empty"))
    stage.monkeypatch.delenv("UV_FIND_LINKS", raising=False)
    return stage.fails(HEAD + "frontend: {port: 0}\n")


@raises("DR605", "`recipe` is active")
def a_second_run_of_the_name(stage):
    with watched() as signals, run_folder("recipe", lambda text: None, signals) as folder:
        me = procfs.look(os.getpid())
        marker = f"{state.MARKER}=recipe@{os.urandom(8).hex()}"
        identity = (me.pid, me.started)
        state.save(folder.path, state.State("recipe", procfs.place(), marker, identity, identity, 0, 0, (), ()))
        return stage.fails(HEAD + "frontend: {port: 0}\n")


@raises("DR606", "HF_TOKEN is not set")
def a_secret_without_a_value(stage):
    for name in ("HF_TOKEN", "HF_TOKEN_PATH", "HF_HOME"):
        stage.monkeypatch.delenv(name, raising=False)
    return stage.fails(HEAD + "frontend: {port: 0}\nenv: {HF_TOKEN: {secret: huggingface}}\n", frontend="serve")


@raises("DR606", "is not UTF-8")
def a_secret_in_a_file_that_holds_none(stage):
    (stage.folder / "token").write_bytes(b"\xff")
    (stage.folder / "site.yaml").write_text("site: 1\nsecrets: {huggingface: {file: token}}\n")
    options = Options(
        ignore, ignore, make_environment(stage.folder / "toy"), against=against(site.read(f"{stage.folder}/site.yaml"))
    )
    with pytest.raises(DynamoRecipesError) as caught:
        ask(stage.recipe(RELEASE + "env: {HF_TOKEN: {secret: huggingface}}\n"), options, lambda answered: None)
    return caught.value


@raises("DR607", "no module dynamo")
def an_environment_without_dynamo(stage):
    environment = make_environment(stage.folder / "toy", dynamo=False)
    return stage.fails(HEAD + "frontend: {port: 0}\n", environment)


@raises("DR607", "no bin/python")
def an_environment_that_is_none(stage):
    return stage.fails(HEAD + "frontend: {port: 0}\n", str(stage.folder))


@raises("DR607", "cannot be run: Permission denied.")
def an_environment_whose_python_cannot_be_run(stage):
    environment = make_environment(stage.folder / "toy")
    (Path(environment) / "bin" / "python").chmod(0o644)
    return stage.fails(HEAD + "frontend: {port: 0}\n", environment)


@raises("DR608", "already there")
def a_first_recipe_that_is_already_there(stage):
    with pytest.raises(Refused) as caught:
        init.write(stage.recipe(HEAD), "", force=False)
    return caught.value


@raises("DR608", "runs/recipe cannot be written")
def a_state_folder_that_is_a_file(stage):
    (stage.folder / "file").touch()
    stage.monkeypatch.setenv("XDG_STATE_HOME", str(stage.folder / "file"))
    return stage.fails(HEAD + "frontend: {port: 0}\n", frontend="serve")


@raises("DR608", "cannot be written: Not a directory")
def a_cache_folder_that_is_a_file(stage):
    (stage.folder / "file").touch()
    stage.monkeypatch.setenv("XDG_CACHE_HOME", str(stage.folder / "file"))
    return stage.fails(HEAD + "frontend: {port: 0}\n")


@raises("DR608", "recipe.sh cannot be written")
def a_folder_for_rendered_files_that_is_a_file(stage):
    with pytest.raises(Refused) as caught:
        write(render(stage.recipe(HEAD), "local", None), stage.recipe(HEAD))
    return caught.value


@raises("DR609", "aggregated-0 cannot be started: Argument list too long")
def a_word_that_is_longer_than_the_system_takes(stage):
    text = HEAD.replace("mocker", "{name: mocker, args: {raw: [%s]}}" % ("x" * 200_000))
    return stage.fails(text + "frontend: {port: 0}\n", frontend="serve")


@raises("DR610", "state.json: it is not JSON")
def notes_on_an_earlier_run_that_are_damaged(stage):
    folder = runs_root() / "recipe"
    folder.mkdir(parents=True)
    (folder / state.FILE).write_text("{")
    return stage.fails(HEAD + "frontend: {port: 0}\n", frontend="serve")


@raises("DR611", "of memory are needed for 2 processes, and ")
def a_graph_larger_than_any_memory(stage):
    release_says(stage, r'"memory_mib": \d+', '"memory_mib": 1000000000000')
    return stage.fails(RELEASE, frontend="serve")


@raises("DR612", "the library libnuma-of-nowhere.so.1: cannot open")
def a_library_that_no_machine_has(stage):
    release_says(stage, r'"mocker": {([^{}]*)"libraries": {', r'\g<0>"libnuma-of-nowhere.so.1": "libnuma1",')
    return stage.fails(RELEASE, frontend="serve")


@raises("DR612", "Python.h of ")
def a_python_without_its_headers(stage):
    release_says(stage, r'"headers": false', '"headers": true')
    environment = make_environment(stage.folder / "toy")
    python = Path(environment) / "bin" / "python"
    # What the interpreter is asked runs with another idea of where its headers are.
    python.write_text(
        f"#!{sys.executable}\nimport sys, sysconfig\nsys.path.insert(0, {str(Path(environment) / 'lib')!r})\n"
        "sysconfig.get_path = lambda *_: '/nowhere/include'\n"
        "code, sys.argv = sys.argv[2], sys.argv[2:]\nexec(code)\n"
    )
    for variable in ("CPATH", "C_INCLUDE_PATH"):
        stage.monkeypatch.delenv(variable, raising=False)
    return stage.fails(RELEASE, environment)


@raises("DR651", "aggregated-0 ended on its own, exit status 3")
def a_worker_that_ends_at_once(stage):
    return stage.fails(HEAD + "frontend: {port: 0}\n", worker="dies")


@raises("DR652", "0 of 1 instances of backend.generate are registered")
def a_frontend_that_never_serves(stage):
    return stage.fails(HEAD + "frontend: {port: 0}\nready: {timeout: 500ms}\n", frontend="silent")


@raises("DR652", "does not list the model tiny")
def a_frontend_that_lists_no_model(stage):
    return stage.fails(HEAD + "frontend: {port: 0}\nready: {timeout: 1s}\n", frontend="empty")


@raises("DR652", "Nothing has happened for 1 s")
def a_graph_in_which_nothing_happens(stage):
    return stage.fails(HEAD + "frontend: {port: 0}\nready: {timeout: 60s, idle_timeout: 1s}\n", worker="mute")


@raises("DR652", "does not answer: HTTP 503")
def a_frontend_that_never_answers(stage):
    return stage.fails(HEAD + "frontend: {port: 0}\nready: {timeout: 1s}\n", frontend="refuses")


@raises("DR653", "no text came back")
def an_answer_without_text(stage):
    return stage.fails(HEAD + "frontend: {port: 0}\n", frontend="no-text")


@raises("DR654", "The guard of the run has ended")
def a_guard_that_is_killed(stage):
    def kill(name, words):
        if words.startswith("started"):
            guards = [each for each in psutil.Process().children() if "launch.guard" in " ".join(each.cmdline())]
            for each in guards:
                each.kill()

    environment = make_environment(stage.folder / "toy")
    with pytest.raises(DynamoRecipesError) as caught:
        ask(stage.recipe(RELEASE), Options(kill, ignore, environment), lambda answered: None)
    return caught.value


def release_says(stage: Stage, instead_of: str, words: str) -> None:
    """Let the packaged data of release 1.4.2 say something else."""
    copy = stage.folder / "data"
    shutil.copytree(data.DATA, copy)
    file = copy / "releases" / "1.4.2.json"
    text, count = re.subn(instead_of, words, file.read_text())
    assert count
    file.write_text(text)
    stage.monkeypatch.setattr(data, "DATA", copy)


@pytest.fixture
def fresh_data():
    """Let no test see the data of another."""
    caches = (data.load, data.release_names, releases.release)
    for each in caches:
        each.cache_clear()
    yield
    for each in caches:
        each.cache_clear()


# The first row of each code is the one that its page shows.
FIRST = list({row[0]: row for row in reversed((*TEXTS, *FLAGS, *NEEDS, *JUDGED, *SITUATIONS))}.values())


@pytest.mark.parametrize(
    ("code", "says", "place", "situation"),
    [pytest.param(*each, id=f"{each[0]}-{each[-1].__name__}") for each in SITUATIONS],
)
def test_a_situation_raises_it(code, says, place, situation, stage, fresh_data):
    error = situation(stage)
    assert [each.code for each in error.findings] == [code]
    found = error.findings[0]
    assert says in found.message
    assert (found.where.line, found.where.column) == place
    assert found.hint
    assert error.status == status_of(code)
    if (code, says, place, situation) in FIRST:
        assert_on_page(found)


def test_resolve_notes_that_a_newer_release_fits(stage, monkeypatch):
    monkeypatch.chdir(stage.folder)
    stage.recipe(HEAD + 'dynamo: "1.4.2"\n')
    (found,) = resolve_recipe("recipe.yaml").findings
    assert (found.code, found.severity) == ("DR236", "note")
    assert_on_page(found)


def test_every_code_is_raised_by_something():
    raised = {code for code, *_ in (*TEXTS, *FLAGS, *NEEDS, *JUDGED, *SITUATIONS)} | {"DR236"}
    assert sorted(raised) == sorted(CODES)
