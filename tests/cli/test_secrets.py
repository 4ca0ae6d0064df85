"""Secrets from end to end: the worker has the value byte for byte, and nothing that we write shows it."""

import json
import os
import signal
import stat
import time
from pathlib import Path

import psutil
import pytest
from launching import Command, recipe, run_folder
from toy_dynamo import dumped, make_environment

QUICK = "ready: {timeout: 30s}\nstop: {grace: 10s}\nenv: {TOY_SECRET: {secret: toy}}\n"
PLAIN = "hf_swordfish-0123456789"
ODD = " a 'b' \"c\" $(id) `id` $HOME \\ grün ✓"
LINES = "-----BEGIN TOY-----\nswordfish+01234567\nshort\nswordfish/89abcdef\n-----END TOY-----"


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Start a verb with a leaky worker; what is left at the end of a test is killed."""
    commands = []
    monkeypatch.delenv("TOY_SECRET", raising=False)

    def begin(verb, *words, worker="leaky", site="", text=QUICK, **env):
        folder = tmp_path / worker
        toy = str(folder) if folder.exists() else make_environment(folder, worker=worker)
        if site:
            (tmp_path / "site.yaml").write_text(f"site: 1\n{site}\n")
            words = (*words, "--site", str(tmp_path / "site.yaml"))
        command = Command(verb, recipe(tmp_path, text), "--environment", toy, *words, **env)
        commands.append(command)
        return command

    yield begin
    for each in commands:
        if each.process.poll() is None:
            for child in each.children():
                child.kill()
            each.process.kill()
            each.process.wait()


def had(folder=None):
    """Return the secret as the worker had it."""
    (worker,) = (each for name, each in dumped(folder or run_folder()).items() if name != "frontend")
    return worker["env"]["TOY_SECRET"]


def written(folder: Path) -> dict[str, bytes]:
    """Return all that a run has written, but for what the toys say about themselves."""
    regular = [each for each in folder.rglob("*") if stat.S_ISREG(each.lstat().st_mode)]
    return {str(each): each.read_bytes() for each in regular if not each.name.startswith("toy-")}


def spellings(secret):
    lines = [each for each in secret.strip().split("\n") if len(each) >= 8]
    for each in (secret.strip(), *lines):
        yield from (each.encode(), json.dumps(each)[1:-1].encode(), repr(each)[1:-1].encode())


def assert_nowhere(secret, *texts, folder=None):
    files = written(folder or run_folder())
    assert any(name.endswith("aggregated-0.log") and b"***" in text for name, text in files.items())
    for each in spellings(secret):
        assert not [name for name, text in files.items() if each in text], each
        assert not any(each.decode() in text for text in texts), each


def command_lines(processes):
    return "\n".join(" ".join(each.cmdline()) for each in processes)


@pytest.mark.parametrize("secret", [PLAIN, ODD, LINES], ids=["plain", "odd", "lines"])
def test_a_worker_that_writes_its_secret_in_all_ways_shows_it_nowhere(start, secret):
    command = start("run", TOY_SECRET=secret)
    command.wait_for("stop      Ctrl-C")
    command.wait_for("*** leaked")
    lines = command_lines([psutil.Process(command.process.pid), *command.children()])
    assert "launch.guard" in lines
    assert had() == secret, "byte for byte"
    assert (run_folder() / "state.json").exists()
    assert_nowhere(secret, command.text(), lines)
    command.send(signal.SIGINT)
    assert command.status() == 130
    log = (run_folder() / "logs" / "aggregated-0.log").read_bytes()
    assert log.count(b"begin") == 2, "it told all again when it was told to end"
    assert log.count(b"*** leaked" if secret != ODD else b" *** leaked") == 2, "also where it came in two parts"
    assert_nowhere(secret, command.text(), lines)


def test_a_traceback_does_not_show_it(start):
    command = start("run", worker="leaky-dies", TOY_SECRET=PLAIN)
    assert command.status() == 1
    assert "DR651 aggregated-0 ended on its own" in command.text()
    assert "ValueError: no such token: ***" in command.text()
    assert_nowhere(PLAIN, command.text())


def test_smoke_does_not_show_it(start):
    command = start("smoke", "--verbose", TOY_SECRET=PLAIN)
    assert command.status() == 0
    assert had() == PLAIN
    assert_nowhere(PLAIN, command.text())


def test_an_answer_that_says_it_is_masked(start):
    command = start("smoke", TOY_SECRET="toy answer.")
    assert command.status() == 0
    assert "ok chat: A ***" in command.out
    assert "toy answer." not in command.text()


def test_a_wrong_answer_that_says_it_is_masked(tmp_path):
    """A secret that is a word of every answer; the answer is read as it came, and shown without it."""
    toy = make_environment(tmp_path / "toy", frontend="miscounts")
    command = Command("smoke", recipe(tmp_path, QUICK), "--environment", toy, TOY_SECRET="assistant")
    assert command.status() == 1
    assert '"role": "***"' in command.text()


def test_the_guard_that_takes_over_masks_too(start):
    """The command is killed between the two parts of a secret, or anywhere near."""
    command = start("run", TOY_SECRET=PLAIN)
    command.wait_for("stop      Ctrl-C")
    command.wait_for("*** leaked")
    children = command.children()
    command.process.kill()
    assert psutil.wait_procs(children, timeout=30)[1] == []
    log = (run_folder() / "logs" / "aggregated-0.log").read_bytes()
    assert log.count(b"*** leaked") == 2, "once to the command, once to the guard"
    assert_nowhere(PLAIN, command.text())


def test_a_command_that_is_killed_in_the_middle_of_a_secret_leaves_none_of_it(start):
    command = start("run", TOY_SECRET=PLAIN)
    log = run_folder() / "logs" / "aggregated-0.log"
    until = time.monotonic() + 60
    while not (log.exists() and b"begin" in log.read_bytes()):
        assert time.monotonic() < until
        time.sleep(0.01)
    time.sleep(0.1)  # the first half is out, and held back
    children = command.children()
    command.process.kill()
    assert psutil.wait_procs(children, timeout=30)[1] == []
    assert PLAIN[len(PLAIN) // 2 :].encode() not in log.read_bytes()
    assert_nowhere(PLAIN, command.text())


# Each kind of mapping


def test_a_site_maps_a_secret_to_a_variable(start):
    command = start("run", site="secrets: {toy: {env: TEAM_TOKEN}, other: {env: NOT_NEEDED}}", TEAM_TOKEN=PLAIN)
    command.wait_for("stop      Ctrl-C")
    assert had() == PLAIN
    command.send(signal.SIGINT)
    assert command.status() == 130
    assert_nowhere(PLAIN, command.text())


def test_a_site_maps_a_secret_to_a_file(start, tmp_path):
    (tmp_path / "token").write_text(LINES + "\n")
    command = start("run", site="secrets: {toy: {file: token}}")
    command.wait_for("stop      Ctrl-C")
    assert had() == LINES
    command.send(signal.SIGINT)
    assert command.status() == 130
    assert_nowhere(LINES, command.text())


def test_a_secret_of_a_cluster_is_refused_before_anything_starts(start):
    command = start("run", site="secrets: {toy: {kubernetes: {name: team-token, key: T}}}", TOY_SECRET=PLAIN)
    assert command.status() == 4
    (first, hint) = (line for line in command.err if line)
    assert first.startswith(
        "error DR606 The secret `toy` has no value: the site maps it to the Kubernetes secret team-"
    )
    assert hint.strip() == "Give it an `env:` or `file:` in the site too."


def test_two_workers_may_have_different_secrets_under_one_name(start, tmp_path):
    workers = "workers: {prefill: {env: {TOY_SECRET: {secret: one}}}, decode: {env: {TOY_SECRET: {secret: two}}}}\n"
    text = "ready: {timeout: 30s}\nstop: {grace: 5s}\n" + workers
    site = "secrets: {one: {env: ONE_VALUE}, two: {env: TWO_VALUE}}"
    command = start("run", site=site, text=text, ONE_VALUE="value-of-one", TWO_VALUE="value-of-two")
    command.wait_for("stop      Ctrl-C")
    workers = [each for name, each in dumped(run_folder()).items() if name != "frontend"]
    values = {each["env"]["TOY_SECRET"] for each in workers}
    command.send(signal.SIGINT)
    assert command.status() == 130
    assert values == {"value-of-one", "value-of-two"}
    logs = {name: text for name, text in written(run_folder()).items() if name.endswith(".log")}
    assert not [name for name, text in logs.items() if b"value-of-" in text], "no log shows the other's either"


def test_a_secret_is_looked_up_only_when_something_starts(start, tmp_path):
    site = f"secrets: {{toy: {{file: {tmp_path}/none}}}}"
    assert start("run", "--dry-run", site=site).status() == 0
    (tmp_path / "none").touch()
    os.chmod(tmp_path / "none", 0)
    assert start("run", site=site).status() == 4
