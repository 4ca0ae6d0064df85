"""No text takes long, needs much memory or ends the interpreter, whatever is in it."""

import json
import subprocess
import sys

import pytest
import worst

MOST_SECONDS = 2.0
MOST_MIB = 150


@pytest.fixture(scope="module")
def figures():
    command = [sys.executable, worst.__file__]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    return {each["name"]: each for each in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", worst.WORST)
def test_the_worst_texts(name, figures):
    took = figures[name]
    assert took["status"] == 0, f"the process ended with wait status {took['status']}"
    assert took["codes"] == " ".join(sorted(worst.WORST[name].codes.split()))
    assert took["seconds"] <= MOST_SECONDS
    assert took["peak"] <= MOST_MIB


@pytest.mark.parametrize("name", worst.WORST)
def test_no_text_is_larger_than_what_is_read_at_all(name):
    assert len(worst.WORST[name].make()) <= worst.MIB
