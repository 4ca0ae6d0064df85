import pytest

from dynamo_recipes.launch import processes
from dynamo_recipes.plan.bind import Named, ProcessSpec, Secret


def spec(*env):
    return ProcessSpec("worker-0", "worker", "decode", (("true",),), tuple(env), (), None)


def test_the_environment_is_the_callers_without_what_would_change_the_graph(monkeypatch):
    monkeypatch.setenv("DYN_SYSTEM_PORT", "1")
    monkeypatch.setenv("NATS_SERVER", "elsewhere")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("MINE", "kept")
    env = processes.environment(spec(("DYN_FILE_KV", (Named("RUN_DIR", "/run"), "/store"))), {})
    assert env["MINE"] == "kept"
    assert env["DYN_FILE_KV"] == "/run/store"
    assert not {"DYN_SYSTEM_PORT", "NATS_SERVER", "PYTHONPATH"} & set(env)


def test_of_one_variable_each_process_has_the_value_of_its_own_secret():
    one, other = Secret("one", "HUB_VALUE"), Secret("other", "HUB_VALUE")
    values = {one: "a", other: "b"}
    assert processes.environment(spec(("HUB_VALUE", (one,))), values)["HUB_VALUE"] == "a"
    assert processes.environment(spec(("HUB_VALUE", ("<", other, ">"))), values)["HUB_VALUE"] == "<b>"


@pytest.mark.parametrize("given", [None, "", "relative"])
def test_a_process_always_has_a_home(monkeypatch, given):
    monkeypatch.delenv("HOME")
    if given is not None:
        monkeypatch.setenv("HOME", given)
    assert processes.environment(spec(), {})["HOME"].startswith("/")
