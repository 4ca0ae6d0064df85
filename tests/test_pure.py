"""What `validate` imports: start-up is a feature, and what it does not load it cannot touch."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Each costs milliseconds, reaches the machine or the network, or both.
FORBIDDEN = {
    "asyncio",
    "concurrent",
    "difflib",
    "docker",
    "email",
    "etcd3",
    "google",
    "grpc",
    "http",
    "importlib.metadata",
    "importlib_metadata",
    "jsonschema",
    "logging",
    "multiprocessing",
    "nats",
    "packaging",
    "pkg_resources",
    "psutil",
    "pynvml",
    "requests",
    "rich",
    "shutil",
    "socket",
    "ssl",
    "subprocess",
    "tempfile",
    "unittest",
    "urllib.request",
    "uv",
    "xml",
    "dynamo_recipes.launch",
    "dynamo_recipes.targets",
}
if sys.version_info < (3, 11):
    FORBIDDEN.remove("subprocess")  # `platform` of Python 3.10 imports it, and pydantic needs `uuid`, which needs that
# All of ours that `validate` of a good recipe may import. A new line here is a decision about start-up.
OURS = """
dynamo_recipes
dynamo_recipes.__main__
dynamo_recipes.app dynamo_recipes.app.composing dynamo_recipes.app.envfile dynamo_recipes.app.files
dynamo_recipes.app.fitting dynamo_recipes.app.planning dynamo_recipes.app.repository dynamo_recipes.app.sources
dynamo_recipes.app.validate
dynamo_recipes.cli dynamo_recipes.cli.main dynamo_recipes.cli.options dynamo_recipes.cli.output
dynamo_recipes.cli.overlaying dynamo_recipes.cli.validate
dynamo_recipes.engines dynamo_recipes.engines.mocker
dynamo_recipes.errors
dynamo_recipes.findings
dynamo_recipes.plan dynamo_recipes.plan.arguments dynamo_recipes.plan.build dynamo_recipes.plan.checks
dynamo_recipes.plan.frontend dynamo_recipes.plan.infrastructure dynamo_recipes.plan.layout dynamo_recipes.plan.model
dynamo_recipes.plan.order dynamo_recipes.plan.place dynamo_recipes.plan.ports dynamo_recipes.plan.written
dynamo_recipes.recipe dynamo_recipes.recipe.about dynamo_recipes.recipe.compose dynamo_recipes.recipe.composition
dynamo_recipes.recipe.extends dynamo_recipes.recipe.fields dynamo_recipes.recipe.hardware
dynamo_recipes.recipe.infrastructure dynamo_recipes.recipe.interpolation dynamo_recipes.recipe.lifetime
dynamo_recipes.recipe.load dynamo_recipes.recipe.model dynamo_recipes.recipe.near dynamo_recipes.recipe.overlays
dynamo_recipes.recipe.parameters dynamo_recipes.recipe.positions dynamo_recipes.recipe.read
dynamo_recipes.recipe.references dynamo_recipes.recipe.rest dynamo_recipes.recipe.rules dynamo_recipes.recipe.scalars
dynamo_recipes.recipe.secrets dynamo_recipes.recipe.served dynamo_recipes.recipe.settings dynamo_recipes.recipe.shape
dynamo_recipes.support dynamo_recipes.support.broken dynamo_recipes.support.candidates dynamo_recipes.support.case
dynamo_recipes.support.catalogue dynamo_recipes.support.catalogue.caveats dynamo_recipes.support.catalogue.chain
dynamo_recipes.support.catalogue.check dynamo_recipes.support.catalogue.flexible
dynamo_recipes.support.catalogue.frontend dynamo_recipes.support.catalogue.model
dynamo_recipes.support.catalogue.names dynamo_recipes.support.catalogue.owned
dynamo_recipes.support.catalogue.programs dynamo_recipes.support.catalogue.reading
dynamo_recipes.support.catalogue.rewriting dynamo_recipes.support.catalogue.setting
dynamo_recipes.support.catalogue.settings dynamo_recipes.support.catalogue.told dynamo_recipes.support.catalogue.types
dynamo_recipes.support.catalogue.types_dynamo dynamo_recipes.support.catalogue.types_sglang
dynamo_recipes.support.catalogue.unknown dynamo_recipes.support.changes dynamo_recipes.support.choices
dynamo_recipes.support.data dynamo_recipes.support.facts dynamo_recipes.support.features dynamo_recipes.support.flags
dynamo_recipes.support.gpus dynamo_recipes.support.numbers dynamo_recipes.support.releases
dynamo_recipes.support.resolve dynamo_recipes.support.rules dynamo_recipes.support.rules.abilities
dynamo_recipes.support.rules.cluster dynamo_recipes.support.rules.drivers dynamo_recipes.support.rules.engines
dynamo_recipes.support.rules.feature dynamo_recipes.support.rules.images dynamo_recipes.support.rules.machine
dynamo_recipes.support.rules.mixtures dynamo_recipes.support.rules.models dynamo_recipes.support.rules.unknown
dynamo_recipes.support.rules.verified dynamo_recipes.support.rules.wheels dynamo_recipes.support.rules.words
dynamo_recipes.support.semver dynamo_recipes.support.spelling dynamo_recipes.support.target
"""

PROGRAM = """
import json, sys
before = set(sys.modules)
sys.argv = ["dynamo-recipe", *sys.argv[1:]]
from dynamo_recipes.__main__ import main
try:
    main()
except SystemExit as end:
    status = end.code
print(json.dumps({"status": status, "modules": sorted(set(sys.modules) - before)}), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def imported() -> set[str]:
    command = [sys.executable, "-c", PROGRAM, "validate", "recipes/quickstart.yaml"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout == "recipes/quickstart.yaml: valid (local, docker, kubernetes: Dynamo 1.4.2)\n"
    told = json.loads(done.stderr)
    assert told["status"] == 0
    return set(told["modules"])


def test_validate_imports_nothing_that_it_must_not(imported):
    assert not {each for each in imported if {each, each.split(".")[0], ".".join(each.split(".")[:2])} & FORBIDDEN}


def test_validate_imports_of_ours_what_is_listed(imported):
    assert {each for each in imported if each.split(".")[0] == "dynamo_recipes"} == set(OURS.split())
