"""The frontend: its command on each release, the flags that are the tool's, and how modes and events go together."""

import pytest
from known_releases import LAUNCHED

from dynamo_recipes.plan import frontend
from dynamo_recipes.plan.model import OwnPort, Port, Probe, Program, Text
from dynamo_recipes.recipe.model import Router
from dynamo_recipes.recipe.read import read
from dynamo_recipes.support.catalogue import programs
from dynamo_recipes.support.catalogue.owned import owned
from dynamo_recipes.support.releases import release

HEAD = "schema: 1\nmodel: m\nengine: mocker\n"


def words(text: str, version: str) -> list[str]:
    recipe = read((HEAD + text).encode(), "x.yaml").recipe
    assert recipe is not None
    (member,) = frontend.component(recipe, release(version)).members
    return [shown(word) for arg in member.argv for word in arg.words]


def shown(word) -> str:
    assert isinstance(word, Text)
    names = {Program("python"): "PYTHON", OwnPort("http"): "HTTP"}
    return "".join(names.get(part, part) for part in word.parts)


FIRST = ["PYTHON", "-m", "dynamo.frontend", "--http-host", "127.0.0.1", "--http-port", "HTTP"]


@pytest.mark.parametrize("version", LAUNCHED)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [*FIRST, "--router-mode", "round-robin"]),
        ("frontend: {router: kv}", [*FIRST, "--router-mode", "kv"]),
        ("frontend: {router: {mode: kv, events: exact}}", [*FIRST, "--router-mode", "kv"]),
        (
            "frontend: {router: {mode: kv, events: predicted}}",
            [*FIRST, "--router-mode", "kv", "--no-router-kv-events"],
        ),
        ("frontend: {router: least_loaded}", [*FIRST, "--router-mode", "least-loaded"]),
        (
            'frontend: {host: "::1", port: 0}',
            [*FIRST[:4], "::1", "--http-port", "HTTP", "--router-mode", "round-robin"],
        ),
    ],
)
def test_the_command_says_every_setting(version, text, expected):
    assert words(text, version) == expected


@pytest.mark.parametrize(
    ("text", "fixed"), [("", 8000), ("frontend: {port: 0}", 0), ("frontend: {port: 65535}", 65535)]
)
def test_its_port_is_the_one_that_the_recipe_asks_for(text, fixed):
    recipe = read((HEAD + text).encode(), "x.yaml").recipe
    component = frontend.component(recipe, release(LAUNCHED[0]))
    (member,) = component.members
    assert member.ports == (Port("http", fixed=fixed),)
    assert member.ready == Probe("http", "/health")
    assert (component.name, component.replicas, component.after, member.gpus) == ("frontend", 1, (), 0)


@pytest.mark.parametrize("version", LAUNCHED)
def test_no_flag_that_the_tool_sets_can_be_written_by_the_author_too(version):
    kept = owned((programs.FRONTEND,))
    ours = {word.lstrip("-") for word in words("frontend: {router: {mode: kv, events: predicted}}", version)[3:]}
    flags = {word.removeprefix("no-") for word in ours if "-" in word}
    assert flags <= set(kept)
    assert {"discovery-backend", "event-plane", "request-plane", "response-plane"} <= set(kept)
    assert kept["http-port"].field == "frontend.port"


@pytest.mark.parametrize(
    ("mode", "written", "events"),
    [
        ("kv", None, "exact"),
        ("kv", "predicted", "predicted"),
        ("round_robin", None, "none"),
        ("random", "none", "none"),
        ("random", "exact", "exact"),
    ],
)
def test_events_are_as_written_else_what_the_mode_needs(mode, written, events):
    assert frontend.events(Router(mode=mode, events=written)) == events
