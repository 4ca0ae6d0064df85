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


def test_secrets_are_looked_up_once_and_all_missing_ones_are_named(monkeypatch):
    one, two = (Secret("hub", "HUB_VALUE"),), (Secret("other", "OTHER_VALUE"),)
    both = spec(("HUB_VALUE", one), ("OTHER_VALUE", two))
    assert [each.code for each in processes.missing_secrets([both])] == ["DR606", "DR606"]
    monkeypatch.setenv("HUB_VALUE", "a")
    monkeypatch.setenv("OTHER_VALUE", "b")
    assert processes.missing_secrets([both]) == ()
    secrets = processes.look_up([both])
    assert secrets == {"HUB_VALUE": "a", "OTHER_VALUE": "b"}
    assert processes.environment(both, secrets)["OTHER_VALUE"] == "b"


def test_one_secret_under_two_variables_has_each_variables_value(monkeypatch):
    same = spec(("A_VALUE", (Secret("s", "A_VALUE"),)), ("B_VALUE", (Secret("s", "B_VALUE"),)))
    monkeypatch.setenv("A_VALUE", "a")
    monkeypatch.setenv("B_VALUE", "b")
    env = processes.environment(same, processes.look_up([same]))
    assert (env["A_VALUE"], env["B_VALUE"]) == ("a", "b")


@pytest.mark.parametrize("given", [None, "", "relative"])
def test_a_process_always_has_a_home(monkeypatch, given):
    monkeypatch.delenv("HOME")
    if given is not None:
        monkeypatch.setenv("HOME", given)
    assert processes.environment(spec(), {})["HOME"].startswith("/")
