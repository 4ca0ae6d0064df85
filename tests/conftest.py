"""Every test gets folders of its own for state, cache and home."""

import fcntl

import pytest
from hypothesis import settings

from tools.outside import heed_signals

heed_signals()

# A test that runs beside others may be slow for a moment; what must be fast is in benchmarks/.
settings.register_profile("beside others", deadline=None)
settings.load_profile("beside others")


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory, monkeypatch, request):
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    if "dynamo" in request.keywords:
        return  # the real environment is made once and kept in the caller's cache folder
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))


@pytest.fixture
def default_port(tmp_path_factory):
    """Have port 8000, a recipe's default, for this test alone: several run at a time."""
    with open(tmp_path_factory.getbasetemp().parent / "port-8000.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
