"""What every target of the table must keep to, for graphs of every shape."""

import inspect
from pathlib import Path, PurePosixPath

import pytest

from dynamo_recipes import targets
from dynamo_recipes.app.planning import Planned, planned
from dynamo_recipes.targets.target import Target

ROOT = Path(__file__).parents[2]
HEAD = "schema: 1\nname: shape\nengine: mocker\n"
SHAPES = {
    "least": f"{HEAD}model: Qwen/Qwen3-0.6B\n",
    "folder": f"{HEAD}model: {{path: ./m}}\n",
    "packaged": f"{HEAD}model: {{packaged: tiny}}\n",
    "pair": f"{HEAD}model: m\nworkers: {{prefill: {{replicas: 2}}, decode: {{parallel: {{data: 2}}}}}}\n",
    "odd": f"{HEAD}model: m\nenv: {{A: '$(x)\"', T: {{secret: t}}}}\ndynamo: '1.4.2'\nfrontend: {{host: '::'}}\n",
    "completion": f"{HEAD}model: {{id: m, task: completion}}\nready: {{timeout: 10ms}}\nstop: {{grace: 1ms}}\n",
}


def plan_of(raw: str) -> Planned:
    result = planned(raw.encode(), "x.yaml")
    assert result.ok, result.findings
    return result


def rendered(target: str, raw: str, model: str = "model"):
    result = plan_of(raw)
    place = result.plan.model.value if result.plan.model.kind == "id" else model
    return targets.load(target).render(result.plan, result.instances, place)


@pytest.mark.parametrize("name", targets.TARGETS)
def test_a_module_is_what_the_protocol_says(name):
    target = targets.load(name)
    assert name == target.NAME
    assert isinstance(target.CAPABILITIES.places, bool)
    assert isinstance(target.CAPABILITIES.nodes, bool)
    assert target.CAPABILITIES.discovery
    assert list(inspect.signature(target.render).parameters) == list(inspect.signature(Target.render).parameters)[1:]


@pytest.mark.parametrize("name", targets.TARGETS)
@pytest.mark.parametrize("shape", SHAPES)
def test_artifacts_have_relative_paths_and_no_trace_of_this_machine(name, shape):
    files = rendered(name, SHAPES[shape])
    assert files
    assert len({each.path for each in files}) == len(files)
    for each in files:
        path = PurePosixPath(each.path)
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert each.text.endswith("\n")
        assert not each.text.endswith("\n\n")
        assert each.mode in (0o644, 0o755)
        assert str(ROOT) not in each.text
        assert str(Path.home()) not in each.text
        assert all(line == line.rstrip() for line in each.text.splitlines())


@pytest.mark.parametrize("name", targets.TARGETS)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_recipe_gives_the_same_bytes(name, shape):
    """Also with its keys the other way round, and at another time."""
    lines = SHAPES[shape].splitlines(keepends=True)
    assert rendered(name, SHAPES[shape]) == rendered(name, SHAPES[shape])
    assert rendered(name, SHAPES[shape]) == rendered(name, "".join(reversed(lines)))


@pytest.mark.parametrize("name", targets.TARGETS)
def test_a_target_names_every_process_and_its_command(name):
    text = "".join(each.text for each in rendered(name, SHAPES["pair"]))
    assert all(each.name in text for each in plan_of(SHAPES["pair"]).instances)
    assert text.count("dynamo.mocker") == 3
    assert text.count("dynamo.frontend") == 1


@pytest.mark.parametrize("name", targets.TARGETS)
def test_the_discovery_of_the_plan_works_there(name):
    choices = {each.what: each.value for each in plan_of(SHAPES["least"]).plan.choices}
    assert choices["discovery"] in targets.load(name).CAPABILITIES.discovery
