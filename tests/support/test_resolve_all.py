"""Every release, engine, GPU and target: an answer each time, and a rule behind every refusal."""

from itertools import product

import pytest

from dynamo_recipes.findings import errors_of
from dynamo_recipes.recipe.model import Recipe
from dynamo_recipes.recipe.model import Release as Wanted
from dynamo_recipes.recipe.read import read
from dynamo_recipes.support import data, gpus
from dynamo_recipes.support.facts import UNKNOWN, HostFacts
from dynamo_recipes.support.resolve import resolve
from dynamo_recipes.support.target import TARGETS

ENGINES = tuple(data.load("engines.json"))
MACHINES = {
    "unknown": UNKNOWN,
    "old driver": HostFacts(os="linux", arch="x86_64", glibc="2.35", driver="570.86.10", python=("3.10.12",)),
    "new driver": HostFacts(os="linux", arch="x86_64", glibc="2.39", driver="580.65.06", python=("3.12.3",)),
    "arm": HostFacts(os="linux", arch="aarch64", distribution="ubuntu", os_version="24.04", driver="590.48.01"),
    "laptop": HostFacts(os="darwin", arch="aarch64", python=("3.13.1",)),
}


def recipe(engine: str, gpu: str | None) -> Recipe:
    hardware = f"hardware: {{gpu: {gpu}}}\n" if gpu else ""
    found = read(f"schema: 1\nmodel: a/b\nengine: {engine}\n{hardware}".encode(), "r.yaml").recipe
    assert found is not None
    return found


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("machine", MACHINES)
def test_every_release_gpu_and_target_has_an_answer(engine, machine):
    for gpu in (None, *gpus.names()):
        whole = recipe(engine, gpu)
        for version, target in product(data.release_names(), TARGETS.values()):
            pinned = whole.model_copy(update={"dynamo": Wanted(version=version)})
            answer = resolve(pinned, MACHINES[machine], target)
            where = (version, engine, gpu, target.name)
            if answer.resolution:
                assert answer.resolution.release.version == version, where
                assert not errors_of(answer.findings), where
                assert all(each.because and each.value for each in answer.resolution.choices), where
            else:
                codes = {each.code for each in errors_of(answer.findings)}
                assert len(codes - {"DR208"}) > 0, where
                assert [each.version for each in answer.turned_down] == [version], where


@pytest.mark.parametrize(("engine", "target"), list(product(ENGINES, TARGETS.values())))
def test_what_is_taken_unasked_is_fully_known(engine, target):
    answer = resolve(recipe(engine, None), UNKNOWN, target)
    assert all(each.code != "DR229" for each in answer.findings)
    if answer.resolution is None:
        assert engine == "trtllm", "it comes in containers only"
        assert target.path == "wheels"
        return
    release = answer.resolution.release
    assert answer.resolution.engine_version is not None
    if target.path == "image":
        image = answer.resolution.image
        assert image is not None
        assert image.tag is not None
        assert image in (release.images or ())
    else:
        assert answer.resolution.wheels is not None
        assert answer.resolution.python in answer.resolution.wheels.pythons
