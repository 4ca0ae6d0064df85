"""A run on toy processes, in this process: what the limits of readiness see, and what is said about ends."""

import os
import re
import signal
import sys
import time

import psutil
import pytest
from launching import recipe
from toy_dynamo import make_environment

from dynamo_recipes.app.run import Options, started
from dynamo_recipes.errors import ComponentFailed, Interrupted, NotReady
from dynamo_recipes.launch.runner import status_text


@pytest.fixture
def run(tmp_path):
    """Return a context in which a recipe's graph serves, and what is said meanwhile."""

    def begin(text="", say=lambda name, words: None, **toy):
        options = Options(say, lambda name, line: None, make_environment(tmp_path / "toy", **toy))
        return started(recipe(tmp_path, text), options)

    return begin


def guard():
    """Return the guard of this process's run."""
    (found,) = (each for each in psutil.Process().children() if "launch.guard" in " ".join(each.cmdline()))
    return found


def wait_after(act, graph):
    """Do something, and wait for what becomes of the graph."""
    act()
    graph.run.wait_for_end()


def refusal(context, error):
    with pytest.raises(error) as raised, context:
        pytest.fail("it must not serve")
    (found,) = raised.value.findings
    assert psutil.Process().children() == []
    return found


@pytest.mark.parametrize(("status", "text"), [(0, "exit status 0"), (3, "exit status 3"), (-9, "signal 9")])
def test_how_a_process_ended_in_words(status, text):
    assert status_text(status) == text


def test_a_worker_that_does_nothing_ends_the_wait_early(run):
    begun = time.monotonic()
    found = refusal(run("ready: {timeout: 100s, idle_timeout: 2s}\n", worker="mute"), NotReady)
    assert time.monotonic() - begun < 20
    first, *logs = found.message.splitlines()
    assert first == (
        "Nothing has happened for 2 s, and the graph is not ready: 0 of 1 instances of backend.generate are registered."
    )
    assert [each.split(",")[0] for each in logs if each[0] != " "] == ["frontend-0", "aggregated-0"]


def test_the_frontends_log_of_our_own_questions_is_nothing_that_happens(run):
    """The toy's frontend logs every request, as Dynamo's does."""
    begun = time.monotonic()
    found = refusal(run("ready: {timeout: 100s, idle_timeout: 1s}\n", frontend="empty"), NotReady)
    assert "Nothing has happened for 1 s" in found.message
    assert "GET /v1/models" in found.message
    assert time.monotonic() - begun < 20


def test_a_guard_that_is_killed_ends_the_run_and_the_graph(run):
    said, family = [], []

    def kill():
        family.extend(psutil.Process().children(recursive=True))
        guard().kill()

    with pytest.raises(ComponentFailed) as failed, run(say=lambda name, words: said.append(words)) as graph:
        wait_after(kill, graph)
    assert len(family) == 3
    assert (failed.value.findings[0].code, failed.value.status) == ("DR654", 1)
    assert not psutil.wait_procs(family, timeout=10)[1]
    assert said[-1] == "stopped"
    assert [each for each in said if re.fullmatch("stopped, (exit status 0|signal 15)", each)]


def test_a_guard_that_is_killed_while_the_graph_starts_is_told_as_that(run):
    def say(name, words):
        if name == "frontend-0" and words.startswith("started"):
            guard().kill()

    assert refusal(run(say=say), ComponentFailed).code == "DR654"


def test_a_guard_that_is_killed_while_it_stops_changes_nothing(run):
    said = []

    def say(name, words):
        said.append((name, words))
        if words == "stopping":
            guard().kill()

    with pytest.raises(Interrupted), run("stop: {grace: 20s}\n", say=say, worker="slow") as graph:
        wait_after(lambda: os.kill(os.getpid(), signal.SIGINT), graph)
    assert ("aggregated-0", "stopped, exit status 0") in said
    assert said[-1] == ("run", "stopped")
    assert psutil.Process().children() == []


def test_a_process_that_ends_between_two_looks_is_told_with_its_log(run):
    found = refusal(run(worker="dies"), ComponentFailed)
    assert found.code == "DR651"
    assert found.message.startswith("aggregated-0 ended on its own, exit status 3.")
    assert "told to die" in found.message
    assert sys.executable not in found.message
