"""The script of the local target: does what the launcher does, to the byte, and leaves nothing behind."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from launching import run_folder
from toy_dynamo import dumped, make_environment

from dynamo_recipes.app.render import render, write
from dynamo_recipes.app.run import Options, started
from dynamo_recipes.launch import environments, processes
from dynamo_recipes.launch.state import MARKER
from dynamo_recipes.plan.bind import variables
from dynamo_recipes.targets import local
from tools.outside import is_free

PATIENCE = 60.0  # seconds; a test polls, this only bounds it

BASE = """\
schema: 1
name: toy
model: {packaged: tiny, served_name: toy}
engine: mocker
dynamo: "1.4.2"
ready: {timeout: 60s}
stop: {grace: 20s}
"""
# What a shell could trip over.
ODD = {
    "SPACES": "two  words ",
    "QUOTES": "it's \"quoted\" ''",
    "SHELL": "$( echo no ) ${HOME} $HOME `id` $$ !! ~ * ? [a] & ; | > #",
    "LINES": "one\ntwo\n\n\tthree\n",
    "BACKSLASHES": "\\ \\n \\\\ \\$ \\",
    "BRACES": "} ${X:-}} {{}} {a,b}",
    "LETTERS": "naïve ελληνικά 東京 🦀",
    "DASHES": "-n --flag",
    "EMPTY": "",
    "CONTROL": "\x01\x1b[31m\x7f",
}
# A file's name may hold whatever a path can.
ODD_FILE = "vorlage für 'alle' \"$HOME\" \\ 東京\n.jinja"
TEMPLATE = "{{ messages }}\r\n\tnaïve 東京 🦀 'it' \"is\" $HOME \\\n"
SECRET = 'it\'s $( a ) "secret" \\ } `x`\nsecond line'


def quoted(data: dict) -> str:
    """Return data as one line of YAML: JSON with only those characters escaped that YAML or a recipe cannot hold."""
    text = json.dumps(data, ensure_ascii=False).replace("$", "$$")
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text)


class Script:
    """A rendered script that runs."""

    def __init__(self, folder: Path, toy: str, text: str, env: dict[str, str], cwd: Path | None = None) -> None:
        recipe = folder / "toy.yaml"
        recipe.write_text(text, encoding="utf-8")
        write(render(str(recipe), "local", str(folder / "out")), str(folder / "out"))
        self.path = folder / "out" / "toy.sh"
        names = re.findall(r"^(\w+_PORT)=", self.path.read_text(encoding="utf-8"), re.MULTILINE)
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))
        self.run_dir = Path(env.get("RUN_DIR", folder / "run"))
        self.log = folder / "script.log"
        with self.log.open("w", encoding="utf-8") as out:
            self.process = subprocess.Popen(
                [os.path.relpath(self.path)],
                env=os.environ | self.ports | {"PYTHON": f"{toy}/bin/python", "RUN_DIR": str(self.run_dir)} | env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=cwd,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def until(self, what) -> None:
        end = time.monotonic() + PATIENCE
        while not what():
            assert time.monotonic() < end, self.said()
            time.sleep(0.02)

    def ready(self) -> "Script":
        self.until(lambda: "ready: " in self.said() or self.process.poll() is not None)
        assert "ready: " in self.said(), self.said()
        return self

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def status(self) -> int:
        return self.process.wait(PATIENCE)

    def end(self) -> None:
        """End it and all that it has started, whatever is wrong with it."""
        family = self.family() if self.process.poll() is None else []
        self.process.kill()
        self.process.wait()
        pids = {each.pid for each in family} | {each["pid"] for each in dumped(self.run_dir).values()}
        for pid in pids:
            with suppress(psutil.Error):  # it has ended, as it should have
                child = psutil.Process(pid)
                if str(self.path.parents[2]) in " ".join(child.cmdline()):
                    child.kill()


@pytest.fixture(autouse=True)
def ctrl_c_counts():
    """Start children as a terminal does: one that finds SIGINT ignored, as in the background, cannot change that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def script(tmp_path):
    """Start scripts; whatever a test leaves running is ended."""
    made: list[Script] = []

    def start(text: str = BASE, frontend: str = "serve", worker: str = "willing", **env: str) -> Script:
        toy = make_environment(tmp_path / f"toy{len(made)}", frontend=frontend, worker=worker)
        folder = tmp_path / f"script{len(made)}"
        folder.mkdir()
        made.append(Script(folder, toy, text, env))
        return made[-1]

    yield start
    for each in made:
        each.end()


def free_ports(count: int) -> list[str]:
    """Return numbers of ports on which nothing listens now."""
    probes = [socket.socket() for _ in range(count)]
    for each in probes:
        each.bind(("127.0.0.1", 0))
    numbers = [str(each.getsockname()[1]) for each in probes]
    for each in probes:
        each.close()
    return numbers


# --- The text -----------------------------------------------------------------------------------------------------


def text_of(folder: Path, recipe: str) -> str:
    path = folder / "x.yaml"
    path.write_text(recipe, encoding="utf-8")
    return render(str(path), "local", str(folder))[0].text


@pytest.mark.parametrize(
    "rest",
    [
        "",
        f"env: {quoted({key: value for key, value in ODD.items() if key not in ('LETTERS', 'CONTROL')})}\n",
        "env: {T: {secret: t}}\nworkers: {A-b: {role: prefill, replicas: 2}, C: {role: decode}}\n",
        "frontend: {host: '::1'}\n",
    ],
)
def test_the_text_is_bash(tmp_path, rest):
    done = subprocess.run(["bash", "-n"], input=text_of(tmp_path, BASE + rest).encode(), capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1", "localhost"])
def test_it_asks_where_the_frontend_can_be_reached(tmp_path, host):
    text = text_of(tmp_path, f"{BASE}frontend: {{host: {host}, port: 8123}}")
    assert f'URL="http://{host.replace("0.0.0.0", "127.0.0.1")}:$FRONTEND_0_HTTP_PORT"' in text


@pytest.mark.parametrize("host", ["::", "::1"])
def test_an_ipv6_address_stands_in_brackets(tmp_path, host):
    text = text_of(tmp_path, f"{BASE}frontend: {{host: '{host}'}}")
    assert 'URL="http://[::1]:$FRONTEND_0_HTTP_PORT"' in text
    assert f"--http-host {host}" in text


@pytest.mark.parametrize(
    ("model", "default"),
    [
        ("Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B"),
        ("{packaged: tiny}", '"$HERE"/model'),
        ("{path: ./m}", '"$HERE"/m'),
        ("{path: ../m x}", "\"$HERE\"/'../m x'"),
        ("{path: /models/m}", "/models/m"),
        ("{path: '/a/$HERE/b'}", "'/a/$HERE/b'"),
        ("{path: '$HERE/b'}", "\"$HERE\"/'$HERE/b'"),
    ],
)
def test_where_the_model_is_by_default(tmp_path, model, default):
    text = text_of(tmp_path, f"schema: 1\nmodel: {model}\nengine: mocker\n")
    assert f"MODEL=${{MODEL:-{default}}}\n" in text


def test_it_clears_the_same_variables_as_the_launcher(tmp_path):
    text = text_of(tmp_path, BASE)
    prefixes = re.search(r"grep -E '\^\(([A-Z|]+)\)_'", text)[1].split("|")
    assert [f"{each}_" for each in prefixes] == list(processes.FOREIGN_PREFIXES)
    assert re.search(r"^unset (VIRTUAL_ENV.*)$", text, re.MULTILINE)[1].split() == list(environments._FOREIGN)


def test_durations_below_a_second_are_not_nothing(tmp_path):
    text = text_of(tmp_path, BASE.replace("60s", "10ms").replace("20s", "1ms"))
    assert "SECONDS > 1)" in text
    assert "deadline=$((SECONDS + 1))" in text


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
NASTY = st.text(st.sampled_from(list("\"'\\$`}{ !*~#\n-=ab$HERE/")), max_size=12)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.one_of(TEXTS, NASTY), min_size=1, max_size=40))
def test_every_text_comes_through_as_a_word_and_as_a_default(texts):
    lines = ["set -euo pipefail", "HERE='/the folder'"]
    expected = []
    for each in texts:
        lines.append(f"printf '%s\\0' {local._quoted((each,))}")
        lines.append(f"unset X; X=${{X:-{local._default(each)}}}; printf '%s\\0' \"$X\"")
        expected += [each, f"/the folder/{each.removeprefix('$HERE/')}" if each.startswith("$HERE/") else each]
    done = subprocess.run(["bash"], input="\n".join(lines).encode(), capture_output=True, env={"LC_ALL": "C"})
    assert done.stderr == b""
    assert done.stdout.decode().split("\0")[:-1] == expected


# --- The same graph, started both ways ----------------------------------------------------------------------------

# Set by bash for itself in every process that it starts; all else must be the same.
OF_BASH = {"_", "SHLVL", "PWD", "OLDPWD"}


# Flags of the mocker that take any text.
TEXTS = ("aic-backend-version", "aic-nextn-accept-rates", "aic-system", "endpoint")


def odd_recipe() -> str:
    args = dict(zip(TEXTS, (ODD[each] for each in ("SPACES", "DASHES", "LINES", "EMPTY")), strict=True))
    args |= {"reasoning": {"text": ODD["QUOTES"], "list": [ODD["SHELL"], "", 1, None]}, "raw": ["-x", *ODD.values()]}
    args |= {
        "extra-engine-args": {"file": "odd"},
        "response-replay-trace-path": {"in": [{"file": "odd"}, {"file": "plain"}]},
    }
    workers = {
        "prefill": {"args": args, "env": {"ONLY": ODD["BRACES"]}},
        "decode": {"replicas": 2, "env": {"VLLM_OWN_KEY": {"secret": "own"}}},
        "a-B-0": {"role": "decode"},
    }
    env = ODD | {"HF_TOKEN": {"secret": "huggingface"}}
    served = f"{ODD['SHELL']} {ODD['QUOTES']}"
    lines = [
        BASE.replace("served_name: toy", f"served_name: {quoted(served)}"),
        "frontend: {port: 0, router: kv}",
        f"workers: {quoted(workers)}",
        f"env: {quoted(env)}",
        f"files: {quoted({'odd': f'./{ODD_FILE}', 'plain': 'x'})}",
    ]
    return "\n".join(lines) + "\n"


def write_odd_files(folder: Path) -> None:
    (folder / ODD_FILE).write_bytes(TEMPLATE.encode())
    (folder / "x").write_bytes(b"")


def launched(folder: Path, toy: str) -> tuple[dict[str, dict], dict[str, str]]:
    """Start a recipe with the launcher; return what the processes saw, and the names and values that it chose."""
    recipe = folder / "toy.yaml"
    recipe.write_text(odd_recipe(), encoding="utf-8")
    write_odd_files(folder)
    options = Options(say=lambda *_: None, show=lambda *_: None, environment=toy)
    with started(str(recipe), options) as graph:
        until = time.monotonic() + PATIENCE
        while len(dumped(run_folder())) < len(graph.run.specs) and time.monotonic() < until:
            time.sleep(0.02)
        return dumped(run_folder()), variables(graph.run.specs)


def test_script_and_launcher_start_the_same_processes(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", SECRET)
    monkeypatch.setenv("VLLM_OWN_KEY", f"own {SECRET}")
    monkeypatch.setenv("VLLM_OF_THE_CALLER", "not passed on")
    monkeypatch.setenv("DYN_NAMESPACE", "not passed on")
    monkeypatch.setenv("PYTHONPATH", "/not/passed/on")
    monkeypatch.setenv("OF_THE_CALLER", ODD["SHELL"])
    toy = make_environment(tmp_path / "toy")
    (tmp_path / "launcher").mkdir()
    there, chosen = launched(tmp_path / "launcher", toy)
    for file in Path(chosen["RUN_DIR"]).glob("toy-*.json"):
        file.unlink()
    (tmp_path / "script").mkdir()
    write_odd_files(tmp_path / "script")
    by_hand = Script(tmp_path / "script", toy, odd_recipe(), chosen)
    try:
        by_hand.ready()
        by_hand.until(lambda: len(dumped(by_hand.run_dir)) == len(there))
        here = dumped(by_hand.run_dir)
        by_hand.process.send_signal(signal.SIGINT)
        assert by_hand.status() == 130
    finally:
        by_hand.end()
    assert len(there) == 5
    assert set(here) == set(there)
    for name, process in there.items():
        assert here[name]["argv"] == process["argv"]
        assert MARKER in process["env"]
        assert MARKER not in here[name]["env"]
        assert without(here[name]["env"], {*OF_BASH, *chosen}) == without(process["env"], {*OF_BASH, MARKER})
    assert_nothing_was_lost(there, chosen)
    assert chosen["FILE_ODD_PATH"] == str(tmp_path.resolve() / "launcher" / ODD_FILE)


def without(env: dict[str, str], names: set[str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name not in names}


def assert_nothing_was_lost(seen: dict[str, dict], chosen: dict[str, str]) -> None:
    """What both agree on is what the recipe says."""
    for process in seen.values():
        env = process["env"]
        assert {name: env[name] for name in ODD} == ODD
        assert env["HF_TOKEN"] == SECRET
        assert env["OF_THE_CALLER"] == ODD["SHELL"]
        assert not {"DYN_NAMESPACE", "VLLM_OF_THE_CALLER", "PYTHONPATH"} & set(env)
    own = sorted(process["env"].get("VLLM_OWN_KEY", "") for process in seen.values())
    assert own == ["", "", "", f"own {SECRET}", f"own {SECRET}"]
    argv = seen[chosen["PREFILL_0_SYSTEM_PORT"]]["argv"]
    assert argv[-len(ODD) - 1 :] == ["-x", *ODD.values()]
    assert argv[argv.index("--aic-backend-version") + 1] == ODD["SPACES"]
    assert f"--aic-nextn-accept-rates={ODD['DASHES']}" in argv
    assert json.loads(argv[argv.index("--reasoning") + 1])["text"] == ODD["QUOTES"]
    assert_files_are_there(argv)


def assert_files_are_there(argv: list[str]) -> Path:
    """Return the folder of the odd file."""
    path = Path(argv[argv.index("--extra-engine-args") + 1])
    assert path.is_absolute()
    assert path.name == ODD_FILE
    assert path.read_bytes() == TEMPLATE.encode()
    inner, plain = json.loads(argv[argv.index("--response-replay-trace-path") + 1])["in"]
    assert inner == str(path)
    assert Path(plain).read_bytes() == b""
    return path.parent


def test_the_script_finds_its_copies_of_files_wherever_it_lies_and_whoever_starts_it(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", SECRET)
    monkeypatch.setenv("VLLM_OWN_KEY", SECRET)
    folder = tmp_path / "a folder, 'quoted', 東京"
    folder.mkdir()
    write_odd_files(folder)
    run = Script(folder, make_environment(tmp_path / "toy"), odd_recipe(), {})
    try:
        (folder / ODD_FILE).unlink()
        run.ready()
        run.until(lambda: len(dumped(run.run_dir)) == 5)
        seen = dumped(run.run_dir)[run.ports["PREFILL_0_SYSTEM_PORT"]]["argv"]
        assert assert_files_are_there(seen) == folder / "out" / "files" / "odd"
    finally:
        run.end()


def test_no_command_line_ever_shows_a_secret(tmp_path):
    """Not even for the moment in which `env` and `setsid` make way for Python."""
    write_odd_files(tmp_path)
    text = text_of(tmp_path, odd_recipe())
    words = shlex.split(text.split("# decode-0: decode")[1].split("# decode-1")[0])
    before = words[: words.index("start")]
    assert before == ["HF_TOKEN=$HF_TOKEN", "VLLM_OWN_KEY=$VLLM_OWN_KEY"]
    assert not [word for word in words[len(before) :] if "TOKEN" in word or "KEY" in word]


# --- A whole life -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_stops_everything(script, number, status):
    run = script(BASE + "workers: {prefill: {}, decode: {}}\n").ready()
    family = run.family()
    numbers = [int(each) for each in run.ports.values()]
    assert len(numbers) == 4
    for each in ("FRONTEND_0_HTTP_PORT", "PREFILL_0_SYSTEM_PORT", "DECODE_0_SYSTEM_PORT"):
        run.until(lambda number=int(run.ports[each]): not is_free(number))
    run.process.send_signal(number)
    assert run.status() == status
    assert run.said().endswith("stopped\n")
    assert psutil.wait_procs(family, timeout=5)[1] == []
    assert all(is_free(each) for each in numbers)


def test_ctrl_c_while_it_waits_stops_everything(script):
    run = script(worker="mute")
    run.until(lambda: (run.run_dir / "logs" / "aggregated-0.log").exists() and "mute" in logs(run))
    family = run.family()
    run.process.send_signal(signal.SIGINT)
    assert run.status() == 130
    assert psutil.wait_procs(family, timeout=5)[1] == []


def test_the_time_to_make_an_environment_does_not_count_as_waiting(script):
    """Told by the shell's clock, which a caller can set."""
    assert script(SECONDS="1000000").ready().process.poll() is None


def logs(run: Script) -> str:
    return "".join(each.read_text(encoding="utf-8") for each in sorted((run.run_dir / "logs").glob("*.log")))


@pytest.mark.parametrize("worker", ["stubborn", "parent"])
def test_who_does_not_end_in_time_is_killed_with_all_its_children(script, worker):
    run = script(BASE.replace("grace: 20s", "grace: 1s"), worker=worker).ready()
    family = run.family()
    run.process.send_signal(signal.SIGTERM)
    assert run.status() == 143
    assert psutil.wait_procs(family, timeout=5)[1] == []


def test_the_question_is_given_up_at_once_and_a_second_ctrl_c_leaves_five_seconds(script):
    slow = BASE.replace("grace: 20s", "grace: 10m").replace("timeout: 60s", "timeout: 10m")
    run = script(slow, frontend="mulls", worker="stubborn")
    run.until(lambda: questions(run) and "/v1/models" in logs(run) and "stubborn" in logs(run))
    family, first = run.family(), time.monotonic()
    run.process.send_signal(signal.SIGINT)
    run.until(lambda: not questions(run))
    while run.process.poll() is None and time.monotonic() - first < PATIENCE:
        run.process.send_signal(signal.SIGINT)  # further ones change nothing
        time.sleep(0.5)
    assert run.status() == 130
    assert time.monotonic() - first < PATIENCE / 2
    assert psutil.wait_procs(family, timeout=5)[1] == []


def questions(run: Script) -> list[psutil.Process]:
    """Return the processes that ask for a first answer."""
    found = []
    for each in run.family():
        with suppress(psutil.Error):
            found += [each] if "chat/completions" in each.cmdline() else []
    return found


@pytest.mark.parametrize(
    ("frontend", "worker", "name", "tail"),
    [
        ("serve", "dies", "aggregated-0", "toy worker: told to die"),
        ("dies", "willing", "frontend-0", "toy frontend: told to die"),
        ("deaf", "dies", "aggregated-0", "toy worker: told to die"),
        ("dies-later", "willing", "frontend-0", "/v1/models"),
    ],
)
def test_a_death_ends_it_with_the_end_of_the_log(script, frontend, worker, name, tail):
    run = script(frontend=frontend, worker=worker)
    assert run.status() == 1
    assert f"{name} ended on its own; the end of its log:\n" in run.said()
    assert tail in run.said().split("the end of its log:")[1]
    assert run.said().endswith("stopped\n")


@pytest.mark.parametrize(("frontend", "worker"), [("serve", "mute"), ("deaf", "willing"), ("refuses", "willing")])
def test_what_is_not_ready_in_time_ends_with_status_5(script, frontend, worker):
    run = script(BASE.replace("timeout: 60s", "timeout: 1s"), frontend=frontend, worker=worker)
    assert run.status() == 5
    assert f"not ready after 1 s; logs are in {run.run_dir}/logs\n" in run.said()
    assert run.said().endswith("stopped\n")


def test_a_completion_model_is_asked_for_a_completion(script):
    run = script(BASE.replace("served_name: toy", "served_name: toy, task: completion")).ready()
    assert "POST /v1/completions" in logs(run)


def test_one_run_at_a_time_in_one_folder(script):
    first = script().ready()
    second = script(RUN_DIR=str(first.run_dir))
    assert second.status() == 4
    assert second.said() == f"another run uses {first.run_dir}\n"
    assert first.process.poll() is None


def test_secrets_that_are_not_there_are_named_all_at_once(script, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    run = script(BASE + "env: {HF_TOKEN: {secret: huggingface}, DB_PASSWORD: {secret: db}}\n")
    assert run.status() == 4
    assert run.said() == ("not set in the environment: DB_PASSWORD (the secret db) HF_TOKEN (the secret huggingface)\n")
    assert not run.run_dir.exists()


def test_an_empty_secret_is_a_value_as_for_the_launcher(script):
    run = script(BASE + "env: {HF_TOKEN: {secret: huggingface}}\n", HF_TOKEN="").ready()
    assert dumped(run.run_dir)["frontend"]["env"]["HF_TOKEN"] == ""


def test_paths_may_be_relative_to_where_one_stands(tmp_path, script, monkeypatch):
    """Processes start in RUN_DIR: a path that was left relative would not be found there. CDPATH makes `cd` talk."""
    monkeypatch.setenv("CDPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    run = script(PYTHON="toy0/bin/python", RUN_DIR="some where/run").ready()
    found = dumped(tmp_path / "some where" / "run")["frontend"]
    assert found["env"]["DYN_FILE_KV"] == str(tmp_path / "some where" / "run" / "discovery")
    worker = dumped(tmp_path / "some where" / "run")[run.ports["AGGREGATED_0_SYSTEM_PORT"]]
    assert str(tmp_path / "script0" / "out" / "model") in worker["argv"]
    assert (tmp_path / "script0" / "out" / "model" / "config.json").exists()


def test_what_an_earlier_run_left_is_not_seen(script, tmp_path):
    old = tmp_path / "run" / "discovery"
    old.mkdir(parents=True)
    (old / "toy-1.json").write_text('{"model": "toy"}', encoding="utf-8")
    run = script(BASE.replace("timeout: 60s", "timeout: 1s"), worker="mute", RUN_DIR=str(tmp_path / "run"))
    assert run.status() == 5
