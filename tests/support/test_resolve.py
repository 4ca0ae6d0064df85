"""Which release and engine a recipe gets, why, and why none fits."""

import pytest

from dynamo_recipes.findings import dotted, errors_of
from dynamo_recipes.recipe.read import read
from dynamo_recipes.support.facts import UNKNOWN, HostFacts
from dynamo_recipes.support.releases import release
from dynamo_recipes.support.resolve import resolve, runs_on
from dynamo_recipes.support.target import DOCKER, LOCAL, Target

NEWEST = "1.6.0"  # that fits an unknown machine and is known in full
HEAD = "schema: 1\nmodel: a/b\n"


def answered(text: str, facts: HostFacts = UNKNOWN, target: Target = LOCAL):
    recipe = read((HEAD + text + ("" if "engine:" in text else "\nengine: mocker\n")).encode(), "r.yaml").recipe
    assert recipe is not None
    return resolve(recipe, facts, target)


def refusals(text: str, facts: HostFacts = UNKNOWN) -> list[str]:
    """Return errors without the one that sums up."""
    answer = answered(text, facts)
    errors = errors_of(answer.findings)
    assert (answer.resolution is None) == bool(errors)
    return [f"{each.code} {dotted(each.where.path)}" for each in errors if each.code != "DR208"]


CHOSEN = [
    ("", NEWEST),
    ("dynamo: {}", NEWEST),
    ("dynamo: 1.4.2", "1.4.2"),
    ("dynamo: {version: 1.4.2}", "1.4.2"),
    ("dynamo: 1.6.0", "1.6.0"),
    ('dynamo: ">=1.4,<1.7"', "1.6.0"),
    ('dynamo: ">=1.4,<1.6"', "1.5.1"),
    ('dynamo: ">=1.4,<1.6.0"', "1.5.1"),
    ('dynamo: "<=1.6"', "1.6.0"),
    ('dynamo: ">1.4.2,<1.7"', "1.6.0"),
    ('dynamo: "~=1.4.0"', "1.4.2"),
    ('dynamo: "==1.4.*"', "1.4.2"),
    ('dynamo: "== 1.4.2"', "1.4.2"),
    ('dynamo: "===1.4.2"', "1.4.2"),
    ('dynamo: "!=1.6.0,<1.7"', "1.5.1"),
    ('dynamo: " >=1.4 , <1.6 "', "1.5.1"),
    ('dynamo: ">=1.4,"', NEWEST),
    ("engine: vllm", "1.6.0"),
    ("engine: sglang", "1.4.2"),  # 1.5 and 1.6 do not install from wheels
    ("dynamo: main", "main"),  # pinned, and not verified
    ("dynamo: 1.6.2", "1.6.2"),
]
NONE = [
    ('dynamo: "1.4"', "DR201 dynamo"),
    ("dynamo: 1.4.3", "DR201 dynamo"),
    ("dynamo: 1.4.2.0", "DR201 dynamo"),
    ("dynamo: 0.6.1", "DR201 dynamo"),
    ("dynamo: 1.x", "DR201 dynamo"),
    ('dynamo: "1.4.2 "', "DR201 dynamo"),
    ('dynamo: ">=99"', "DR202 dynamo"),
    ('dynamo: "<0.5"', "DR202 dynamo"),
    ('dynamo: ">1.4.2,<1.5"', "DR202 dynamo"),
    ('dynamo: ">=1.4,<1.4"', "DR202 dynamo"),
    ('dynamo: "===x"', "DR202 dynamo"),
    ("dynamo: latest", "DR110 dynamo"),
    ("dynamo: v1.4.2", "DR110 dynamo"),
    ('dynamo: "=1.4.2"', "DR110 dynamo"),
    ('dynamo: ">=1.4 <1.7"', "DR110 dynamo"),
    ('dynamo: "^1.4"', "DR110 dynamo"),
    ('dynamo: "~1.4"', "DR110 dynamo"),
    ('dynamo: ">=x"', "DR110 dynamo"),
    ('dynamo: " "', "DR110 dynamo"),
    ('dynamo: ","', "DR110 dynamo"),
    ('dynamo: "*"', "DR110 dynamo"),
    ('dynamo: ">=1.4\\e[31m"', "DR110 dynamo"),
]


@pytest.mark.parametrize(("text", "version"), CHOSEN)
def test_the_release_of(text, version):
    answer = answered(text)
    assert not errors_of(answer.findings)
    assert answer.resolution.release == release(version)


@pytest.mark.parametrize("version", ["main", "1.6.2"])
def test_what_is_not_known_in_full_is_taken_only_when_it_is_pinned(version):
    assert {each.code for each in answered(f"dynamo: {version}").findings} == {"DR229"}
    assert version in [each.version for each in answered("").turned_down]
    assert answered('dynamo: ">=1.6.1"').resolution is None


@pytest.mark.parametrize(("text", "expected"), NONE)
def test_no_release_for(text, expected):
    assert refusals(text) == [expected]
    (found,) = answered(text).findings
    assert found.hint
    assert found.message.isprintable()


@pytest.mark.parametrize(
    ("version", "hint"),
    [
        ("25.11.8", "Known: 0.7.0 to 1.6.2, and main; `dynamo-recipe matrix` lists them."),
        ("1.4.9", "Did you mean 1.4.2 or 1.4.1 or 1.4.0? Known: 0.7.0 to 1.6.2, and main"),
    ],
)
def test_what_is_known_is_named(version, hint):
    (found,) = answered(f"dynamo: {version}").findings
    assert found.hint.startswith(hint)


REASONS = [
    ("", "the newest release that fits and is fully known; the recipe names none"),
    ("dynamo: 1.4.2", "the recipe names it"),
    ('dynamo: ">=1.4,<1.7"', "the newest release in >=1.4,<1.7 that fits and is fully known"),
    ('dynamo: ">=1.4,\\n<1.7"', "the newest release in >=1.4,\\x0a<1.7 that fits and is fully known"),
]


@pytest.mark.parametrize(("text", "because"), REASONS)
def test_each_choice_has_a_reason(text, because):
    resolution = answered(text).resolution
    version = resolution.release.version
    assert [tuple(each) for each in resolution.choices] == [
        ("dynamo", version, because),
        ("engine", f"mocker {version}", f"the version that belongs to Dynamo {version}"),
        (
            "install",
            f"ai-dynamo=={version}",
            "the target local installs wheels; these are the release's own requirements",
        ),
        (
            "python",
            "3.10 or 3.11 or 3.12 or 3.13 or 3.14",
            "its wheels install on these; 3.12 is taken where uv has the choice",
        ),
    ]


PYTHONS = [
    # The machine's Pythons, the one that is picked, what uv is asked for.
    ("1.4.2", None, "3.12", ">=3.10,<3.15"),
    ("1.4.2", ("3.11.7",), "3.11", ">=3.11,<3.12"),
    ("1.4.2", ("3.9.2", "3.13.1", "3.11.7"), "3.11", ">=3.11,<3.12"),
    ("1.4.2", ("3.13.1", "3.14.0"), "3.13", ">=3.13,<3.15"),
    ("1.5.1", None, "3.10", ">=3.10,<3.11"),  # between 3.10 and 3.14 a package is missing
    ("1.5.1", ("3.14.0", "3.12.1"), "3.14", ">=3.14,<3.15"),
]


@pytest.mark.parametrize(("version", "there", "picked", "asked"), PYTHONS)
def test_the_python_that_is_picked(version, there, picked, asked):
    resolution = answered(f"dynamo: {version}", HostFacts(python=there)).resolution
    assert (resolution.python, resolution.python_range) == (picked, asked)
    assert runs_on(resolution, f"{picked}.99")
    assert not runs_on(resolution, "3.8")


def test_into_an_environment_that_is_given_nothing_is_installed():
    answer = answered("", HostFacts(environment=True, python=("3.8.1",)))
    assert ("install", "nothing", "an environment is given") in [tuple(each) for each in answer.resolution.choices]
    assert (answer.resolution.wheels, answer.resolution.python) == (None, None)
    assert answer.resolution.release.can("launch")


def test_the_engine_is_that_of_the_recipe():
    resolution = answered("engine: mocker").resolution
    assert (resolution.engine, resolution.engine_module) == ("mocker", "dynamo.mocker")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("engine: abacus", ["DR203 engine"]),
        ("engine: Mocker", ["DR203 engine"]),
        ("hardware: {gpu: h100_sxm}", []),
        ("hardware: {gpu: h1000}", ["DR204 hardware.gpu"]),
        ("frontend: {router: kv}", []),
        *((f"frontend: {{router: {{mode: {mode}}}}}", []) for mode in release(NEWEST).router_modes),
        ("frontend: {router: round-robin}", ["DR205 frontend.router.mode"]),
        ("frontend: {router: nearest}", ["DR205 frontend.router.mode"]),
        ("infrastructure: {response_plane: auto}\ndynamo: 1.4.2", []),
        ("infrastructure: {response_plane: tcp}\ndynamo: 1.4.2", ["DR205 infrastructure.response_plane"]),
        ("infrastructure: {response_plane: tcp}\ndynamo: 1.6.0", []),
        (
            "engine: abacus\nhardware: {gpu: x}\nfrontend: {router: x}\ndynamo: 1.4.2\n"
            "infrastructure: {response_plane: tcp}",
            ["DR203 engine", "DR204 hardware.gpu", "DR205 frontend.router.mode", "DR205 infrastructure.response_plane"],
        ),
        ("engine: abacus\nhardware: {gpu: x}\ndynamo: 9.9.9", ["DR203 engine", "DR204 hardware.gpu", "DR201 dynamo"]),
    ],
)
def test_what_the_release_and_the_tables_do_not_know(text, expected):
    assert refusals(text) == expected


def test_all_that_is_wrong_is_said_at_once():
    facts = HostFacts("darwin", arch="arm64", python=("3.9.1",))
    assert refusals("hardware: {gpu: x}\nfrontend: {router: x}", facts) == [
        "DR204 hardware.gpu",
        "DR205 frontend.router.mode",
        "DR207 dynamo",
        "DR206 dynamo",
    ]
    assert refusals("engine: abacus\nhardware: {gpu: x}\nfrontend: {router: x}", facts) == [
        "DR203 engine",
        "DR204 hardware.gpu",
        "DR205 frontend.router.mode",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dynamo: 1.4.3", "Dynamo 1.4.3 is not known."),
        ('dynamo: ">=99"', "No known Dynamo release is in >=99."),
        ("dynamo: latest", "`latest` is neither a release nor a range."),
        ("engine: abacus", "This version of dynamo-recipes has no engine `abacus`."),
        ("dynamo: 1.4.2\nfrontend: {router: nearest}", "Dynamo 1.4.2 has no router mode `nearest`."),
        (
            "dynamo: 1.4.2\ninfrastructure: {response_plane: tcp}",
            "Dynamo 1.4.2 does not let one choose the response plane.",
        ),
    ],
)
def test_what_is_said_of(text, message):
    assert [each.message for each in answered(text).findings if each.code != "DR208"] == [message]


ARCHES = [
    # A GPU that comes with one architecture of processors says what the machine's is, where nothing else does.
    ("engine: sglang\nhardware: {gpu: gb200}\ndynamo: 1.4.2", UNKNOWN, ["DR215 dynamo"]),
    ("engine: sglang\nhardware: {gpu: gb200}\ndynamo: 1.4.2", HostFacts(arch="x86_64"), []),
    ("engine: sglang\nhardware: {gpu: h100_sxm}\ndynamo: 1.4.2", UNKNOWN, []),
    ("engine: vllm\nhardware: {gpu: gb200}\ndynamo: 1.4.2", UNKNOWN, []),
    ("engine: mocker\nhardware: {gpu: gb200}\ndynamo: 1.4.2", UNKNOWN, []),
    ("engine: sglang\nhardware: {gpu: {name: mine, compute_capability: '9.0'}}\ndynamo: 1.4.2", UNKNOWN, []),
]


@pytest.mark.parametrize(("text", "facts", "expected"), ARCHES)
def test_the_architecture_follows_from_the_gpu(text, facts, expected):
    assert refusals(text, facts) == expected


IMAGES = [
    # An image of the release, in any registry, is judged as such; another is its author's matter.
    ("engine: {name: vllm, image: m/vllm-runtime:1.2.1}\ndynamo: 1.2.1", HostFacts(driver="570.1"), ["DR209 dynamo"]),
    ("engine: {name: vllm, image: m/vllm-runtime:1.2.1-cuda13}", HostFacts(driver="575.1"), ["DR209 dynamo"]),
    ("engine: {name: vllm, image: m/vllm-runtime:0.8.1-cuda13}", UNKNOWN, ["DR228 dynamo"]),
    ("engine: {name: vllm, image: m/mine:1.2.1}", HostFacts(driver="570.1"), []),
]


@pytest.mark.parametrize(("text", "facts", "expected"), IMAGES)
def test_an_image_that_the_recipe_names(text, facts, expected):
    errors = errors_of(answered(text, facts, DOCKER).findings)
    assert [f"{each.code} {dotted(each.where.path)}" for each in errors if each.code != "DR208"] == expected


def test_an_image_of_a_release_decides_which_release_it_is():
    resolution = answered("engine: {name: vllm, image: m/vllm-runtime:1.2.1}", UNKNOWN, DOCKER).resolution
    assert (resolution.release.version, resolution.engine_version) == ("1.2.1", "0.20.1")
    own = answered("engine: {name: vllm, image: m/mine:1}", UNKNOWN, DOCKER).resolution
    assert own.engine_version is None, "what is in it is not known"


def test_an_engine_that_nobody_knows_beside_a_gpu_is_no_crash():
    assert refusals("engine: vlm\nhardware: {gpu: h100_sxm}") == ["DR203 engine"]


def test_of_what_fits_that_which_is_known_in_full_comes_first():
    facts = HostFacts(fabric="efa", arch="aarch64")
    resolution = answered("engine: vllm\ndynamo: 1.2.1", facts, DOCKER).resolution
    assert resolution.image.tag == "1.2.1"
