"""Which release and engine a recipe gets, why, and why none fits."""

import pytest

from dynamo_recipes.findings import dotted
from dynamo_recipes.recipe.read import read
from dynamo_recipes.support import data
from dynamo_recipes.support.facts import UNKNOWN, HostFacts
from dynamo_recipes.support.releases import release
from dynamo_recipes.support.resolve import resolve

NEWEST = data.release_names()[0]
LOWEST, BEYOND = release("1.4.2").wheels.python_minimum, release("1.4.2").wheels.python_below
HIGHEST = f"3.{int(BEYOND.removeprefix('3.')) - 1}"
HEAD = "schema: 1\nmodel: a/b\n"


def resolved(text: str, facts: HostFacts = UNKNOWN):
    recipe = read((HEAD + text + ("" if "engine:" in text else "\nengine: mocker\n")).encode(), "r.yaml").recipe
    assert recipe is not None
    return resolve(recipe, facts)


def refusals(text: str, facts: HostFacts = UNKNOWN) -> list[str]:
    resolution, found = resolved(text, facts)
    assert (resolution is None) == bool(found)
    return [f"{each.code} {dotted(each.where.path)}" for each in found]


CHOSEN = [
    ("", NEWEST),
    ("dynamo: {}", NEWEST),
    ("dynamo: 1.4.2", "1.4.2"),
    ("dynamo: {version: 1.4.2}", "1.4.2"),
    ("dynamo: 1.6.0", "1.6.0"),
    ('dynamo: ">=1.4,<1.7"', "1.6.0"),
    ('dynamo: ">=1.4,<1.6"', "1.4.2"),
    ('dynamo: ">=1.4,<1.6.0"', "1.4.2"),
    ('dynamo: "<=1.6"', "1.6.0"),
    ('dynamo: ">1.4.2,<1.7"', "1.6.0"),
    ('dynamo: "~=1.4.0"', "1.4.2"),
    ('dynamo: "==1.4.*"', "1.4.2"),
    ('dynamo: "== 1.4.2"', "1.4.2"),
    ('dynamo: "===1.4.2"', "1.4.2"),
    ('dynamo: "!=1.6.0,<1.7"', "1.4.2"),
    ('dynamo: " >=1.4 , <1.6 "', "1.4.2"),
    ('dynamo: ">=1.4,"', NEWEST),
]
NONE = [
    ('dynamo: "1.4"', "DR201 dynamo"),
    ("dynamo: 1.4.3", "DR201 dynamo"),
    ("dynamo: 1.4.2.0", "DR201 dynamo"),
    ("dynamo: 0.8.1", "DR201 dynamo"),
    ("dynamo: 1.x", "DR201 dynamo"),
    ('dynamo: "1.4.2 "', "DR201 dynamo"),
    ('dynamo: ">=99"', "DR202 dynamo"),
    ('dynamo: "<1"', "DR202 dynamo"),
    ('dynamo: ">1.4.2,<1.6"', "DR202 dynamo"),
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
    resolution, found = resolved(text)
    assert not found
    assert resolution.release == release(version)


@pytest.mark.parametrize(("text", "expected"), NONE)
def test_no_release_for(text, expected):
    assert refusals(text) == [expected]
    (found,) = resolved(text)[1]
    assert found.hint
    assert found.message.isprintable()


def test_what_is_known_is_named():
    (found,) = resolved("dynamo: 9.9.9")[1]
    assert found.hint == "Known: " + ", ".join(data.release_names()) + "."


REASONS = [
    ("", "the newest release that fits and is fully known; the recipe names none"),
    ("dynamo: 1.4.2", "the recipe names it"),
    ('dynamo: ">=1.4,<1.7"', "the newest release in >=1.4,<1.7 that fits and is fully known"),
    ('dynamo: ">=1.4,\\n<1.7"', "the newest release in >=1.4,\\x0a<1.7 that fits and is fully known"),
]


@pytest.mark.parametrize(("text", "because"), REASONS)
def test_each_choice_has_a_reason(text, because):
    resolution, _ = resolved(text)
    version = resolution.release.version
    assert [tuple(each) for each in resolution.choices] == [
        ("dynamo", version, because),
        ("engine", f"mocker {version}", f"the version that belongs to Dynamo {version}"),
        ("python", f">={LOWEST},<{BEYOND}", f"the range that Dynamo {version} is known to run on"),
    ]


def test_the_engine_is_that_of_the_recipe():
    resolution, _ = resolved("engine: mocker")
    assert (resolution.engine, resolution.engine_module) == ("mocker", "dynamo.mocker")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("engine: vllm", ["DR203 engine"]),
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
            "engine: vllm\nhardware: {gpu: x}\nfrontend: {router: x}\ndynamo: 1.4.2\n"
            "infrastructure: {response_plane: tcp}",
            ["DR203 engine", "DR204 hardware.gpu", "DR205 frontend.router.mode", "DR205 infrastructure.response_plane"],
        ),
        ("engine: vllm\nhardware: {gpu: x}\ndynamo: 9.9.9", ["DR203 engine", "DR204 hardware.gpu", "DR201 dynamo"]),
    ],
)
def test_what_the_release_and_the_tables_do_not_know(text, expected):
    assert refusals(text) == expected


LINUX = HostFacts(os="linux", arch="x86_64", glibc="2.36", python=("3.11.7",))
MACHINES = [
    (UNKNOWN, []),
    (LINUX, []),
    # Each fact at its edge; the wheels are manylinux_2_28 for x86_64 and aarch64, Python from LOWEST to below BEYOND.
    (LINUX._replace(os="darwin"), ["DR207 dynamo"]),
    (LINUX._replace(os="windows"), ["DR207 dynamo"]),
    (LINUX._replace(arch="aarch64"), []),
    (LINUX._replace(arch="riscv64"), ["DR207 dynamo"]),
    (LINUX._replace(arch="ppc64le"), ["DR207 dynamo"]),
    (LINUX._replace(glibc="2.27"), ["DR207 dynamo"]),
    (LINUX._replace(glibc="2.28"), []),
    (LINUX._replace(glibc="2.28.1"), []),
    (LINUX._replace(glibc="2.100"), []),
    (LINUX._replace(glibc="3.0"), []),
    (LINUX._replace(glibc="1.99"), ["DR207 dynamo"]),
    (LINUX._replace(python=("3.9.18",)), ["DR206 dynamo"]),
    (LINUX._replace(python=(LOWEST,)), []),
    (LINUX._replace(python=(f"{LOWEST}.0",)), []),
    (LINUX._replace(python=(f"{HIGHEST}.99",)), []),
    (LINUX._replace(python=(f"{BEYOND}.0",)), ["DR206 dynamo"]),
    (LINUX._replace(python=("2.7.18", "3.9.18", f"{BEYOND}.1")), ["DR206 dynamo"]),
    (LINUX._replace(python=(f"{BEYOND}.1", f"{HIGHEST}.1")), []),
    # What is not known is no reason to refuse, whatever else is known.
    (HostFacts(os="linux"), []),
    (HostFacts(arch="aarch64"), []),
    (HostFacts(glibc="2.40"), []),
    (HostFacts(python=("3.12.1",)), []),
    (HostFacts(python=()), []),
    (LINUX._replace(os=None), []),
    (LINUX._replace(arch=None), []),
    (LINUX._replace(glibc=None), []),
    (LINUX._replace(python=None), []),
    (HostFacts(os="darwin"), ["DR207 dynamo"]),
    (HostFacts(glibc="2.17"), ["DR207 dynamo"]),
    # One finding for the wheels, one for Python.
    (HostFacts("darwin", "arm64", None, ("3.9.1",)), ["DR207 dynamo", "DR206 dynamo"]),
]


@pytest.mark.parametrize(("facts", "expected"), MACHINES)
@pytest.mark.parametrize("version", data.release_names())
def test_a_machine_that_the_release_has_wheels_for(version, facts, expected):
    assert refusals(f"dynamo: {version}", facts) == expected


def test_a_refusal_names_the_fact_and_what_is_needed():
    (found,) = resolved("dynamo: 1.4.2", LINUX._replace(glibc="2.17"))[1]
    assert found.message == "Dynamo 1.4.2 has no wheels for glibc 2.17."
    assert found.hint == "It needs linux on x86_64 or aarch64 with glibc 2.28 or newer."
    (found,) = resolved("dynamo: 1.4.2", LINUX._replace(python=("3.8.18", "3.9.18")))[1]
    assert found.message == "Dynamo 1.4.2 does not run on Python 3.8.18, 3.9.18."
    assert found.hint == f"Install Python {LOWEST} or newer, below {BEYOND}."


def test_all_that_is_wrong_is_said_at_once():
    facts = HostFacts("darwin", "arm64", None, ("3.9.1",))
    text = "engine: vllm\nhardware: {gpu: x}\nfrontend: {router: x}"
    assert refusals(text, facts) == [
        "DR203 engine",
        "DR204 hardware.gpu",
        "DR207 dynamo",
        "DR206 dynamo",
        "DR205 frontend.router.mode",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dynamo: 1.4.3", "Dynamo 1.4.3 is not known."),
        ('dynamo: ">=99"', "No known Dynamo release is in >=99."),
        ("dynamo: latest", "`latest` is neither a release nor a range."),
        ("engine: vllm", "This version of dynamo-recipes has no engine `vllm`."),
        ("dynamo: 1.4.2\nfrontend: {router: nearest}", "Dynamo 1.4.2 has no router mode `nearest`."),
        (
            "dynamo: 1.4.2\ninfrastructure: {response_plane: tcp}",
            "Dynamo 1.4.2 does not let one choose the response plane.",
        ),
    ],
)
def test_what_is_said_of(text, message):
    assert [each.message for each in resolved(text)[1]] == [message]
