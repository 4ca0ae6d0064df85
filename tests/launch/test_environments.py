"""Environments by the real uv, from a wheel made here: no network."""

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile

import pytest

from dynamo_recipes.errors import Interrupted, Refused
from dynamo_recipes.launch import environments
from dynamo_recipes.launch.signals import Signals, watched
from dynamo_recipes.plan.model import Install

INSTALL = Install(("toy-dynamo==1.0",), ("--no-build",), ">=3.10", 1)


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """A folder with one small wheel, as the only place where uv looks."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    files = {
        "dynamo/__init__.py": "VALUE = 1\n",
        "toy_dynamo-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: toy-dynamo\nVersion: 1.0\n",
        "toy_dynamo-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(text)}\n"
    files["toy_dynamo-1.0.dist-info/RECORD"] = record + "toy_dynamo-1.0.dist-info/RECORD,,\n"
    with zipfile.ZipFile(folder / "toy_dynamo-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    return folder


def prepare(install=INSTALL, signals=None, said=None):
    said = [] if said is None else said
    return environments.prepare(install, sys.executable, said.append, signals or Signals())


def test_an_environment_is_made_once_and_byte_compiled(wheels):
    said = []
    python = prepare(said=said)
    done = subprocess.run([python, "-c", "import dynamo; print(dynamo.__cached__)"], capture_output=True, text=True)
    assert os.path.exists(done.stdout.strip()), done.stderr
    assert any("making an environment for toy-dynamo==1.0" in line for line in said)
    again = []
    assert prepare(said=again) == python
    assert again == []


def test_other_wheels_and_other_indexes_are_other_environments(wheels, monkeypatch, tmp_path):
    first = prepare()
    shutil.copytree(wheels, tmp_path / "mirror")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "mirror"))
    assert prepare() != first


def test_a_broken_off_installation_starts_again(wheels):
    folder = os.path.dirname(os.path.dirname(prepare()))
    os.unlink(os.path.join(folder, ".dynamo-recipes-complete"))
    said = []
    prepare(said=said)
    assert any("broken off" in line for line in said)


def test_two_runs_do_not_make_the_same_environment_at_once(wheels):
    results, said = [], []
    threads = [threading.Thread(target=lambda: results.append(prepare(said=said, signals=Quiet()))) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert len(set(results)) == 1
    assert len(results) == 2
    assert sum("making an environment" in line for line in said) == 1


class Quiet(Signals):
    """Signals of a thread that is not the main one: none can come."""


def test_a_failure_tells_uvs_own_reason_in_one_paragraph(wheels):
    with pytest.raises(Refused) as refused:
        prepare(INSTALL._replace(requirements=("toy-dynamo==2.0",)))
    (found,) = refused.value.findings
    assert (found.code, refused.value.status) == ("DR604", 4)
    assert "toy-dynamo==2.0" in found.message
    assert "\n" not in found.message


def test_too_little_disk_is_told_before_anything_is_fetched(wheels):
    with pytest.raises(Refused) as refused:
        prepare(INSTALL._replace(disk_mib=1 << 40))
    (found,) = refused.value.findings
    assert found.code == "DR603"
    assert "XDG_CACHE_HOME" in found.hint


def test_a_disk_that_runs_full_is_told_as_such():
    lines = ["Resolved 1 package", "error: Failed to install: toy", "  cause: No space left on device (os error 28)"]
    (found,) = environments._failure(lines, 2).findings
    assert found.code == "DR603"


def test_an_interrupt_ends_uv(wheels, monkeypatch, tmp_path):
    """uv is replaced by a program that never ends: what counts is that it is gone afterwards."""
    pid_file = tmp_path / "pid"
    slow = tmp_path / "uv"
    slow.write_text(f"#!/bin/sh\necho $$ > {pid_file}\necho working >&2\nexec sleep 600\n")
    slow.chmod(0o755)
    monkeypatch.setattr(environments, "_uv", lambda: str(slow))

    def interrupt():
        until = time.monotonic() + 30
        while not (pid_file.exists() and pid_file.read_text().strip()) and time.monotonic() < until:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with watched() as signals, pytest.raises(Interrupted):
        prepare(signals=signals)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
